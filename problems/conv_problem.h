// A convolution: every attribute that may change which code runs. As one line of text, in which
// words are in any order,
//
//   ic64 oc128 ih56 iw56 k3        must be there; i56 for ih56 iw56, kh3 kw5 or k3x5 for k
//   mb8  g32                       batch, groups
//   s2  d2                         stride, dilation; s2x1 or sh2 sw1 for two directions
//   p1  same                       padding; p2x1 or ph2 pw1; pt1 pb2 pl0 pr3 for each side
//   zeros reflect replicate circular                                    padding mode
//   nchw nhwc  native portable  bias  residual  clamp=0..6  scale
//   sigmoid silu hardswish leakyrelu gelutanh  slope=0.01               activation
//   target=NAME  algorithm=NAME
//
// and what is for tests only: values=zeros and other kValuesWords; y=nhwc and residual=nchw, a
// layout of their own, residual=y for one in y's memory; gaps=rows and other kGapsWords;
// edge=start.
#ifndef WINDROW_PROBLEMS_CONV_PROBLEM_H_
#define WINDROW_PROBLEMS_CONV_PROBLEM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "problems/kinds.h"
#include "problems/slide.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::problems {

enum class Residual : uint8_t { kNone, kSeparate, kInPlace };

struct ConvProblem {
  int64_t mb = 1, g = 1, ic = 1, oc = 1, ih = 1, iw = 1;  // ic and oc in all groups
  Size2 kernel{1}, stride{1}, dilation{1};
  Padding padding{0};
  PaddingMode mode = PaddingMode::kZeros;
  bool bias = false;
  Residual residual = Residual::kNone;
  Epilogue epilogue = Epilogue();  // without the scale
  bool scale = false;              // one of its own for each output channel
  Numerics numerics = Numerics::kNative;
  Layout x_layout = Layout::kNhwc, y_layout = Layout::kNhwc, residual_layout = Layout::kNhwc;
  Gaps gaps = Gaps::kNone;
  Edge edge = Edge::kEnd;
  Values values = Values::kPlain;

  void SetLayout(Layout layout) { x_layout = y_layout = residual_layout = layout; }
  Slide vertical() const;
  Slide horizontal() const;
  Shape input() const { return Shape(mb, ic, ih, iw); }
  Shape output() const;
  int64_t multiply_adds() const;  // of a valid problem
  int64_t weights() const;        // 0 if there can be none
};

// Whether PyTorch would take it: the kernel fits, padding modes have enough pixels to copy.
bool IsValid(const ConvProblem& p);

// The numbers of the scale; none if there is none.
std::vector<float> Scales(const ConvProblem& p);

Conv2dOptions Options(const ConvProblem& p, const std::string& target,
                      const std::string& algorithm);

using ParsedConv = Parsed<ConvProblem>;

// Throws std::invalid_argument naming the word that is wrong, or what is missing. The layout is
// nchw if none is said.
ParsedConv ParseConv(std::string_view text);
std::string ToString(const ConvProblem& p);

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_CONV_PROBLEM_H_
