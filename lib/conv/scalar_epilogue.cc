#include "lib/conv/scalar_epilogue.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

// e^x is 2^n * (p + 1).
struct Reduced {
  float p;
  int32_t n;
};

// n = x / ln 2 to the nearest, the rest by Taylor's series up to its 7th power.
Reduced ReduceExp(float x) {
  constexpr float kMagic = 0x1.8p23f;  // sums there are integers
  const float quotient = x * 0x1.715476p0f;
  const float rounded = quotient + kMagic;
  const auto n =
      static_cast<int32_t>(std::bit_cast<uint32_t>(rounded) - std::bit_cast<uint32_t>(kMagic));
  const float whole = rounded - kMagic;
  const float high = whole * 0x1.62e4p-1f, low = whole * 0x1.7f7d1cp-20f;
  float r = x - high;
  r -= low;
  float q = 1.0f / 5040;
  for (const float next : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f}) {
    q *= r;
    q += next;
  }
  const float square = r * r, tail = square * q;
  return {tail + r, n};
}

float TimesPowerOf2(float v, int32_t n) {
  const auto power = [](int32_t e) {
    return std::bit_cast<float>(static_cast<uint32_t>(e + 127) << 23);
  };
  const int32_t half = n >> 1;
  v *= power(half);
  return v * power(n - half);
}

float Exp(float x) {
  if (x != x) return x;
  const auto [p, n] = ReduceExp(std::clamp(x, -104.0f, 89.0f));
  return TimesPowerOf2(p + 1.0f, n);
}

float Sigmoid(float x) {
  const float sum = 1.0f + Exp(-x);
  return 1.0f / sum;
}

float Tanh(float x) {
  if (x != x) return x;
  const float bounded = std::min(std::abs(x), 10.0f);
  const auto [p, n] = ReduceExp(bounded + bounded);
  const float e = n == 0 ? p : TimesPowerOf2(p + 1.0f, n) - 1.0f;
  const float sum = e + 2.0f;
  return std::copysign(e / sum, x);
}

float HardSwish(float x) {
  if (x != x) return x;
  const float moved = x + 3.0f, product = x * std::clamp(moved, 0.0f, 6.0f);
  return product / 6.0f;
}

float GeluTanh(float x) {
  const float square = x * x, cube = square * x, term = 0.044715f * cube;
  const float inner = x + term, tanh = Tanh(0.7978845608f * inner);
  const float half = 0.5f * x, sum = 1.0f + tanh;
  return half * sum;
}

}  // namespace

float Activate(const Epilogue& e, float x) {
  switch (e.activation) {
    case Activation::kIdentity:
      return x;
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kSilu:
      return x * Sigmoid(x);
    case Activation::kHardSwish:
      return HardSwish(x);
    case Activation::kLeakyRelu:
      return x > 0 ? x : e.negative_slope * x;
    case Activation::kGeluTanh:
      return GeluTanh(x);
  }
  return x;
}

float FinishOutput(float v, const Epilogue& e, int64_t channel, const float* residual) {
  if (!e.scale.empty()) v *= e.scale[static_cast<size_t>(channel)];
  if (residual != nullptr) v += *residual;
  v += 0.0f;
  v = v < e.clamp_min ? e.clamp_min : v > e.clamp_max ? e.clamp_max : v;
  v = Activate(e, v);
  return v != v ? std::bit_cast<float>(0x7FC00000u) : v;
}

}  // namespace windrow::internal
