// The one list of strategies of pairs of layers.
#ifndef WINDROW_LIB_FUSED_REGISTRY_H_
#define WINDROW_LIB_FUSED_REGISTRY_H_

#include "lib/base/registry.h"
#include "lib/fused/problem.h"

namespace windrow::internal {

const Registry<FusedShape, FusedBuffers>& FusedRegistry();

// In bands.cc. The second does every pair: it throws std::invalid_argument if the layers' forced
// algorithms cannot.
const char* ConsiderBands(const FusedShape& shape, FusedPlan& plan);
const char* ConsiderInTurn(const FusedShape& shape, FusedPlan& plan);
// In turn, both by their references.
const char* ConsiderFusedReference(const FusedShape& shape, FusedPlan& plan);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_FUSED_REGISTRY_H_
