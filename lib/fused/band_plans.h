// What both layers of a pair do in a band: each a call of its own, on the band's rows.
#ifndef WINDROW_LIB_FUSED_BAND_PLANS_H_
#define WINDROW_LIB_FUSED_BAND_PLANS_H_

#include <algorithm>
#include <cstdint>
#include <variant>

#include "lib/fused/band_cut.h"
#include "lib/fused/problem.h"
#include "windrow/tensor.h"

namespace windrow::internal {

// The plans of bands of one kind, and their strategies' names.
struct BandPlans {
  ConvPlan first;
  std::variant<ConvPlan, PoolPlan> second;
  const char* first_name = nullptr;
  const char* second_name = nullptr;

  double cycles() const {
    return first.cycles() + std::visit([](const auto& p) { return p.cycles(); }, second);
  }
  void Prepare() const {
    first.Prepare();
    std::visit([](const auto& p) { p.Prepare(); }, second);
  }
  int64_t scratch_bytes() const {
    return std::max(first.scratch_bytes(),
                    std::visit([](const auto& p) { return p.scratch_bytes(); }, second));
  }
};

// Plans them for a band on so many threads, with the middle in this layout, and says its shape; or
// says why a layer cannot do it, and null if both can. `reference`: both by their references.
const char* PlanBand(const FusedShape& shape, const Band& band, Layout layout, int threads,
                     bool reference, BandPlans& plans, Shape& middle);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_FUSED_BAND_PLANS_H_
