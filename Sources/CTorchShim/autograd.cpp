#include <torch/csrc/autograd/autograd.h>

#include "guard.h"

using namespace steadfast;

SFStatus sf_set_requires_grad(SFTensor handle, bool required) {
  return guarded([&] { tensor(handle).requires_grad_(required); });
}

bool sf_requires_grad(SFTensor handle) { return tensor(handle).requires_grad(); }

SFStatus sf_grad(const SFTensor *outputs, const SFTensor *seeds, int32_t output_count, const SFTensor *inputs,
                 int32_t input_count, bool retain_graph, bool create_graph, SFTensor *gradients) {
  return guarded([&] {
    auto result = torch::autograd::grad(list(outputs, output_count), list(inputs, input_count),
                                        list(seeds, output_count), retain_graph || create_graph, create_graph,
                                        /*allow_unused=*/true);
    std::vector<SFTensor> handles;
    handles.reserve(result.size());
    try {
      for (auto &gradient : result) handles.push_back(gradient.defined() ? handle(std::move(gradient)) : nullptr);
    } catch (...) {
      for (auto made : handles) sf_tensor_free(made);
      throw;
    }
    std::copy(handles.begin(), handles.end(), gradients);
  });
}

SFStatus sf_hook_gradient(SFTensor handle, SFGradientHook hook, void *context, void (*release)(void *)) {
  // Owned from here on, so that it is released whatever fails.
  struct Context {
    void *pointer;
    void (*release)(void *);
    ~Context() { release(pointer); }
  };
  return guarded([&] {
    std::shared_ptr<Context> owned;
    try {
      owned = std::make_shared<Context>(context, release);
    } catch (...) {
      release(context);
      throw;
    }
    tensor(handle).register_hook([owned, hook](const at::Tensor &gradient) -> at::Tensor {
      at::Tensor argument = gradient;
      SFTensor replacement = nullptr;
      char message[1024] = "";
      if (!hook(owned->pointer, reinterpret_cast<SFTensor>(&argument), &replacement, message, sizeof message)) {
        TORCH_CHECK(false, message);
      }
      at::Tensor result = tensor(replacement);
      sf_tensor_free(replacement);
      return result;
    });
  });
}
