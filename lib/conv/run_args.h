// The checks of the views that a convolution, or a pair of layers, runs on.
#ifndef WINDROW_LIB_CONV_RUN_ARGS_H_
#define WINDROW_LIB_CONV_RUN_ARGS_H_

#include "lib/conv/problem.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::internal {

// What depends on shapes and strides only; `gives` is "the convolution gives". Both throw
// std::invalid_argument.
void CheckShapes(const RunArgs& args, const Shape& output, const char* gives);
void CheckOverlap(const RunArgs& args);

ResidualPlace PlaceOf(const RunArgs& args);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_RUN_ARGS_H_
