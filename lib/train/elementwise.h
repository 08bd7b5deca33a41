// Work on every element of dense tensors, in parallel, and sums over them in a fixed order.
#ifndef WINDROW_LIB_TRAIN_ELEMENTWISE_H_
#define WINDROW_LIB_TRAIN_ELEMENTWISE_H_

#include <cstdint>

#include "lib/base/function_ref.h"
#include "lib/simd/train_kernels.h"
#include "windrow/tensor.h"

namespace windrow::internal {

// The kernels of the target that is active now.
const TrainKernels& ActiveTrainKernels();

// Calls body(begin, end) for parts of [0, count).
void ForParts(int64_t count, FunctionRef<void(int64_t, int64_t)> body);

void RunMap(MapFn map, const MapArgs& args);

// The sum of body(begin, end) over parts of [0, count), in their order. How many items of so many
// elements there are decides the parts.
double SumOfParts(int64_t count, int64_t elements, FunctionRef<double(int64_t, int64_t)> body);

double SumOfChains(const float* chains);

// The same view in this layout, where that has the same strides as far as they matter; else an
// empty one. Only a dense one has.
ConstTensorView InLayout(const ConstTensorView& view, Layout layout);
TensorView InLayout(const TensorView& view, Layout layout);

// Throws std::invalid_argument unless the shapes are the same.
void RequireShape(const char* what, const Shape& shape, const Shape& expected);

// The elements of a view as one array, for a layer. Throws std::invalid_argument if it has gaps.
float* Dense(const TensorView& view);
const float* Dense(const ConstTensorView& view);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_ELEMENTWISE_H_
