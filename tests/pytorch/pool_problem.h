// What PyTorch said of pooling: problems with its answers, as scripts/record-pytorch writes them,
// one a line.
#ifndef WINDROW_TESTS_PYTORCH_POOL_PROBLEM_H_
#define WINDROW_TESTS_PYTORCH_POOL_PROBLEM_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/pool/problem.h"
#include "tests/pytorch/answer.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::test {

enum class PytorchPoolKind : uint8_t { kMax, kAvg, kAdaptiveMax, kAdaptiveAvg };

// Many equal values; zeros of both signs on top; NaN and infinities; minus infinity almost alone.
enum class PytorchPoolData : uint8_t { kFinite, kTies, kZeros, kSpecial, kLow };

struct PytorchPool : Answer {
  PytorchPoolKind kind{};
  int64_t mb = 1, c = 1, ih = 1, iw = 1;
  Size2 kernel{1}, padding{0}, dilation{1}, out{1};
  std::optional<Size2> stride;  // none: the kernel's size
  bool ceil_mode = false, count_include_pad = true, return_indices = false;
  std::optional<int64_t> divisor;
  PytorchPoolData data = PytorchPoolData::kFinite;
  bool nhwc = false;  // PyTorch's kernel for channels_last gave the answer

  bool adaptive() const {
    return kind == PytorchPoolKind::kAdaptiveMax || kind == PytorchPoolKind::kAdaptiveAvg;
  }
  bool average() const {
    return kind == PytorchPoolKind::kAvg || kind == PytorchPoolKind::kAdaptiveAvg;
  }
};

// Whether a line's problem is one of these.
bool IsPytorchPool(const std::string& line);

// Throws std::runtime_error, with the line, if it is not understood.
PytorchPool ParsePytorchPool(const std::string& line);

// The library's object for it; throws what its constructor throws.
AnyPooling MakePooling(const PytorchPool& p, const std::string& target,
                       const std::string& algorithm);

// The input, in logical order whatever the layout.
Tensor PytorchPoolInput(const PytorchPool& p, Layout layout);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_POOL_PROBLEM_H_
