#include "lib/pool/registry.h"

#include <string>

#include "lib/base/error.h"
#include "lib/pool/global.h"
#include "lib/pool/reference.h"
#include "lib/pool/rolling.h"
#include "lib/pool/rows.h"
#include "lib/pool/running.h"
#include "lib/pool/separable.h"
#include "lib/pool/strips.h"
#include "lib/pool/window.h"
#include "windrow/pool2d.h"

namespace windrow {
namespace internal {
namespace {

constexpr PoolAlgorithm kAlgorithms[] = {
    {"window", "pixels where they lie, lanes over channels", RefuseWindow, EstimateWindow,
     RunWindow, WindowWorkspace},
    {"rolling", "pixels, windows 3 rows high, row results of the rows above kept in cache",
     RefuseRolling, EstimateRolling, RunRolling, RollingWorkspace},
    {"global", "one window an image, read in the order of memory, lanes over channels",
     RefuseGlobal, EstimateGlobal, RunGlobal, GlobalWorkspace},
    {"separable", "pixels, row results shared, lanes over channels", RefuseSeparable,
     EstimateSeparable, RunSeparable, SeparableWorkspace},
    {"strips", "rows of planes or of pixels, windows 2 or 3 rows high, rows kept in registers",
     RefuseStrips, EstimateStrips, RunStrips, StripsWorkspace},
    {"rows", "rows of planes or of pixels, each prepared and reduced once", RefuseRows,
     EstimateRows, RunRows, RowsWorkspace},
    {"running", "windows a pixel apart, across and then down, lanes over channels", RefuseRunning,
     EstimateRunning, RunRunning, RunningWorkspace},
    {"reference", "scalar, for any problem", RefusePoolReference, EstimatePoolReference,
     RunPoolReference, nullptr},
};

}  // namespace

std::span<const PoolAlgorithm> PoolRegistry() { return kAlgorithms; }

const PoolAlgorithm* FindPoolAlgorithm(std::string_view name) {
  if (name == "auto") return nullptr;
  std::string names = "auto";
  for (const PoolAlgorithm& a : kAlgorithms) {
    if (name == a.name) return &a;
    names += StrCat(", ", a.name);
  }
  throw std::invalid_argument(
      StrCat("there is no pooling algorithm \"", name, "\"; there are ", names));
}

const PoolAlgorithm& ChoosePoolAlgorithm(const PoolAlgorithm* forced, const PoolCall& call) {
  if (forced != nullptr) {
    const char* reason = Refusal(*forced, call);
    Require(reason == nullptr, "the algorithm \"", forced->name, "\" cannot run this: ", reason);
    return *forced;
  }
  const PoolAlgorithm* best = nullptr;
  double least = 0;
  for (const PoolAlgorithm& a : kAlgorithms) {
    if (Refusal(a, call) != nullptr) continue;
    const double cycles = EstimatedCycles(a, call);
    if (best == nullptr || cycles < least) best = &a, least = cycles;
  }
  return *best;
}

const char* Refusal(const PoolAlgorithm& algorithm, const PoolCall& call) {
  return call.outputs() == 0 ? nullptr : algorithm.refuse(call);
}

double EstimatedCycles(const PoolAlgorithm& algorithm, const PoolCall& call) {
  return call.outputs() == 0 ? 0 : algorithm.estimate(call);
}

int64_t WorkspaceFloats(const PoolAlgorithm& algorithm, const PoolCall& call) {
  return algorithm.workspace == nullptr || call.outputs() == 0 ? 0 : algorithm.workspace(call);
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> PoolAlgorithms() {
  std::vector<std::string> names;
  for (const internal::PoolAlgorithm& a : internal::PoolRegistry()) names.emplace_back(a.name);
  return names;
}

}  // namespace v0
}  // namespace windrow
