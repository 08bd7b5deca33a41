// Windows of outputs and their inverse, against counting.
#include "lib/pool/window_axis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/pool/window_part.h"

namespace windrow::internal {
namespace {

std::vector<int64_t> Holding(const WindowAxis& a, int64_t i) {
  std::vector<int64_t> outputs;
  for (int64_t o = 0; o < a.out; ++o) {
    const Window w = a.At(o);
    const int64_t distance = i - w.begin;
    if (distance >= 0 && distance % a.dilation == 0 && distance / a.dilation < w.taps) {
      outputs.push_back(o);
    }
  }
  return outputs;
}

void CheckInverse(const WindowAxis& a) {
  for (int64_t i = 0; i < a.in; ++i) {
    const WindowAxis::Outputs of = a.OutputsOf(i);
    ASSERT_GE(of.begin, 0);
    ASSERT_LE(of.begin, of.end);
    ASSERT_LE(of.end, a.out);
    std::vector<int64_t> outputs;
    for (int64_t o = of.begin; o < of.end; o += of.step) outputs.push_back(o);
    ASSERT_EQ(outputs, Holding(a, i)) << "input " << i;
    for (int64_t end = i + 1; end <= a.in; ++end) {
      const WindowAxis::Range reaching = a.OutputsReaching(i, end);
      ASSERT_EQ(reaching.begin, std::min(reaching.begin, a.OutputsOf(i).begin));
      ASSERT_LE(reaching.end - reaching.begin, a.MaxOutputsReaching(end - i));
      for (int64_t o = 0; o < a.out; ++o) {
        const Window w = a.At(o);
        const int64_t last = w.begin + (w.taps - 1) * a.dilation;
        const bool meets = w.taps > 0 && w.begin < end && last >= i;
        if (!meets) continue;
        ASSERT_TRUE(o >= reaching.begin && o < reaching.end) << i << ' ' << end;
      }
    }
  }
}

TEST(WindowAxis, OutputsOfIsTheInverseOfAt) {
  int64_t axes = 0;
  for (int64_t in = 1; in <= 9; ++in) {
    for (int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (int64_t stride = 1; stride <= 6; ++stride) {
        for (int64_t dilation = 1; dilation <= 6; ++dilation) {
          for (int64_t before = -2; before < (kernel - 1) * dilation + 1; ++before) {
            for (int64_t out = 1; out <= 9; ++out) {
              const WindowAxis a{.in = in,
                                 .out = out,
                                 .kernel = kernel,
                                 .stride = stride,
                                 .dilation = dilation,
                                 .before = before,
                                 .after = 3};
              if (a.Start(out - 1) >= in + a.after) break;
              SCOPED_TRACE(testing::Message()
                           << "in " << in << " kernel " << kernel << " stride " << stride
                           << " dilation " << dilation << " before " << before << " out " << out);
              CheckInverse(a);
              if (HasFatalFailure()) return;
              ++axes;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(axes, 50'000);
}

// Each window of a part is the whole's, what it counts of the padding included.
int64_t CheckWindowParts(const WindowAxis& whole) {
  int64_t clipped = 0;
  for (int64_t first = 0; first < whole.out; ++first) {
    for (int64_t count = 1; first + count <= whole.out; ++count) {
      const WindowAxisPart part = PartOf(whole, first, count);
      EXPECT_GE(part.axis.in, 1);
      EXPECT_GE(part.axis.before, 0);
      EXPECT_GE(part.axis.after, 0);
      clipped += part.axis.in < whole.in ? 1 : 0;
      for (int64_t o = 0; o < count; ++o) {
        const Window expected = whole.At(first + o), found = part.axis.At(o);
        EXPECT_EQ(found.begin + part.first_in, expected.begin);
        EXPECT_EQ(found.taps, expected.taps);
        EXPECT_EQ(found.counted, expected.counted);
        EXPECT_EQ(found.skipped, expected.skipped);
      }
    }
  }
  return clipped;
}

TEST(WindowAxis, PartsHaveTheSameWindows) {
  int64_t clipped = 0;
  for (int64_t in = 1; in <= 9; ++in) {
    for (int64_t kernel = 1; kernel <= 4; ++kernel) {
      for (int64_t stride = 1; stride <= 4; ++stride) {
        for (int64_t dilation = 1; dilation <= 3; ++dilation) {
          WindowAxis a{.in = in, .kernel = kernel, .stride = stride, .dilation = dilation};
          for (a.before = 0; a.before < a.extent(); ++a.before) {
            for (a.after = 0; a.after < a.extent(); ++a.after) {
              const int64_t room = in + a.before + a.after - a.extent();
              for (const bool ceil : {false, true}) {
                if (room < 0) continue;
                a.out = (room + (ceil ? stride - 1 : 0)) / stride + 1;
                if (ceil && a.Start(a.out - 1) >= in) --a.out;
                SCOPED_TRACE(testing::Message() << "in " << in << " kernel " << kernel << " stride "
                                                << stride << " dilation " << dilation << " before "
                                                << a.before << " after " << a.after);
                clipped += CheckWindowParts(a);
                if (HasFailure()) return;
              }
            }
          }
        }
      }
    }
  }
  EXPECT_GT(clipped, 10'000);
}

TEST(WindowAxis, OutputsOfAdaptiveWindows) {
  for (int64_t in = 1; in <= 40; ++in) {
    for (int64_t out = 1; out <= 40; ++out) {
      SCOPED_TRACE(testing::Message() << "in " << in << " out " << out);
      CheckInverse({.in = in, .out = out, .adaptive = true});
      if (HasFatalFailure()) return;
    }
  }
}

TEST(WindowAxis, OutputsOfTheLargest) {
  constexpr int64_t kLarge = int64_t{1} << 31;
  const WindowAxis far{
      .in = kLarge, .out = 2, .kernel = 2, .stride = 1, .dilation = kLarge - 1, .before = 1};
  EXPECT_EQ(far.OutputsOf(0).begin, 1);
  EXPECT_EQ(far.OutputsOf(1).begin, far.OutputsOf(1).end);
  EXPECT_EQ(far.OutputsOf(kLarge - 2).begin, 0);
  EXPECT_EQ(far.OutputsOf(kLarge - 1).begin, 1);
  const WindowAxis adaptive{.in = kLarge, .out = kLarge - 1, .adaptive = true};
  EXPECT_EQ(adaptive.OutputsOf(kLarge - 1).end, kLarge - 1);
}

}  // namespace
}  // namespace windrow::internal
