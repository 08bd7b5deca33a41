#include "lib/pool/backward.h"
#include "windrow/pool2d.h"

namespace windrow {
namespace internal {
namespace {

constexpr Strategy<PoolShape, PoolBackwardBuffers> kStrategies[] = {
    {"rows", "output row by output row, what it adds gathered in scratch memory",
     ConsiderBackwardRows},
    {"reference", "scalar, for any problem", ConsiderBackwardReference},
};

}  // namespace

const Registry<PoolShape, PoolBackwardBuffers>& PoolBackwardRegistry() {
  static constexpr Registry<PoolShape, PoolBackwardBuffers> kRegistry("pooling backward",
                                                                      kStrategies);
  return kRegistry;
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> PoolBackwardAlgorithms() {
  return internal::PoolBackwardRegistry().Names();
}

}  // namespace v0
}  // namespace windrow
