#include "lib/base/error.h"
#include "tests/kernels/list.h"
#include "tests/kernels/pool_trials.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::PoolKernels;
using internal::ReductionKernels;
using internal::StrCat;

using List = std::vector<PoolKernel>;

// `slot` gives a kernel of the table; `trial` takes, after the fixture, that and `what`.
template <typename Slot, typename F, typename... What>
void Add(List& list, std::string name, bool indices, const Slot& slot, const F& trial,
         const What&... what) {
  list.push_back({std::move(name), indices, [=](PoolKernels& k) -> PoolSlot { return &slot(k); },
                  [=](Fixture& s, PoolKernels k) { return trial(s, slot(k), what...); }});
}

void AddReduction(List& list, const std::string& name, Reduction reduction,
                  ReductionKernels PoolKernels::*kernels) {
  const bool indices = reduction == Reduction::kMaxIndices;
  const auto add = [&](const std::string& kind, const auto& slot, const auto& trial,
                       const auto&... what) {
    Add(
        list, StrCat(name, "/", kind),
        indices, [=](PoolKernels & k) -> auto& { return slot(k.*kernels); }, trial, what...);
  };
  using K = ReductionKernels;
  add(
      "any", [](K & k) -> auto& { return k.any; }, WindowTrial, reduction, 0, 0);
  add(
      "row", [](K & k) -> auto& { return k.row; }, WindowTrial, reduction, 1, 0);
  add(
      "k2x2", [](K & k) -> auto& { return k.k2x2; }, WindowTrial, reduction, 2, 2);
  add(
      "k3x3", [](K & k) -> auto& { return k.k3x3; }, WindowTrial, reduction, 3, 3);
  add(
      "pairs", [](K & k) -> auto& { return k.pairs; }, StripTrial, reduction, 2, 2);
  for (const int stride : {1, 2}) {
    add(
        StrCat("neighbours_s", stride), [=](K & k) -> auto& { return k.neighbours[stride - 1]; },
        StripTrial, reduction, 3, stride);
  }
  if (reduction == Reduction::kAverage) return;
  add(
      "across", [](K & k) -> auto& { return k.across; }, RunningTrial, indices, false);
  add(
      "down", [](K & k) -> auto& { return k.down; }, RunningTrial, indices, true);
}

}  // namespace

std::vector<PoolKernel> AllPoolKernels() {
  List list;
  AddReduction(list, "max", Reduction::kMax, &PoolKernels::max);
  AddReduction(list, "max_indices", Reduction::kMaxIndices, &PoolKernels::max_indices);
  AddReduction(list, "sum", Reduction::kAverage, &PoolKernels::sum);
  return list;
}

std::vector<Kernel> PoolKernelsWithTrials(const PoolKernels& kernels) {
  KernelList list;
  for (const PoolKernel& k : AllPoolKernels()) list.Add(k.name, k.trial, kernels);
  list.Add("pool_transpose", TransposeTrial, kernels.transpose);
  list.Add("transpose_indices", TransposeIndicesTrial, kernels.transpose_indices);
  list.Add("deinterleave", DeinterleaveTrial, kernels.deinterleave);
  list.Add("backward/narrow", NarrowTrial, kernels.narrow);
  list.Add("backward/search", SearchTrial, kernels.search);
  return list.Take();
}

}  // namespace windrow::test
