// Windows of outputs and their inverse, against counting.
#include "lib/pool/window_axis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

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
