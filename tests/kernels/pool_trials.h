// The same for pooling's kernels, by the formulas of pool_kernels.h: windows, strips,
// running maxima, copies and gradients.
#ifndef WINDROW_TESTS_KERNELS_POOL_TRIALS_H_
#define WINDROW_TESTS_KERNELS_POOL_TRIALS_H_

#include <cstdint>

#include "lib/simd/pool_kernels.h"
#include "tests/kernels/fixture.h"
#include "tests/pool/problem.h"

namespace windrow::test {

// Rows and columns are 0 if a kernel takes any.
Trial WindowTrial(Fixture& s, internal::WindowFn kernel, Reduction reduction, int rows,
                  int columns);
Trial StripTrial(Fixture& s, internal::StripFn kernel, Reduction reduction, int side, int stride);
Trial RunningTrial(Fixture& s, internal::RunningFn kernel, bool indices, bool down);

using DeinterleaveFn = decltype(internal::PoolKernels::deinterleave);
Trial DeinterleaveTrial(Fixture& s, DeinterleaveFn deinterleave);
using TransposeIndicesFn = decltype(internal::PoolKernels::transpose_indices);
Trial TransposeIndicesTrial(Fixture& s, TransposeIndicesFn transpose);

using NarrowFn = decltype(internal::PoolKernels::narrow);
Trial NarrowTrial(Fixture& s, NarrowFn narrow);
using SearchFn = decltype(internal::PoolKernels::search);
Trial SearchTrial(Fixture& s, SearchFn search);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_POOL_TRIALS_H_
