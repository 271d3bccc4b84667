import ArgumentParser
import Steadfast

/// In which precision attacks search; verdicts are always in fp32.
struct SearchPrecisionOption: ParsableArguments {
  @Flag(
    name: .customLong("bf16"),
    help: "Search with the network in bfloat16, judge in float32, and say how often the two differ.")
  var isReduced = false

  var precision: Precision { isReduced ? .bf16 : .full }
}
