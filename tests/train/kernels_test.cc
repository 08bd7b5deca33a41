// Training's kernels called directly, on every usable target: the bits of their formulas, written
// here once more as scalars, nothing read or written beside them, and functions close to the true
// ones. They have no numerics classes, so all targets give the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "lib/simd/target.h"
#include "lib/simd/train_kernels.h"
#include "tests/conv/variants.h"
#include "tests/support/formulas.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

using internal::kChains;
using internal::MapArgs;
using internal::TrainKernels;

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Formula {
  const char* name;
  internal::MapFn (*kernel)(const TrainKernels&);
  float (*of)(float a, float b, float p);
};

constexpr Formula kFormulas[] = {
    {"relu", [](const TrainKernels& k) { return k.relu.forward; },
     [](float x, float, float) { return x <= 0 ? 0 : x; }},
    {"relu backward", [](const TrainKernels& k) { return k.relu.backward; },
     [](float y, float dy, float) { return y <= 0 ? 0 : dy; }},
    {"leaky_relu", [](const TrainKernels& k) { return k.leaky_relu.forward; },
     [](float x, float, float p) { return x > 0 ? x : p * x; }},
    {"leaky_relu backward", [](const TrainKernels& k) { return k.leaky_relu.backward; },
     [](float x, float dy, float p) { return x > 0 ? dy : p * dy; }},
    {"sigmoid", [](const TrainKernels& k) { return k.sigmoid.forward; },
     [](float x, float, float) { return Sigmoid(x); }},
    {"sigmoid backward", [](const TrainKernels& k) { return k.sigmoid.backward; },
     [](float y, float dy, float) { return dy * (y * (1.0f - y)); }},
    {"tanh", [](const TrainKernels& k) { return k.tanh.forward; },
     [](float x, float, float) { return Tanh(x); }},
    {"tanh backward", [](const TrainKernels& k) { return k.tanh.backward; },
     [](float y, float dy, float) { return dy * (1.0f - y * y); }},
    {"silu", [](const TrainKernels& k) { return k.silu.forward; },
     [](float x, float, float) { return x * Sigmoid(x); }},
    {"silu backward", [](const TrainKernels& k) { return k.silu.backward; },
     [](float x, float dy, float) {
       const float s = Sigmoid(x), slope = x * (1.0f - s);
       return dy * (s * (1.0f + slope));
     }},
    {"add", [](const TrainKernels& k) { return k.add; },
     [](float a, float b, float) { return a + b; }},
    {"multiply", [](const TrainKernels& k) { return k.multiply; },
     [](float a, float b, float) { return a * b; }},
    {"scale", [](const TrainKernels& k) { return k.scale; },
     [](float a, float, float p) { return a * p; }},
    {"exp", [](const TrainKernels& k) { return k.exp; },
     [](float a, float, float) { return Exp(a); }},
};

// Of all sizes; one in eight is special, unless it must be finite.
float Value(Generator& random, bool finite) {
  constexpr float kSpecial[] = {0.0f,  -0.0f,  kInf,   -kInf,  NAN,
                                3e38f, -3e38f, 1e-41f, -88.0f, 89.0f};
  if (!finite && random.OneIn(8)) return kSpecial[random.Between(0, std::ssize(kSpecial) - 1)];
  const auto sign = random.OneIn(2) ? 1.0f : -1.0f;
  const auto mantissa = static_cast<float>(random.Between(1 << 23, (1 << 24) - 1)) * 0x1p-23f;
  return sign * std::ldexp(mantissa, static_cast<int>(random.Between(-9, 3)));
}

// Arrays in guarded memory, with a copy of what they hold.
class TrainKernelTest : public testing::TestWithParam<std::string> {
 protected:
  const TrainKernels& kernels() const {
    return internal::TrainKernelsOf(internal::FindTarget(GetParam()).index);
  }
  std::span<float> Array(int64_t count, bool finite = false) {
    GuardedBuffer& buffer = buffers_[taken_++ % buffers_.size()];
    const std::span<float> array =
        buffer.Take<float>(count, random_.OneIn(2) ? Edge::kStart : Edge::kEnd);
    for (float& v : array) v = Value(random_, finite);
    return array;
  }
  static void ExpectBits(std::span<const float> computed, const std::vector<float>& expected,
                         const std::string& what) {
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(std::bit_cast<uint32_t>(computed[i]), std::bit_cast<uint32_t>(OneNaN(expected[i])))
          << what << ", element " << i << " of " << expected.size() << ": " << computed[i]
          << ", not " << expected[i];
    }
  }

  Generator random_{3};

 private:
  std::array<GuardedBuffer, 4> buffers_;
  size_t taken_ = 0;
};

constexpr int64_t kMostElements = 150;  // more than four vectors of 32 lanes

TEST_P(TrainKernelTest, Maps) {
  for (const Formula& f : kFormulas) {
    for (int64_t count = 0; count < kMostElements; ++count) {
      const auto a = Array(count), b = Array(count), y = Array(count);
      const float p = Value(random_, true);
      std::vector<float> expected;
      for (size_t i = 0; i < a.size(); ++i) expected.push_back(f.of(a[i], b[i], p));
      f.kernel(kernels())({a.data(), b.data(), y.data(), count, p});
      ExpectBits(y, expected, f.name);
      f.kernel(kernels())({a.data(), b.data(), b.data(), count, p});  // in place
      ExpectBits(b, expected, f.name);
    }
  }
}

// The chains of squares, or of what they are to be.
std::vector<float> Chains(const std::vector<float>& terms) {
  std::vector<float> chains(kChains);
  for (size_t i = 0; i < terms.size(); ++i) chains[i % kChains] += terms[i];
  return chains;
}

TEST_P(TrainKernelTest, SquaredError) {
  for (int64_t count = 0; count < kMostElements; ++count) {
    const bool finite = count % 2 == 0;
    const auto y = Array(count, finite), target = Array(count, finite), dy = Array(count);
    std::vector<float> squares, gradient;
    for (size_t i = 0; i < y.size(); ++i) {
      const float difference = y[i] - target[i];
      squares.push_back(difference * difference);
      gradient.push_back(0.7f * difference);
    }
    std::vector<float> chains(kChains, -1.0f);
    kernels().squared_error({y.data(), target.data(), nullptr, count, 0.7f, chains.data()});
    ExpectBits(chains, Chains(squares), "chains alone");
    kernels().squared_error({y.data(), target.data(), dy.data(), count, 0.7f, chains.data()});
    ExpectBits(chains, Chains(squares), "chains");
    ExpectBits(dy, gradient, "gradient");
  }
}

TEST_P(TrainKernelTest, SumOfSquares) {
  for (int64_t count = 0; count < kMostElements; ++count) {
    const auto x = Array(count, count % 2 == 0);
    std::vector<float> squares, chains(kChains, -1.0f);
    for (const float v : x) squares.push_back(v * v);
    kernels().sum_of_squares(x.data(), count, chains.data());
    ExpectBits(chains, Chains(squares), "chains");
  }
}

TEST_P(TrainKernelTest, Softmax) {
  for (int64_t round = 0; round < 2 * kMostElements; ++round) {
    const int64_t count = 1 + round / 2;
    const auto x = Array(count, round % 2 == 0), y = Array(count);
    float max = -kInf;
    for (const float v : x) max = std::isnan(v) || std::isnan(max) ? NAN : std::max(max, v);
    std::vector<float> e, expected;
    for (const float v : x) e.push_back(Exp(v - max));
    float sum = 0;
    for (const float chain : Chains(e)) sum += chain;
    for (const float v : e) expected.push_back(v / sum * 0.3f);
    internal::SoftmaxArgs args{
        .x = x.data(), .y = nullptr, .count = count, .p = 0.3f, .max = 0, .sum = 0};
    kernels().softmax(args);
    ExpectBits({&args.sum, 1}, {sum}, "sum alone");
    args.y = y.data();
    kernels().softmax(args);
    ExpectBits(y, expected, "y");
    ExpectBits({&args.sum, 1}, {sum}, "sum");
    EXPECT_TRUE(args.max == max || (std::isnan(args.max) && std::isnan(max)));
  }
}

bool AllFinite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

TEST_P(TrainKernelTest, Sgd) {
  for (int64_t count = 0; count < kMostElements; ++count) {
    for (const bool momentum : {false, true}) {
      const bool nesterov = random_.OneIn(2);
      const bool finite = !random_.OneIn(4);
      const auto w = Array(count, finite), g = Array(count, finite), m = Array(count, finite);
      std::vector<float> new_w, new_m;
      for (size_t i = 0; i < w.size(); ++i) {
        const float decayed = g[i] + 0.01f * w[i];
        const float kept = 0.9f * m[i], next = kept + 0.8f * decayed;
        new_m.push_back(next);
        const float ahead = 0.9f * next;
        const float step = !momentum ? decayed : nesterov ? decayed + ahead : next;
        new_w.push_back(w[i] - 0.1f * step);
      }
      EXPECT_EQ(kernels().sgd({.w = w.data(),
                               .g = g.data(),
                               .m = momentum ? m.data() : nullptr,
                               .count = count,
                               .lr = 0.1f,
                               .momentum = 0.9f,
                               .undamped = 0.8f,
                               .decay = 0.01f,
                               .nesterov = nesterov}),
                AllFinite(new_w));
      ExpectBits(w, new_w, "w");
      if (momentum) ExpectBits(m, new_m, "m");
    }
  }
}

TEST_P(TrainKernelTest, Adam) {
  for (int64_t count = 0; count < kMostElements; ++count) {
    const bool finite = !random_.OneIn(4);
    const float eps = random_.OneIn(3) ? 0.0f : 1e-8f;
    const auto w = Array(count, finite), g = Array(count, finite), m = Array(count, finite);
    const auto v = Array(count, finite);
    for (float& square : v) square = std::abs(square);
    std::vector<float> new_w, new_m, new_v;
    for (size_t i = 0; i < w.size(); ++i) {
      const float kept = w[i] * 0.99f, decayed = g[i] + 0.01f * w[i];
      const float old_m = 0.9f * m[i], old_v = 0.999f * v[i];
      new_m.push_back(old_m + 0.1f * decayed);
      new_v.push_back(old_v + 0.001f * decayed * decayed);
      const float length = std::sqrt(new_v[i]) / 0.5f + eps;
      new_w.push_back(kept - 0.2f * (new_m[i] / length));
    }
    EXPECT_EQ(kernels().adam({.w = w.data(),
                              .g = g.data(),
                              .m = m.data(),
                              .v = v.data(),
                              .count = count,
                              .keep = 0.99f,
                              .decay = 0.01f,
                              .beta1 = 0.9f,
                              .rest1 = 0.1f,
                              .beta2 = 0.999f,
                              .rest2 = 0.001f,
                              .root = 0.5f,
                              .eps = eps,
                              .lr = 0.2f}),
              AllFinite(new_w));
    ExpectBits(w, new_w, "w");
    ExpectBits(m, new_m, "m");
    ExpectBits(v, new_v, "v");
  }
}

INSTANTIATE_TEST_SUITE_P(All, TrainKernelTest, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

// The largest distance from the true function, in units in its last place, over floats from 1e-8 to
// 100 and below.
double WorstError(float (*f)(float), double (*truth)(double)) {
  double worst = 0;
  for (uint32_t bits = 0x322BCC77u; bits < 0x42C80000u; bits += 997) {
    for (const float x : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
      const double y = truth(x);
      if (std::abs(y) < 1e-37 || std::abs(y) > 3e38) continue;
      const double unit = std::ldexp(1.0, std::ilogb(y) - 23);
      worst = std::max(worst, std::abs(f(x) - y) / unit);
    }
  }
  return worst;
}

// Of the formulas above, which the kernels have to the bit.
TEST(Elementary, IsCloseToTheTrueFunctions) {
  EXPECT_LT(WorstError(Exp, [](double x) { return std::exp(x); }), 2);
  EXPECT_LT(WorstError(Tanh, [](double x) { return std::tanh(x); }), 3);
  EXPECT_LT(WorstError(Sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }), 3);
  EXPECT_EQ(Exp(0), 1);
  EXPECT_EQ(Exp(88.8f), kInf);
  EXPECT_EQ(Exp(-kInf), 0);
  EXPECT_EQ(Exp(-103.9f), 0x1p-149f);
  EXPECT_EQ(Tanh(kInf), 1);
  EXPECT_EQ(Tanh(-40), -1);
  EXPECT_EQ(Sigmoid(-kInf), 0);
}

}  // namespace
}  // namespace windrow::test
