// The kernels of training beside convolution and pooling, as a table of function pointers for each
// SIMD target: the one door between lib/train, which is ordinary C++, and the code that is compiled
// once a target.
//
// They have no numerics classes: each product and each sum is rounded, so that their bits are those
// of every target. Every NaN that comes out is 0x7FC00000. Memory need only be aligned to an
// element.
#ifndef WINDROW_LIB_SIMD_TRAIN_KERNELS_H_
#define WINDROW_LIB_SIMD_TRAIN_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace windrow::internal {

// y[i] = f(a[i], b[i]) for i < count, by the formula of the kernel. y may be a or b.
struct MapArgs {
  const float* a;
  const float* b;  // ignored by a kernel of one operand
  float* y;
  int64_t count;
  float p;  // a parameter of the formula
};
using MapFn = void (*)(const MapArgs&);

// An activation: forward a is x. Backward b is dy, a is y, or x where the table says so.
struct ActivationKernels {
  MapFn forward, backward;
};

// Sums over many elements are 16 chains from +0: element i goes to chain i % 16.
inline constexpr int kChains = 16;

// dy[i] = p * (y[i] - target[i]); the chains sum (y[i] - target[i])^2. dy may be null.
struct SquaredErrorArgs {
  const float* y;
  const float* target;
  float* dy;
  int64_t count;
  float p;
  float* chains;
};

// The softmax of one image: m = max of x, e[i] = exp(x[i] - m), s = the sum of e, its chains added
// up in their order from +0, y[i] = e[i] / s * p. If an x is NaN, so is everything. y may be null.
struct SoftmaxArgs {
  const float* x;
  float* y;
  int64_t count;
  float p;
  float max, sum;  // of the result
};

// w, m: what is updated; the gradient g + decay * w is G.
//   m = momentum * m + undamped * G (without m: G);  w -= lr * (nesterov ? G + momentum * m : m)
struct SgdArgs {
  float* w;
  const float* g;
  float* m;  // null: there is no momentum
  int64_t count;
  float lr, momentum, undamped, decay;
  bool nesterov;
};

//   w *= keep;  m = beta1 * m + rest1 * G;  v = beta2 * v + rest2 * G * G
//   w -= lr * (m / (sqrt(v) / root + eps))
struct AdamArgs {
  float* w;
  const float* g;
  float* m;
  float* v;
  int64_t count;
  float keep, decay, beta1, rest1, beta2, rest2, root, eps, lr;
};

struct TrainKernels {
  ActivationKernels relu;        // x > 0 ? x : 0 (or NaN);  y > 0 ? dy : 0
  ActivationKernels leaky_relu;  // x > 0 ? x : p * x;  of x: x > 0 ? dy : p * dy
  ActivationKernels sigmoid;     // 1 / (1 + exp(-x));  dy * (y * (1 - y))
  ActivationKernels tanh;        // tanh(x);  dy * (1 - y * y)
  ActivationKernels silu;        // x * sigmoid(x);  of x: dy * (s * (1 + x * (1 - s)))
  MapFn add, multiply;           // a + b, a * b
  MapFn scale;                   // a * p
  MapFn exp;                     // exp(a)
  void (*squared_error)(const SquaredErrorArgs&);
  void (*sum_of_squares)(const float* x, int64_t count, float* chains);
  void (*softmax)(SoftmaxArgs&);
  // Both return whether each w is finite then.
  bool (*sgd)(const SgdArgs&);
  bool (*adam)(const AdamArgs&);
};

// Those of the target at this index of Highway's dispatch tables.
const TrainKernels& TrainKernelsOf(size_t dispatch_index);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_TRAIN_KERNELS_H_
