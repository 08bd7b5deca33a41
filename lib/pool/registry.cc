#include "lib/pool/registry.h"

#include "lib/pool/strategies.h"
#include "windrow/pool2d.h"

namespace windrow {
namespace internal {
namespace {

constexpr Strategy<PoolShape, PoolBuffers> kStrategies[] = {
    {"pixels", "pixels where they lie, lanes over channels", ConsiderPixels},
    {"planes", "planes where they lie, lanes over the pixels of a row", ConsiderPlanes},
    {"transposed", "any layouts, channels transposed to pixels and back", ConsiderTransposed},
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
