// The functions of the library's kernels once more, as scalars, each operation rounded: what their
// bits are compared with.
#ifndef WINDROW_TESTS_SUPPORT_FORMULAS_H_
#define WINDROW_TESTS_SUPPORT_FORMULAS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "windrow/conv2d.h"

namespace windrow::test {

inline float OneNaN(float v) { return std::isnan(v) ? std::bit_cast<float>(0x7FC00000u) : v; }

// e^x - 1 of the rest of x, and the power of 2.
struct Reduced {
  float p;
  int32_t n;
};

inline Reduced ReduceExp(float x) {
  const float magic = 0x1.8p23f, rounded = x * 0x1.715476p0f + magic;
  const auto n = static_cast<int32_t>(std::bit_cast<uint32_t>(rounded)) -
                 static_cast<int32_t>(std::bit_cast<uint32_t>(magic));
  const float whole = rounded - magic;
  const float high = whole * 0x1.62e4p-1f, low = whole * 0x1.7f7d1cp-20f;
  const float r = (x - high) - low;
  float q = 1.0f / 5040;
  for (const float c : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f}) {
    q *= r;
    q += c;
  }
  const float square = r * r, rest = square * q;
  return {rest + r, n};
}

inline float TimesPowerOf2(float v, int32_t n) {
  const auto power = [](int32_t e) {
    return std::bit_cast<float>(static_cast<uint32_t>(e + 127) << 23);
  };
  const int32_t half = n >> 1;
  return v * power(half) * power(n - half);
}

inline float Exp(float x) {
  if (std::isnan(x)) return OneNaN(x);
  const Reduced e = ReduceExp(std::clamp(x, -104.0f, 89.0f));
  return TimesPowerOf2(e.p + 1.0f, e.n);
}

inline float Sigmoid(float x) { return 1.0f / (1.0f + Exp(-x)); }

inline float Tanh(float x) {
  if (std::isnan(x)) return OneNaN(x);
  const float bounded = std::min(std::abs(x), 10.0f);
  const Reduced r = ReduceExp(bounded + bounded);
  const float e = r.n == 0 ? r.p : TimesPowerOf2(r.p + 1.0f, r.n) - 1.0f;
  return std::copysign(e / (e + 2.0f), x);
}

inline float HardSwish(float x) {
  if (std::isnan(x)) return x;
  const float moved = x + 3.0f, gate = moved < 0 ? 0.0f : moved > 6 ? 6.0f : moved;
  const float product = x * gate;
  return product / 6.0f;
}

inline float GeluTanh(float x) {
  const float square = x * x, cube = square * x, small = 0.044715f * cube, inner = x + small;
  const float bent = 1.0f + Tanh(0.7978845608f * inner), half = 0.5f * x;
  return half * bent;
}

inline float Activated(Activation activation, float slope, float x) {
  switch (activation) {
    case Activation::kIdentity:
      return OneNaN(x);
    case Activation::kSigmoid:
      return OneNaN(Sigmoid(x));
    case Activation::kSilu:
      return OneNaN(x * Sigmoid(x));
    case Activation::kHardSwish:
      return OneNaN(HardSwish(x));
    case Activation::kLeakyRelu:
      return OneNaN(x > 0 ? x : slope * x);
    case Activation::kGeluTanh:
      return OneNaN(GeluTanh(x));
  }
  return x;
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_FORMULAS_H_
