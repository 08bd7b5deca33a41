// The epilogue's kernels called directly, on every usable target: the bits of their formulas,
// nothing read or written beside them, and functions close to the true ones. They have no numerics
// classes, so all targets give the same bits.
#include "lib/simd/epilogue_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "lib/conv/scalar_epilogue.h"
#include "lib/simd/target.h"
#include "tests/conv/variants.h"
#include "tests/support/formulas.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

using internal::EpilogueArgs;
using internal::EpilogueKernels;
using internal::kActivations;

constexpr float kSpecialInf = std::numeric_limits<float>::infinity();

class EpilogueKernelTest : public testing::TestWithParam<std::string> {
 protected:
  const EpilogueKernels& kernels() const {
    return internal::EpilogueKernelsOf(internal::FindTarget(GetParam()).index);
  }
  float Number(bool finite) {
    constexpr float kSpecial[] = {0.0f,  -0.0f,  kSpecialInf, -kSpecialInf, NAN,
                                  3e38f, 1e-41f, -88.0f,      89.0f,        -3.0f};
    if (!finite && random_.OneIn(8)) {
      return kSpecial[random_.Between(0, std::ssize(kSpecial) - 1)];
    }
    return static_cast<float>(random_.Between(-(1 << 23), 1 << 23)) * 0x1p-20f;
  }
  std::span<float> Array(int64_t count, bool finite = false) {
    const Edge edge = random_.OneIn(2) ? Edge::kStart : Edge::kEnd;
    const std::span<float> array = buffers_[taken_++ % buffers_.size()].Take<float>(count, edge);
    for (float& v : array) v = Number(finite);
    return array;
  }

  Generator random_{7};

 private:
  std::array<GuardedBuffer, 4> buffers_;
  size_t taken_ = 0;
};

// Every element of rows with gaps, in place too.
TEST_P(EpilogueKernelTest, HaveTheirBits) {
  for (int64_t round = 0; round < 4000; ++round) {
    const auto which = static_cast<size_t>(random_.Between(0, kActivations - 1));
    const bool scaled = random_.OneIn(2), in_place = random_.OneIn(2);
    EpilogueArgs args{};
    args.rows = random_.Between(0, 4);
    args.count = random_.Between(1, 150);
    args.from_row = args.y_row = args.residual_row = args.count + random_.Between(0, 5);
    args.scale_each = random_.OneIn(2);
    args.slope = 0.2f;
    args.clamp_min = random_.OneIn(2) ? -1.5f : -kSpecialInf;
    args.clamp_max = random_.OneIn(2) ? 2.5f : kSpecialInf;
    const int64_t floats = std::max<int64_t>((args.rows - 1) * args.y_row + args.count, 0);
    const auto from = Array(floats), y = in_place ? from : Array(floats);
    const auto residual = Array(floats);
    const auto scale = Array(args.scale_each ? args.count : 1, true);
    args.from = from.data();
    args.y = y.data();
    args.residual = scaled && random_.OneIn(2) ? residual.data() : nullptr;
    args.scale = scale.data();
    std::vector<float> expected(y.begin(), y.end());
    for (int64_t row = 0; row < args.rows; ++row) {
      for (int64_t i = 0; i < args.count; ++i) {
        const auto at = static_cast<size_t>(row * args.y_row + i);
        float v = from[at];
        if (scaled) {
          v *= scale[args.scale_each ? static_cast<size_t>(i) : 0];
          if (args.residual != nullptr) v += residual[at];
          v += 0.0f;
          v = v < args.clamp_min ? args.clamp_min : v > args.clamp_max ? args.clamp_max : v;
        }
        expected[at] = Activated(static_cast<Activation>(which), args.slope, v);
      }
    }
    (scaled ? kernels().scaled : kernels().activation)[which](args);
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(expected[i]))
          << "activation " << which << (scaled ? ", scaled" : "") << ", element " << i << " of "
          << args.rows << "x" << args.count << ": " << y[i] << ", not " << expected[i];
    }
  }
}

// Of every exponent and sign; the library's scalars have the bits, too.
TEST_P(EpilogueKernelTest, HaveThemOverAllFloats) {
  constexpr uint32_t kStep = 4099;  // a prime
  std::vector<float> x, y;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += kStep) {
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  y.resize(x.size());
  for (size_t which = 0; which < kActivations; ++which) {
    EpilogueArgs args{};
    args.from = x.data();
    args.y = y.data();
    args.rows = 1;
    args.count = std::ssize(x);
    args.slope = 0.01f;
    kernels().activation[which](args);
    const Epilogue epilogue{.activation = static_cast<Activation>(which)};
    for (size_t i = 0; i < x.size(); ++i) {
      const float expected = Activated(epilogue.activation, 0.01f, x[i]);
      const float scalar = internal::FinishOutput(x[i], epilogue, 0, nullptr);
      ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(expected))
          << "activation " << which << " of " << x[i];
      if (x[i] == 0) continue;  // a sum is never -0
      ASSERT_EQ(std::bit_cast<uint32_t>(scalar), std::bit_cast<uint32_t>(expected))
          << "activation " << which << " of " << x[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EpilogueKernelTest, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// The largest distance from the true function, of floats of both signs from 1e-8 to 100 and below,
// in units in the last place, or in parts of 2^-24 |x|.
double WorstDistance(Activation activation, double (*truth)(double), bool of_x) {
  double worst = 0;
  for (uint32_t bits = 0x322BCC77u; bits < 0x42C80000u; bits += 997) {
    for (const float x : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
      const double y = truth(x);
      if (std::abs(y) < 1e-35) continue;  // the sigmoid in a SiLU is denormal
      const double unit = of_x ? std::abs(x) * 0x1p-24 : std::ldexp(1.0, std::ilogb(y) - 23);
      worst = std::max(worst, std::abs(Activated(activation, 0.01f, x) - y) / unit);
    }
  }
  return worst;
}

// As conv2d.h says of the formulas above, which the kernels have to the bit.
TEST(Activations, AreCloseToTheTrueFunctions) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  const auto hard_swish = [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; };
  const auto gelu = [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  };
  EXPECT_LT(WorstDistance(Activation::kSigmoid, sigmoid, false), 3);
  EXPECT_LT(WorstDistance(Activation::kSilu, silu, false), 4);
  EXPECT_LT(WorstDistance(Activation::kHardSwish, hard_swish, false), 3);
  EXPECT_LT(WorstDistance(Activation::kGeluTanh, gelu, true), 4);
}

// What torch.nn.functional gives of numbers that are not ordinary, by its formulas.
TEST(Activations, OfInfinitiesAndZeros) {
  const auto of = [](Activation a, float x) { return Activated(a, 0.01f, x); };
  const auto is_minus_zero = [](float x) { return x == 0 && std::signbit(x); };
  EXPECT_EQ(of(Activation::kSigmoid, -kSpecialInf), 0.0f);
  EXPECT_EQ(of(Activation::kSigmoid, kSpecialInf), 1.0f);
  EXPECT_EQ(of(Activation::kLeakyRelu, -kSpecialInf), -kSpecialInf);
  for (const Activation a : {Activation::kSilu, Activation::kHardSwish, Activation::kGeluTanh}) {
    EXPECT_EQ(std::bit_cast<uint32_t>(of(a, -kSpecialInf)), 0x7FC00000u);
    EXPECT_EQ(of(a, kSpecialInf), kSpecialInf);
    EXPECT_TRUE(is_minus_zero(of(a, -200.0f)));
    EXPECT_EQ(std::bit_cast<uint32_t>(of(a, 0.0f)), 0u);
  }
  EXPECT_EQ(of(Activation::kHardSwish, 1e38f), kSpecialInf);
  EXPECT_TRUE(is_minus_zero(of(Activation::kLeakyRelu, -0x1p-149f)));
}

}  // namespace
}  // namespace windrow::test
