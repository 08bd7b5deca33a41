// A pooling problem as one line of text: words in any order,
//
//   maxpool avgpool adaptivemax adaptiveavg    one of them must be there
//   c64 ih56 iw56                              must be there; i56 for ih56 iw56
//   mb8                                        batch
//   k3  s2  p1  same  ceil                     window, stride (the window's size), padding as in a
//                                              convolution's text; not of adaptive ones
//   d2  indices                                dilation, indices too; maxpool's, adaptivemax'
//   excludepad  divisor7                       avgpool's
//   o7  o7x5                                   output of an adaptive one; -1: as the input
//   nchw nhwc  values=...  target=NAME  algorithm=NAME
#ifndef WINDROW_TOOLS_POOL_TEXT_H_
#define WINDROW_TOOLS_POOL_TEXT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/problem_words.h"
#include "windrow/pool2d.h"

namespace windrow::tool {

enum class PoolKind : uint8_t { kMax, kAvg, kAdaptiveMax, kAdaptiveAvg };

struct PoolProblem {
  std::string text;  // as parsed
  Shape input;
  PoolKind kind = PoolKind::kMax;
  Size2 kernel{1}, stride{0}, dilation{1};
  Padding padding{0};
  bool ceil = false, exclude_pad = false, indices = false;
  std::optional<int64_t> divisor;
  Size2 output{1};  // of an adaptive one
  ProblemSettings settings;

  // Bound to a target and an algorithm. Throws std::invalid_argument if the problem is wrong.
  std::shared_ptr<const Pooling> Bind(const std::string& target,
                                      const std::string& algorithm) const;
};

// Whether the text names a pooling.
bool IsPoolText(std::string_view text);

// Throws std::invalid_argument naming the word that is wrong, or what is missing.
PoolProblem ParsePoolProblem(std::string_view text);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_POOL_TEXT_H_
