#include "lib/base/error.h"
#include "tests/kernels/list.h"
#include "tests/kernels/pool_trials.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::PoolKernels;
using internal::RollingKernels;
using internal::StrCat;
using internal::StripKernels;
using internal::WindowFn;
using internal::WindowKernels;

using List = std::vector<PoolKernel>;

// The kernels of one reduction.
struct Family {
  const char* name;
  Reduction reduction;
  WindowKernels PoolKernels::*window;
  RollingKernels PoolKernels::*rolling;
  StripKernels PoolKernels::*strip;

  bool indices() const { return reduction == Reduction::kMaxIndices; }
};

constexpr Family kFamilies[] = {
    {"max", Reduction::kMax, &PoolKernels::max, &PoolKernels::max_rolling, &PoolKernels::max_strip},
    {"max_indices", Reduction::kMaxIndices, &PoolKernels::max_indices,
     &PoolKernels::max_indices_rolling, &PoolKernels::max_indices_strip},
    {"sum", Reduction::kAverage, &PoolKernels::sum, &PoolKernels::sum_rolling,
     &PoolKernels::sum_strip}};

void AddWindow(const Family& f, const char* name, WindowFn WindowKernels::*member, int rows,
               int columns, List& list) {
  const auto slot = [f, member](PoolKernels& k) -> WindowFn& { return k.*f.window.*member; };
  const bool parts = std::string_view(name) == "parts";
  const auto trial = [f, rows, columns, parts](Fixture& s, WindowFn kernel) {
    return WindowTrial(s, kernel, f.reduction, rows, columns, parts);
  };
  list.push_back({StrCat(f.name, "/", name), f.indices(), slot, trial});
}

void AddRolling(const Family& f, int stride, bool any, List& list) {
  const auto slot = [f, stride, any](PoolKernels& k) -> WindowFn& {
    RollingKernels& rolling = k.*f.rolling;
    return (any ? rolling.any : rolling.k3)[stride - 1];
  };
  const auto trial = [f, stride, any](Fixture& s, WindowFn kernel) {
    return PoolRollingTrial(s, kernel, f.reduction, stride, any ? 0 : 3);
  };
  list.push_back(
      {StrCat(f.name, "_rolling/", any ? "any" : "k3", "s", stride), f.indices(), slot, trial});
}

void AddStrip(const Family& f, int rows, int stride, bool any, List& list) {
  const auto slot = [f, rows, stride, any](PoolKernels& k) -> WindowFn& {
    StripKernels& strip = k.*f.strip;
    return (any ? strip.any : strip.square)[rows][stride];
  };
  const auto trial = [f, rows, stride, any](Fixture& s, WindowFn kernel) {
    const int columns = any ? 0 : rows;
    return f.indices() ? StripIndicesTrial(s, kernel, rows, columns, stride)
                       : StripTrial(s, kernel, f.reduction, rows, columns, stride);
  };
  list.push_back({StrCat(f.name, "_strip/", any ? "any" : "square", rows, "s", stride), f.indices(),
                  slot, trial});
}

void AddFamily(const Family& f, List& list) {
  AddWindow(f, "any", &WindowKernels::any, 0, 0, list);
  AddWindow(f, "row", &WindowKernels::row, 1, 0, list);
  AddWindow(f, "k2x2", &WindowKernels::k2x2, 2, 2, list);
  AddWindow(f, "k3x3", &WindowKernels::k3x3, 3, 3, list);
  AddWindow(f, "parts", &WindowKernels::parts, 0, 0, list);
  for (const bool any : {true, false}) {
    for (int stride = 1; stride <= 2; ++stride) AddRolling(f, stride, any, list);
    for (int rows = 2; rows <= 3; ++rows) {
      for (int stride = 1; stride <= rows; ++stride) AddStrip(f, rows, stride, any, list);
    }
  }
  const auto add = [&](const char* name, InPlace source, const auto& member) {
    list.push_back({StrCat(f.name, "_strip/", name), f.indices(),
                    [f, member](PoolKernels& k) -> WindowFn& { return member(k.*f.strip); },
                    [f, source](Fixture& s, WindowFn kernel) {
                      return ImageTrial(s, kernel, f.reduction, source);
                    }});
  };
  add("pairs", InPlace::kPairs, [](StripKernels& k) -> WindowFn& { return k.pairs; });
  add("packed", InPlace::kPacked, [](StripKernels& k) -> WindowFn& { return k.packed; });
  add("neighbours_s1", InPlace::kNeighboursOne,
      [](StripKernels& k) -> WindowFn& { return k.neighbours[0]; });
  add("neighbours_s2", InPlace::kNeighboursTwo,
      [](StripKernels& k) -> WindowFn& { return k.neighbours[1]; });
  add("dense", InPlace::kDense, [](StripKernels& k) -> WindowFn& { return k.dense; });
}

}  // namespace

std::vector<PoolKernel> AllPoolKernels() {
  List list;
  for (const Family& f : kFamilies) AddFamily(f, list);
  const auto add = [&list](const char* name, const auto& slot, const auto& trial,
                           const auto&... what) {
    list.push_back({name, std::string(name).find("indices") != std::string::npos, slot,
                    [=](Fixture& s, WindowFn kernel) { return trial(s, kernel, what...); }});
  };
  add(
      "max_running/across", [](PoolKernels& k) -> WindowFn& { return k.max_running.across; },
      RunningMaxTrial, false, false);
  add(
      "max_running/down", [](PoolKernels& k) -> WindowFn& { return k.max_running.down; },
      RunningMaxTrial, false, true);
  add(
      "max_indices_running/across",
      [](PoolKernels& k) -> WindowFn& { return k.max_indices_running.across; }, RunningMaxTrial,
      true, false);
  add(
      "max_indices_running/down",
      [](PoolKernels& k) -> WindowFn& { return k.max_indices_running.down; }, RunningMaxTrial, true,
      true);
  add(
      "sum_running", [](PoolKernels& k) -> WindowFn& { return k.sum_running; }, RunningSumTrial);
  add(
      "max_global/pixels", [](PoolKernels& k) -> WindowFn& { return k.max_global.pixels; },
      GlobalTrial, false, false);
  add(
      "max_global/planes", [](PoolKernels& k) -> WindowFn& { return k.max_global.planes; },
      GlobalTrial, false, true);
  add(
      "sum_global/pixels", [](PoolKernels& k) -> WindowFn& { return k.sum_global.pixels; },
      GlobalTrial, true, false);
  add(
      "sum_global/planes", [](PoolKernels& k) -> WindowFn& { return k.sum_global.planes; },
      GlobalTrial, true, true);
  return list;
}

std::vector<Kernel> PoolKernelsWithTrials(const PoolKernels& of_target) {
  PoolKernels kernels = of_target;
  KernelList list;
  for (const PoolKernel& k : AllPoolKernels()) {
    const WindowFn kernel = k.slot(kernels);
    if (kernel != nullptr && k.trial != nullptr) list.Add(k.name, k.trial, kernel);
  }
  list.Add("pool_copy_rows", CopyTrial, kernels.copy_rows);
  list.Add("pool_transpose", TransposeTrial, kernels.transpose);
  list.Add("transpose_indices", TransposeIndicesTrial, kernels.transpose_indices);
  list.Add("copy_pixels", CopyPixelsTrial, kernels.copy_pixels);
  list.Add("deinterleave", DeinterleaveTrial, kernels.deinterleave);
  list.Add("backward/add_lines", AddLinesTrial, kernels.backward.add_lines);
  list.Add("backward/divide", DivideTrial, kernels.backward.divide);
  list.Add("backward/spread", SpreadTrial, kernels.backward.spread);
  list.Add("backward/narrow", NarrowTrial, kernels.backward.narrow);
  list.Add("backward/stretch", StretchTrial, kernels.backward.stretch);
  list.Add("backward/pick", PickTrial, kernels.backward.pick);
  return list.Take();
}

}  // namespace windrow::test
