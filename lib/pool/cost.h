// What the steps of pooling cost, in cycles of one of today's large cores: rough, but the same for
// all strategies, so that the cheapest can be chosen. Each multiplies its sum by what it was
// measured to take beyond that: what waits for memory, above all.
#ifndef WINDROW_LIB_POOL_COST_H_
#define WINDROW_LIB_POOL_COST_H_

#include "lib/pool/problem.h"

namespace windrow::internal {

inline double Number(int64_t n) { return static_cast<double>(n); }

// A vector of one tap: loaded, and reduced by two operations; by five with an index.
inline double TapCycles(const PoolShape& shape) { return shape.with_indices ? 1.25 : 0.6; }

// An output of one pixel, besides its taps; and a call of a kernel.
inline constexpr double kOutputCycles = 8;
inline constexpr double kCallCycles = 25;

// A vector that is copied, one that changes between planes and pixels, and a float on its own.
inline constexpr double kCopyCycles = 1;
inline constexpr double kTransposeCycles = 3;
inline constexpr double kFloatCycles = 2;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_COST_H_
