#include "lib/fused/registry.h"

#include "windrow/fused.h"

namespace windrow {
namespace internal {
namespace {

constexpr Strategy<FusedShape, FusedBuffers> kStrategies[] = {
    {"bands", "bands of rows, each through both layers while it is in the L2 cache", ConsiderBands},
    {"in_turn", "the layers one after the other, all threads in each", ConsiderInTurn},
    {"reference", "scalar, for any pair", ConsiderFusedReference},
};

}  // namespace

const Registry<FusedShape, FusedBuffers>& FusedRegistry() {
  static constexpr Registry<FusedShape, FusedBuffers> kRegistry("fused", kStrategies);
  return kRegistry;
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> FusedAlgorithms() { return internal::FusedRegistry().Names(); }

}  // namespace v0
}  // namespace windrow
