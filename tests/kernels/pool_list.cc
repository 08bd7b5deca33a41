#include "lib/base/error.h"
#include "tests/kernels/list.h"
#include "tests/kernels/pool_trials.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::PoolKernels;
using internal::RunningKernels;
using internal::StrCat;
using internal::StripKernels;
using internal::WindowKernels;

using List = std::vector<PoolKernel>;

// `slot` gives a kernel of the table; `trial` takes, after the fixture, that and `what`.
template <typename Slot, typename F, typename... What>
void Add(List& list, std::string name, bool indices, const Slot& slot, const F& trial,
         const What&... what) {
  list.push_back({std::move(name), indices, [=](PoolKernels& k) -> PoolSlot { return &slot(k); },
                  [=](Fixture& s, PoolKernels k) { return trial(s, slot(k), what...); }});
}

void AddFamily(List& list, const std::string& name, Reduction reduction,
               WindowKernels PoolKernels::*window, StripKernels PoolKernels::*strip) {
  const bool indices = reduction == Reduction::kMaxIndices;
  const auto add_window = [&](const char* extent, auto WindowKernels::*kernel, int rows,
                              int columns) {
    Add(
        list, StrCat(name, "/", extent),
        indices, [=](PoolKernels & k) -> auto& { return k.*window.*kernel; }, WindowTrial,
        reduction, rows, columns);
  };
  add_window("any", &WindowKernels::any, 0, 0);
  add_window("row", &WindowKernels::row, 1, 0);
  add_window("k2x2", &WindowKernels::k2x2, 2, 2);
  add_window("k3x3", &WindowKernels::k3x3, 3, 3);
  Add(
      list, StrCat(name, "_strip/pairs"),
      indices, [=](PoolKernels & k) -> auto& { return (k.*strip).pairs; }, StripTrial, reduction, 2,
      2);
  for (const int stride : {1, 2}) {
    Add(
        list, StrCat(name, "_strip/neighbours_s", stride),
        indices, [=](PoolKernels & k) -> auto& { return (k.*strip).neighbours[stride - 1]; },
        StripTrial, reduction, 3, stride);
  }
}

void AddRunning(List& list, const std::string& name, bool indices,
                RunningKernels PoolKernels::*running) {
  Add(
      list, StrCat(name, "/across"),
      indices, [=](PoolKernels & k) -> auto& { return (k.*running).across; }, RunningTrial, indices,
      false);
  Add(
      list, StrCat(name, "/down"),
      indices, [=](PoolKernels & k) -> auto& { return (k.*running).down; }, RunningTrial, indices,
      true);
}

}  // namespace

std::vector<PoolKernel> AllPoolKernels() {
  List list;
  AddFamily(list, "max", Reduction::kMax, &PoolKernels::max, &PoolKernels::max_strip);
  AddFamily(list, "max_indices", Reduction::kMaxIndices, &PoolKernels::max_indices,
            &PoolKernels::max_indices_strip);
  AddFamily(list, "sum", Reduction::kAverage, &PoolKernels::sum, &PoolKernels::sum_strip);
  AddRunning(list, "max_running", false, &PoolKernels::max_running);
  AddRunning(list, "max_indices_running", true, &PoolKernels::max_indices_running);
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
