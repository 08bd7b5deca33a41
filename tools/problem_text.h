// A convolution problem as one line of text: words in any order,
//
//   ic64 oc128 ih56 iw56 k3        must be there; i56 for ih56 iw56, kh3 kw5 or k3x5 for k
//   mb8  g32                       batch, groups
//   s2  d2                         stride, dilation; s2x1 or sh2 sw1 for two directions
//   p1  same                       padding; p2x1 or ph2 pw1; pt1 pb2 pl0 pr3 for each side
//   zeros reflect replicate circular                                    padding mode
//   nchw nhwc  native portable  bias  residual  clamp=0..6
//   values=plain|zeros|denormal|huge|nonfinite                          what the self-test fills in
//   target=NAME  algorithm=NAME
#ifndef WINDROW_TOOLS_PROBLEM_TEXT_H_
#define WINDROW_TOOLS_PROBLEM_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/values.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::tool {

struct Problem {
  std::string text;  // as parsed
  Shape input;
  Layout layout = Layout::kNchw;
  Conv2dOptions options;
  bool bias = false, residual = false;
  Values values = Values::kPlain;

  int64_t WeightCount() const;
};

// Throws std::invalid_argument naming the word that is wrong, or what is missing.
Problem ParseProblem(std::string_view text);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PROBLEM_TEXT_H_
