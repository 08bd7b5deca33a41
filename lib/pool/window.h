// Pooling of pixels (NHWC) where they lie, window by window: lanes are channels.
#ifndef WINDROW_LIB_POOL_WINDOW_H_
#define WINDROW_LIB_POOL_WINDOW_H_

#include <cstdint>

#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

const char* RefuseWindow(const PoolCall& call);
double EstimateWindow(const PoolCall& call);
void RunWindow(const PoolCall& call);
int64_t WindowScratch(const PoolCall& call);

// One block, in WindowScratch's floats.
void RunWindowBlock(const PoolCall& call, const PoolBlock& block, float* scratch);

// Writes `value`, and that there is no index, for windows without a tap, those of a dilated kernel.
void FillEmptyWindows(const WindowArgs& args, float value);

// Why lanes cannot be channels, or null. Of all strategies for pixels.
const char* RefusePixels(const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_WINDOW_H_
