// Losses against f64, their gradients, and their misuse.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "lib/train/scalar_math.h"
#include "tests/support/expect_throw.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

using train::Reduction;

TEST(ScalarMath, IsCloseToLibm) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    EXPECT_NEAR(internal::Log(x), std::log(x), 4e-16 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(internal::Log(1), 0);
  EXPECT_TRUE(std::isnan(internal::Log(NAN)));
  for (int i = 0; i <= 1000; ++i) {
    EXPECT_NEAR(internal::CosPi(i / 1000.0), std::cos(i * M_PI / 1000), 1e-15);
  }
  EXPECT_EQ(internal::Power(0.5, 10), 0x1p-10);
  EXPECT_EQ(internal::Power(0.9, 0), 1);
}

TEST(MSELoss, IsTheMeanOrTheSumOfSquares) {
  // Less and more than a part of the sum.
  for (const Shape& s : {Shape(1, 1, 1, 1), Shape(2, 3, 5, 7), Shape(3, 20, 33, 31)}) {
    const Tensor y = RandomTensor(s, 1), target = RandomTensor(s, 2);
    double sum = 0;
    for (int64_t i = 0; i < s.elements(); ++i) {
      sum += std::pow(static_cast<double>(y.data()[i]) - static_cast<double>(target.data()[i]), 2);
    }
    const auto count = static_cast<double>(s.elements());
    Tensor dy(s);
    EXPECT_NEAR(train::MSELoss(y, target, dy), sum / count, 1e-6 * sum / count);
    EXPECT_EQ(dy.data()[0], static_cast<float>(2 / count) * (y.data()[0] - target.data()[0]));
    EXPECT_NEAR(train::MSELoss(y, target, {}, Reduction::kSum), sum, 1e-6 * sum);
    train::MSELoss(y, target, dy, Reduction::kSum);
    EXPECT_EQ(dy.data()[0], 2 * (y.data()[0] - target.data()[0]));
  }
}

TEST(MSELoss, TakesAnyLayout) {
  const Shape s(2, 3, 4, 5);
  const Tensor y = RandomTensor(s, 1), target = RandomTensor(s, 2);
  Tensor pixels(s, Layout::kNhwc), dy(s), dy_pixels(s, Layout::kNhwc), wide(Shape(2, 3, 4, 9));
  Copy(y, pixels);
  const TensorView gaps = wide.view().Crop(0, 2, 4, 5);
  const double loss = train::MSELoss(y, target, dy);
  EXPECT_EQ(train::MSELoss(y, target, dy_pixels), loss);
  EXPECT_TRUE(HaveSameBits(dy, dy_pixels));
  EXPECT_NEAR(train::MSELoss(pixels, target, gaps), loss, 1e-6);
  EXPECT_TRUE(HaveSameBits(dy, gaps));
}

TEST(MSELoss, NamesShapesThatDiffer) {
  Tensor a(Shape(1, 1, 2, 3)), b(Shape(1, 1, 3, 2));
  EXPECT_TRUE(Throws([&] { train::MSELoss(a, b, a); }, {"1x1x2x3", "1x1x3x2"}));
  EXPECT_TRUE(Throws([&] { train::MSELoss(a, a, b); }, {"1x1x2x3", "1x1x3x2"}));
  EXPECT_TRUE(Throws([&] { train::MSELoss(a, a, a, static_cast<Reduction>(7)); }, {"reduction"}));
  EXPECT_TRUE(Throws([&] { train::MSELoss({}, a, a); }, {"no view"}));
  const Tensor none(Shape(0, 1, 2, 3));
  EXPECT_TRUE(Throws([&] { train::MSELoss(none, none, {}); }, {"0x1x2x3"}));
}

std::vector<int64_t> Labels(int64_t count, int64_t classes) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < count; ++i) labels.push_back(i * 7 % classes);
  return labels;
}

TEST(CrossEntropyLoss, IsThatOfTheSoftmax) {
  for (const Shape& s : {Shape(1, 1, 1, 1), Shape(64, 10, 1, 1), Shape(3, 37, 4, 5),
                         Shape(2, 5, 70, 80), Shape(2, 10'000, 1, 1)}) {
    const int64_t rows = s.n() * s.h() * s.w();
    const std::vector<int64_t> labels = Labels(rows, s.c());
    Tensor x(s, Layout::kNhwc), dx(s, Layout::kNhwc);
    const Tensor logits_in_planes = RandomTensor(s, 1, -9, 9);
    Copy(logits_in_planes, x);
    double sum = 0;
    std::vector<double> gradient;
    for (int64_t row = 0; row < rows; ++row) {
      const float* const logits = x.data() + row * s.c();
      double all = 0;
      for (int64_t c = 0; c < s.c(); ++c) all += std::exp(static_cast<double>(logits[c]));
      const int64_t label = labels[static_cast<size_t>(row)];
      sum += std::log(all) - static_cast<double>(logits[label]);
      for (int64_t c = 0; c < s.c(); ++c) {
        gradient.push_back(std::exp(static_cast<double>(logits[c])) / all - (c == label));
      }
    }
    const auto count = static_cast<double>(rows);
    EXPECT_NEAR(train::CrossEntropyLoss(x, labels, dx), sum / count, 1e-6 * (1 + sum / count));
    for (size_t i = 0; i < gradient.size(); ++i) {
      ASSERT_NEAR(dx.data()[i], gradient[i] / count, 1e-6 / count);
    }
    EXPECT_NEAR(train::CrossEntropyLoss(x, labels, {}, Reduction::kSum), sum, 1e-6 * (1 + sum));
  }
}

TEST(CrossEntropyLoss, BearsLargeLogits) {
  const Tensor x(Shape(1, 3, 1, 1), Numbers{1e38f, -3e38f, 0});
  Tensor dx(x.shape());
  const std::vector<int64_t> first{0}, last{2};
  EXPECT_EQ(train::CrossEntropyLoss(x, first, dx), 0);
  EXPECT_EQ(ValuesOf(dx), (Numbers{0, 0, 0}));
  EXPECT_FLOAT_EQ(static_cast<float>(train::CrossEntropyLoss(x, last, dx)), 1e38f);
  EXPECT_EQ(ValuesOf(dx), (Numbers{1, 0, -1}));
  const Tensor bad(Shape(1, 2, 1, 1), Numbers{0, NAN});
  EXPECT_TRUE(std::isnan(train::CrossEntropyLoss(bad, first, {})));
}

TEST(CrossEntropyLoss, NamesWhatIsWrong) {
  Tensor x(Shape(2, 10, 1, 1));
  const std::vector<int64_t> good{3, 9}, above{3, 10}, below{-1, 3}, few{1};
  EXPECT_TRUE(Throws([&] { train::CrossEntropyLoss(x, above, x); },
                     {"label 1 is 10", "there are 10 classes"}));
  EXPECT_TRUE(Throws([&] { train::CrossEntropyLoss(x, below, x); }, {"label 0 is -1"}));
  EXPECT_TRUE(Throws([&] { train::CrossEntropyLoss(x, few, x); }, {"1 labels", "2x10x1x1"}));
  EXPECT_TRUE(Throws([&] { train::CountCorrect(x, above); }, {"label 1 is 10"}));
  Tensor other(Shape(2, 9, 1, 1));
  EXPECT_TRUE(Throws([&] { train::CrossEntropyLoss(x, good, other); }, {"2x9x1x1", "2x10x1x1"}));
}

TEST(CountCorrect, TakesTheFirstOfEqualLogits) {
  const Tensor x(Shape(3, 3, 1, 1), Numbers{1, 2, 2, 5, 0, 0, 0, 0, 9});
  EXPECT_EQ(train::CountCorrect(x, std::vector<int64_t>{1, 0, 2}), 3);
  EXPECT_EQ(train::CountCorrect(x, std::vector<int64_t>{2, 1, 2}), 1);
}

}  // namespace
}  // namespace windrow::test
