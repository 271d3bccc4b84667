# Where PyTorch's CPU build comes from; sourced by the scripts that fetch it.

readonly torch_version=2.13.0
# PyTorch's own download site for CPU builds (see https://pytorch.org/get-started): the same version on Python's general
# index is the CUDA build, which weighs over a gigabyte. No other place names it; set STEADFAST_TORCH_INDEX for a mirror.
readonly torch_index="${STEADFAST_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"

# pip_torch PYTHON VERB OPTION…: runs `pip VERB OPTION… torch` for the CPU build, without the packages it depends on:
# from the sources this machine's pip is set up with, and where they lack it from PyTorch's index.
pip_torch() {
  local command=("$1" -m pip "$2" --no-deps --quiet --disable-pip-version-check "${@:3}" "torch==$torch_version+cpu")
  local log
  if ! log=$("${command[@]}" 2>&1) && ! log+=$'\n'$("${command[@]}" --index-url "$torch_index" 2>&1); then
    tail -n 20 <<<"$log" >&2
    return 1
  fi
}
