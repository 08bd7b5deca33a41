// The chapter's examples of pooling and PyTorch's answers to the corner cases, in both layouts and
// by every algorithm.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "windrow/windrow.h"

namespace windrow::test {
namespace {

using Numbers = std::vector<float>;
using Indices = std::vector<int64_t>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// h x w from `first` upwards.
Tensor Counting(int64_t h, int64_t w, float first = 0) {
  Numbers v(static_cast<size_t>(h * w));
  std::iota(v.begin(), v.end(), first);
  return Tensor(Shape(1, 1, h, w), v);
}

std::vector<uint32_t> BitsOf(const Numbers& numbers) {
  std::vector<uint32_t> bits;
  for (const float f : numbers) bits.push_back(std::bit_cast<uint32_t>(f));
  return bits;
}

// An algorithm and a layout.
class PoolingExamples : public testing::TestWithParam<std::tuple<std::string, Layout>> {
 protected:
  // The output in logical order, by the chosen algorithm if this one refuses the problem.
  template <typename Pool, typename Options>
  Numbers Of(Options options, const Tensor& nchw) {
    const auto& [algorithm, layout] = GetParam();
    const Tensor x(nchw.shape(), {nchw.data(), static_cast<size_t>(nchw.shape().elements())},
                   layout);
    for (const auto& candidate : Pool(options).Explain(x.shape(), layout).candidates) {
      if (candidate.algorithm == algorithm && candidate.accepts) options.algorithm = algorithm;
    }
    const Tensor y = Pool(options).Run(x);
    Tensor result(y.shape());
    Copy(y, result);
    return {result.data(), result.data() + result.shape().elements()};
  }
};

TEST_P(PoolingExamples, PaddingAndStride) {
  const Tensor x = Counting(4, 4);
  const auto max = [&](const MaxPool2dOptions& o) { return Of<MaxPool2d>(o, x); };
  EXPECT_EQ(max({.kernel_size = 3}), Numbers{10});
  EXPECT_EQ(max({.kernel_size = 3, .stride = 2, .padding = 1}), (Numbers{5, 7, 13, 15}));
  EXPECT_EQ(max({.kernel_size = {2, 3}, .stride = {2, 3}, .padding = 1}),
            (Numbers{1, 3, 9, 11, 13, 15}));
}

TEST_P(PoolingExamples, EveryChannelIsPooledAlone) {
  Numbers two(32);
  std::iota(two.begin(), two.begin() + 16, 0.0f);
  std::iota(two.begin() + 16, two.end(), 1.0f);
  EXPECT_EQ(Of<MaxPool2d>(MaxPool2dOptions{.kernel_size = 3, .stride = 2, .padding = 1},
                          Tensor(Shape(1, 2, 4, 4), two)),
            (Numbers{5, 7, 13, 15, 6, 8, 14, 16}));
}

TEST_P(PoolingExamples, Divisors) {
  AvgPool2dOptions o{.kernel_size = 3, .stride = 2, .padding = 1};
  EXPECT_EQ(Of<AvgPool2d>(o, Counting(4, 4)), (Numbers{1.1111112f, 2.6666667f, 5.6666665f, 10}));
  o.ceil_mode = true;
  EXPECT_EQ(Of<AvgPool2d>(o, Counting(4, 4, 1)),
            (Numbers{1.5555556f, 3.3333333f, 2, 6.3333335f, 11, 6, 4.5f, 7.5f, 4}));
  o.ceil_mode = false;
  o.count_include_pad = false;
  EXPECT_EQ(Of<AvgPool2d>(o, Counting(4, 4)), (Numbers{2.5f, 4, 8.5f, 10}));
  EXPECT_EQ(Of<AvgPool2d>(AvgPool2dOptions{.kernel_size = 2, .stride = 3, .ceil_mode = true},
                          Counting(7, 7)),
            (Numbers{4, 7, 9.5f, 25, 28, 30.5f, 42.5f, 45.5f, 48}));
}

TEST_P(PoolingExamples, CeilModeDropsAWindowPastTheInput) {
  const MaxPool2dOptions o{.kernel_size = 4, .stride = 4, .padding = 2, .ceil_mode = true};
  EXPECT_EQ(MaxPool2d(o).OutputShape(Shape(1, 1, 9, 9)), Shape(1, 1, 3, 3));
  EXPECT_EQ(Of<MaxPool2d>(o, Counting(9, 9)), (Numbers{10, 14, 17, 46, 50, 53, 73, 77, 80}));
}

TEST_P(PoolingExamples, AdaptiveAverage) {
  EXPECT_EQ(Of<AdaptiveAvgPool2d>(AdaptivePool2dOptions{.output_size = {3, 4}}, Counting(5, 7)),
            (Numbers{4, 5.5f, 7.5f, 9, 14.5f, 16, 18, 19.5f, 25, 26.5f, 28.5f, 30}));
}

TEST_P(PoolingExamples, TheLastNanOfAWindowIsItsMaximum) {
  const auto [algorithm, layout] = GetParam();
  const Tensor x(Shape(1, 1, 3, 3), Numbers{kNan, 1, 2, 3, 4, kNan, 6, 7, 8}, layout);
  const Shape output(1, 1, 2, 2);
  MaxPool2dOptions o{.kernel_size = 2, .stride = 1};
  Tensor y(output, layout);
  Indices indices(4, -2);
  const PoolArgs args{.x = x, .y = y, .indices = IndexView(indices.data(), output, layout)};
  o.algorithm = algorithm;
  try {
    MaxPool2d(o).Run(args);
  } catch (const std::invalid_argument& e) {
    GTEST_SKIP() << e.what();
  }
  EXPECT_EQ(BitsOf({y.data(), y.data() + 4}), BitsOf({kNan, kNan, 7, kNan}));
  EXPECT_EQ(indices, (Indices{0, 5, 7, 5}));
}

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names = PoolAlgorithms();
  names.emplace_back("auto");
  return names;
}
INSTANTIATE_TEST_SUITE_P(All, PoolingExamples,
                         testing::Combine(testing::ValuesIn(AlgorithmNames()),
                                          testing::Values(Layout::kNchw, Layout::kNhwc)),
                         [](const auto& param) {
                           return std::get<0>(param.param) + "_" +
                                  ToString(std::get<1>(param.param));
                         });

TEST(PoolingExamplesTest, TheOneLineFunction) {
  const Tensor x = Counting(3, 3), max = Pool2d(x, 2), average = Pool2d(x, 2, PoolMode::kAvg);
  ASSERT_EQ(max.shape(), Shape(1, 1, 2, 2));
  EXPECT_EQ(Numbers(max.data(), max.data() + 4), (Numbers{4, 5, 7, 8}));
  EXPECT_EQ(Numbers(average.data(), average.data() + 4), (Numbers{2, 3, 5, 6}));
}

}  // namespace
}  // namespace windrow::test
