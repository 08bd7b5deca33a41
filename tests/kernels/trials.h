// A file for each kind of micro-kernel: draws arguments for one and computes, by the formula of
// kernels.h, what it must give.
#ifndef WINDROW_TESTS_KERNELS_TRIALS_H_
#define WINDROW_TESTS_KERNELS_TRIALS_H_

#include <cstddef>
#include <cstdint>

#include "lib/simd/kernels.h"
#include "tests/kernels/fixture.h"

namespace windrow::test {

// What the lanes of a register tile are.
enum class TileRole : uint8_t { kChannels, kPixels, kPanels, kDepthwise, kDepthwiseTail };
Trial TileTrial(Fixture& s, internal::TileFn tile, TileRole role, int vecs, int rows);

Trial DepthwiseTrial(Fixture& s, internal::DepthwiseFn block, int kernel, int stride, int rows,
                     int columns);

Trial DepthwiseGradientTrial(Fixture& s, internal::DepthwiseGradientFn kernel, int taps, int vecs);

enum class PlanarKind : uint8_t { kShared, kApart };
Trial PlanarTrial(Fixture& s, internal::PlanarFn tile, PlanarKind kind, int vecs, int rows);

Trial PlanarRollingTrial(Fixture& s, internal::PlanarFn planes, int kernel, int stride, int vecs);

Trial PixelRowTrial(Fixture& s, internal::PixelRowFn row, int steps);

Trial RollingTrial(Fixture& s, internal::RollingFn tile, int columns);

using MatrixFn = decltype(internal::TileSet::transpose);
Trial CopyTrial(Fixture& s, MatrixFn copy);
Trial TransposeTrial(Fixture& s, MatrixFn transpose);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_TRIALS_H_
