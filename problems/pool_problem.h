// A pooling: every attribute that may change which code runs. As one line of text, in which words
// are in any order,
//
//   maxpool avgpool adaptivemax adaptiveavg    one of them must be there
//   c64 ih56 iw56                              must be there; i56 for ih56 iw56
//   mb8                                        batch
//   k3  s2  p1  same  d2  ceil                 window, stride (the window's size), padding as in a
//                                              convolution's text, dilation; not of adaptive ones
//   indices                                    these, too; of maxima
//   excludepad  divisor7                       avgpool's
//   o7  o7x5                                   output of an adaptive one; -1: as the input
//   nchw nhwc  target=NAME  algorithm=NAME
//
// and for tests only what conv_problem.h has, and at=nhwc, the layout of indices.
#ifndef WINDROW_PROBLEMS_POOL_PROBLEM_H_
#define WINDROW_PROBLEMS_POOL_PROBLEM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "problems/kinds.h"
#include "problems/slide.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::problems {

// What becomes of a window.
enum class Reduction : uint8_t { kMax, kMaxIndices, kAverage };
inline constexpr Reduction kReductions[] = {Reduction::kMax, Reduction::kMaxIndices,
                                            Reduction::kAverage};
const char* ToString(Reduction reduction);  // "max", "indices", "average"

struct PoolProblem {
  Reduction reduction = Reduction::kMax;
  bool adaptive = false;
  int64_t mb = 1, c = 1, ih = 1, iw = 1;
  Size2 output_size{1};  // of an adaptive one
  // Of another. A stride of 0 is the kernel's.
  Size2 kernel{1}, stride{0}, dilation{1};
  Padding padding{0};
  bool ceil_mode = false;
  bool count_include_pad = true;              // of an average
  std::optional<int64_t> divisor_override{};  // of an average
  Layout x_layout = Layout::kNhwc, y_layout = Layout::kNhwc, index_layout = Layout::kNhwc;
  Gaps gaps = Gaps::kNone;
  Edge edge = Edge::kEnd;
  Values values = Values::kPlain;

  void SetLayout(Layout layout) { x_layout = y_layout = index_layout = layout; }
  bool average() const { return reduction == Reduction::kAverage; }
  bool indices() const { return reduction == Reduction::kMaxIndices; }
  Size2 step() const { return stride == Size2(0) ? kernel : stride; }
  Slide vertical() const;  // of one that is not adaptive
  Slide horizontal() const;
  Shape input() const { return Shape(mb, c, ih, iw); }
  Shape output() const;
  int64_t taps() const;  // of all windows, about
};

// Whether the window fits, and the padding is at most half of the kernel or, of each side its own,
// less than what the window covers.
bool IsValid(const PoolProblem& p);

// The problem with another reduction, without what that has no use for.
PoolProblem WithReduction(PoolProblem p, Reduction reduction);

// Any of the four classes.
struct AnyPooling : Pooling {
  AnyPooling(const Pooling& pooling) : Pooling(pooling) {}  // NOLINT(google-explicit-constructor)
};

AnyPooling MakePooling(const PoolProblem& p, const std::string& target,
                       const std::string& algorithm, const std::string& backward = "auto");

// Whether the text names a pooling.
bool IsPoolText(std::string_view text);

using ParsedPool = Parsed<PoolProblem>;

// As ParseConv().
ParsedPool ParsePool(std::string_view text);
std::string ToString(const PoolProblem& p);

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_POOL_PROBLEM_H_
