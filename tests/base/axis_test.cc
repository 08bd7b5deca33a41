// Segments of outputs with the same taps, against counting.
#include "lib/conv/axis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace windrow::internal {
namespace {

// The taps of an output that fall inside, [first, end); both 0 if none does.
std::pair<int64_t, int64_t> TapsInside(const Axis& a, int64_t o) {
  int64_t first = a.kernel, end = 0;
  for (int64_t t = 0; t < a.kernel; ++t) {
    const int64_t position = o * a.stride - a.before + t * a.dilation;
    if (position < 0 || position >= a.in) continue;
    first = std::min(first, t);
    end = t + 1;
  }
  return end == 0 ? std::pair<int64_t, int64_t>{0, 0} : std::pair{first, end};
}

void CheckSegments(const Axis& a, int64_t begin, int64_t limit) {
  for (int64_t o = begin; o < limit;) {
    const Segment s = a.SegmentFrom(o, limit);
    ASSERT_EQ(s.begin, o);
    ASSERT_GT(s.end, o);
    ASSERT_LE(s.end, limit);
    for (int64_t i = s.begin; i < s.end; ++i) {
      ASSERT_EQ(TapsInside(a, i), (std::pair{s.tap_begin, s.tap_end}));
    }
    // It is the longest.
    if (s.end < limit) {
      ASSERT_NE(TapsInside(a, s.end), (std::pair{s.tap_begin, s.tap_end}));
    }
    o = s.end;
  }
}

TEST(AxisTest, SegmentsAgainstCounting) {
  int64_t axes = 0;
  for (int64_t in = 1; in <= 9; ++in) {
    for (int64_t kernel = 1; kernel <= 6; ++kernel) {
      for (int64_t stride = 1; stride <= 4; ++stride) {
        for (int64_t dilation = 1; dilation <= 4; ++dilation) {
          for (int64_t before = 0; before <= 8; ++before) {
            for (int64_t after = 0; after <= 8; after += 2) {
              const int64_t room = in + before + after - (kernel - 1) * dilation - 1;
              if (room < 0) continue;
              const Axis a{in, room / stride + 1, kernel, stride, dilation, before};
              SCOPED_TRACE(testing::Message()
                           << "in " << in << " kernel " << kernel << " stride " << stride
                           << " dilation " << dilation << " before " << before << " out " << a.out);
              CheckSegments(a, 0, a.out);
              CheckSegments(a, a.out / 3, a.out - a.out / 4);  // a band
              if (HasFatalFailure()) return;
              ++axes;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(axes, 10000);
}

TEST(AxisTest, OutputAtIsTheInverseOfPosition) {
  for (const Axis& a : {Axis{.in = 7, .out = 7, .kernel = 3, .before = 1},
                        Axis{.in = 9, .out = 4, .kernel = 4, .stride = 2, .before = 1},
                        Axis{.in = 10, .out = 3, .kernel = 3, .stride = 3, .dilation = 2},
                        Axis{.in = 5, .out = 2, .kernel = 2, .stride = 7, .dilation = 5}}) {
    for (int64_t tap = 0; tap < a.kernel; ++tap) {
      for (int64_t i = 0; i < a.in; ++i) {
        int64_t expected = -1;
        for (int64_t o = 0; o < a.out; ++o) {
          if (a.Position(o, tap) == i) expected = o;
        }
        EXPECT_EQ(a.OutputAt(i, tap), expected) << "input " << i << ", tap " << tap;
      }
    }
  }
}

TEST(AxisTest, SourcesOfPadding) {
  const Axis a{.in = 4};
  const int64_t expected[][4] = {
      // zeros, reflect, replicate, circular
      {-1, 3, 0, 1}, {-1, 2, 0, 2}, {-1, 1, 0, 3},                // -3 .. -1
      {0, 0, 0, 0},  {1, 1, 1, 1},  {2, 2, 2, 2},  {3, 3, 3, 3},  // inside
      {-1, 2, 3, 0}, {-1, 1, 3, 1}, {-1, 0, 3, 2},                // 4 .. 6
  };
  for (int64_t position = -3; position <= 6; ++position) {
    for (int mode = 0; mode < 4; ++mode) {
      EXPECT_EQ(a.Source(position, static_cast<PaddingMode>(mode)), expected[position + 3][mode])
          << position << " mode " << mode;
    }
  }
}

}  // namespace
}  // namespace windrow::internal
