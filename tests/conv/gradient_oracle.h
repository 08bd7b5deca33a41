// The gradients by a way of their own: dy is scattered, output by output in ascending order, which
// visits each gradient's terms in the order that conv2d.h states. Scalar; exact in both classes.
#ifndef WINDROW_TESTS_CONV_GRADIENT_ORACLE_H_
#define WINDROW_TESTS_CONV_GRADIENT_ORACLE_H_

#include <span>
#include <vector>

#include "tests/conv/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// dx, in nchw. `weights` in PyTorch's order, `dy` of any layout.
Tensor ScatteredData(const Problem& p, bool fused, std::span<const float> weights,
                     const ConstTensorView& dy);

struct WeightGradients {
  std::vector<float> dw, db;
};
WeightGradients ScatteredWeights(const Problem& p, bool fused, const ConstTensorView& x,
                                 const ConstTensorView& dy);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_GRADIENT_ORACLE_H_
