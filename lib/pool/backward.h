// The gradients of poolings, as their strategies see them:
//
//   dx[i][j] = s;  s = +0;  for each output row oh, ascending, whose windows hold row i: {
//     r = +0;  for each output ow, ascending, whose window holds column j: r += what it adds;
//     s += r; }
//
// with NaN as everywhere. What an output adds is dy / divisor, and of a maximum dy, if its index is
// the element's. The shape is that of the pooling: xs are the strides of dx, ys those of dy.
#ifndef WINDROW_LIB_POOL_BACKWARD_H_
#define WINDROW_LIB_POOL_BACKWARD_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/base/error.h"
#include "lib/base/plan.h"
#include "lib/base/registry.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

// What a call adds.
struct PoolBackwardBuffers {
  const float* dy;
  const int64_t* indices;  // of maxima
  float* dx;
  std::byte* scratch;  // of all threads
};

using PoolBackwardPlan = Plan<PoolBackwardBuffers>;

// Throws std::invalid_argument unless an index is one of its plane, or -1: none.
inline void CheckIndex(const PoolShape& shape, int64_t index) {
  const int64_t plane = shape.h.in * shape.w.in;
  Require(index >= -1 && index < plane, "there is an index ", index, ", but a plane of dx has ",
          plane, " elements");
}

inline float CanonicalNaN(float v) { return v != v ? std::bit_cast<float>(0x7FC00000u) : v; }

// The strategies, each in a file of its name: they plan calls of a shape or return why they do not
// do them.
const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan);
// Scalar, any layout and attribute: what the others are compared with.
const char* ConsiderBackwardReference(const PoolShape& shape, PoolBackwardPlan& plan);

const Registry<PoolShape, PoolBackwardBuffers>& PoolBackwardRegistry();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_H_
