#include "lib/pool/registry.h"

#include "lib/pool/strategies.h"
#include "windrow/pool2d.h"

namespace windrow {
namespace internal {
namespace {

constexpr Strategy<PoolShape, PoolBuffers> kStrategies[] = {
    {"window", "pixels where they lie, lanes over channels", ConsiderWindow},
    {"rolling", "pixels, windows 3 rows high, row results of the rows above kept in cache",
     ConsiderRolling},
    {"global", "one window an image, read in the order of memory, lanes over channels",
     ConsiderGlobal},
    {"separable", "pixels, row results shared, lanes over channels", ConsiderSeparable},
    {"strips", "rows of planes or of pixels, windows 2 or 3 rows high, rows kept in registers",
     ConsiderStrips},
    {"rows", "rows of planes or of pixels, each prepared and reduced once", ConsiderRows},
    {"running", "windows a pixel apart, across and then down, lanes over channels",
     ConsiderRunning},
    {"reference", "scalar, for any problem", ConsiderPoolReference},
};

}  // namespace

const Registry<PoolShape, PoolBuffers>& PoolRegistry() {
  static constexpr Registry<PoolShape, PoolBuffers> kRegistry("pooling", kStrategies);
  return kRegistry;
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> PoolAlgorithms() { return internal::PoolRegistry().Names(); }

}  // namespace v0
}  // namespace windrow
