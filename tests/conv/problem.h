// One convolution to be checked: every attribute that may change which code runs.
#ifndef WINDROW_TESTS_CONV_PROBLEM_H_
#define WINDROW_TESTS_CONV_PROBLEM_H_

#include <cstdint>
#include <string>

#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::test {

enum class Residual : uint8_t { kNone, kSeparate, kInPlace };

// What the data holds besides ordinary numbers and zeros of both signs: denormals and what becomes
// one, a few infinities and NaN, few different numbers and many zeros, numbers whose sums overflow,
// more infinities and NaN than numbers. The first three suit a convolution.
enum class Values : uint8_t { kFinite, kTiny, kNonFinite, kTies, kHuge, kWild };

// Where a view has elements that are not its own: between pixels (a channel slice of a wider
// tensor), between rows (a crop), between images, at all of these; and at all of these and between
// its elements (every other one of an array).
enum class Gaps : uint8_t { kNone, kPixels, kRows, kImages, kAll, kElements };

// Which end of every buffer lies at an inaccessible page.
enum class Edge : uint8_t { kStart, kEnd };

struct Problem {
  int64_t mb = 1, g = 1, ic = 1, oc = 1, ih = 1, iw = 1;  // ic and oc in all groups
  Size2 kernel{1}, stride{1}, dilation{1};
  Padding padding{0};
  PaddingMode mode = PaddingMode::kZeros;
  bool bias = false;
  Residual residual = Residual::kNone;
  Epilogue epilogue{};
  Numerics numerics = Numerics::kNative;
  Layout x_layout = Layout::kNhwc, y_layout = Layout::kNhwc, residual_layout = Layout::kNhwc;
  Gaps gaps = Gaps::kNone;
  Edge edge = Edge::kEnd;
  Values values = Values::kFinite;

  void SetLayout(Layout layout) { x_layout = y_layout = residual_layout = layout; }
  Shape input() const { return Shape(mb, ic, ih, iw); }
  Shape output() const;           // by arithmetic of its own, not the library's
  int64_t multiply_adds() const;  // of a valid problem
  int64_t weights() const { return oc * (ic / g) * kernel.h * kernel.w; }
};

// Whether PyTorch would take it: the kernel fits, padding modes have enough pixels to copy.
bool IsValid(const Problem& p);

Conv2dOptions Options(const Problem& p, const std::string& target, const std::string& algorithm);

// "mb2 g1 ic64 oc128 ih56 iw56 k3 s2 p1 nhwc" and what else differs from the default.
std::string ToString(const Problem& p);

// The padding before and after one dimension, Padding::Same() resolved.
struct Sides {
  int64_t before, after;
};
Sides PaddingOfHeight(const Problem& p);
Sides PaddingOfWidth(const Problem& p);

// What problems of other operations share.
Sides ResolvePadding(bool same, Sides given, int64_t in, int64_t kernel, int64_t stride,
                     int64_t dilation);
std::string NameOf(Size2 size);              // "3", "3x5"
std::string NameOf(const Padding& padding);  // "1", "1x2", "0,1,2,3", "same"
const char* NameOf(Gaps gaps);               // "", " gaps:rows"
const char* NameOf(Values values);           // "", " tiny"

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_PROBLEM_H_
