// Parts of an axis, against the whole: each tap of each output finds the same input.
#include "lib/conv/row_band.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace windrow::internal {
namespace {

// How many parts have fewer inputs than the whole; -1 if one is wrong.
int64_t CheckParts(const Axis& whole, PaddingMode mode) {
  int64_t clipped = 0;
  for (int64_t first = 0; first < whole.out; ++first) {
    for (int64_t count = 1; first + count <= whole.out; ++count) {
      const AxisPart part = PartOf(whole, mode, first, count);
      if (part.axis.in < 1 || part.axis.out != count) return -1;
      if (part.axis.in < whole.in) ++clipped;
      // No more inputs than its taps cover, even if those are nothing but padding.
      const bool some = count < whole.out && mode == PaddingMode::kZeros;
      const int64_t covered = (count - 1) * whole.stride + (whole.kernel - 1) * whole.dilation + 1;
      if (some && part.axis.in > covered) return -1;
      // No padding where there is none.
      bool padded = false;
      for (int64_t o = 0; o < count; ++o) {
        for (int64_t t = 0; t < whole.kernel; ++t) {
          const int64_t expected = whole.Source(whole.Position(first + o, t), mode);
          const int64_t found = part.axis.Source(part.axis.Position(o, t), mode);
          if (found + (found < 0 ? 0 : part.first_in) != expected) return -1;
          const int64_t position = whole.Position(first + o, t);
          padded |= position < 0 || position >= whole.in;
        }
      }
      if (part.axis.padded() && !padded) return -1;
    }
  }
  return clipped;
}

TEST(RowBandTest, EachTapFindsTheSameInput) {
  int64_t clipped = 0;
  for (const PaddingMode mode : {PaddingMode::kZeros, PaddingMode::kReflect,
                                 PaddingMode::kReplicate, PaddingMode::kCircular}) {
    for (int64_t in = 1; in <= 8; ++in) {
      for (int64_t kernel = 1; kernel <= 4; ++kernel) {
        for (int64_t stride = 1; stride <= 3; ++stride) {
          for (int64_t dilation = 1; dilation <= 3; ++dilation) {
            for (int64_t pad = 0; pad <= 9; pad += 3) {
              const int64_t room = in + 2 * pad - (kernel - 1) * dilation - 1;
              if (room < 0 || (mode != PaddingMode::kZeros && pad >= in)) continue;
              const Axis whole{in, room / stride + 1, kernel, stride, dilation, pad};
              const int64_t parts = CheckParts(whole, mode);
              ASSERT_GE(parts, 0) << "in " << in << " kernel " << kernel << " stride " << stride
                                  << " dilation " << dilation << " padding " << pad;
              clipped += parts;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(clipped, 1000);
}

// 1x1 kernels, whose pixels may be flattened to one row, stay such.
TEST(RowBandTest, PartsOfPointwiseAxesSeeAsManyInputsAsTheyHaveOutputs) {
  const AxisPart part = PartOf({.in = 9, .out = 9}, PaddingMode::kZeros, 4, 3);
  EXPECT_EQ(part.first_in, 4);
  EXPECT_EQ(part.axis.in, 3);
  EXPECT_EQ(part.axis.before, 0);
}

}  // namespace
}  // namespace windrow::internal
