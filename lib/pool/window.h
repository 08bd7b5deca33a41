// Pooling of pixels (NHWC) where they lie, window by window, for those who do the others otherwise.
#ifndef WINDROW_LIB_POOL_WINDOW_H_
#define WINDROW_LIB_POOL_WINDOW_H_

#include "lib/pool/blocks.h"
#include "lib/pool/problem.h"

namespace windrow::internal {

// One block, with PixelRow::Floats of scratch memory.
void RunWindowBlock(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& block,
                    float* scratch);

// Writes `value`, and that there is no index, for windows without a tap, those of a dilated kernel.
void FillEmptyWindows(const WindowArgs& args, float value);

// Why lanes cannot be channels, or null. Of all strategies for pixels.
const char* RefusePixels(const PoolShape& shape);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_WINDOW_H_
