// Activations and scales, for every strategy alike: the strategy convolves, and a pass over the
// outputs (epilogue_pass.h) does the rest while they are in cache.
//
//   for each band of output rows, or of images, that fits a part of the L2 cache (the tasks):
//     1. the strategy's plan of a call of just these rows, without activation and scale
//     2. the pass over the band
//
// Where the outputs are so few that they stay in cache anyway, or bands cost the strategy more than
// they save (halos, weights that each fetches anew), it is one call on all threads, and the pass
// after it.
//
// A residual is added by the strategy, unless a scale comes before it. If that is in y's memory, a
// band is computed in scratch memory, from which the pass goes to y.
#ifndef WINDROW_LIB_CONV_EPILOGUE_H_
#define WINDROW_LIB_CONV_EPILOGUE_H_

#include "lib/conv/problem.h"

namespace windrow::internal {

using ConsiderConv = const char* (*)(const ConvShape&, ConvPlan&);

// Of an op with activation or scale.
const char* ConsiderEpilogue(ConsiderConv consider, const ConvShape& shape, ConvPlan& plan);

// What a strategy's row of the registry has.
template <ConsiderConv kConsider>
const char* WithEpilogue(const ConvShape& shape, ConvPlan& plan) {
  if (shape.op->without_pass == nullptr) return kConsider(shape, plan);
  return ConsiderEpilogue(kConsider, shape, plan);
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_EPILOGUE_H_
