#include "lib/pool/registry.h"

#include <string>

#include "lib/base/cache.h"
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
     RunWindow, WindowScratch},
    {"rolling", "pixels, windows 3 rows high, row results of the rows above kept in cache",
     RefuseRolling, EstimateRolling, RunRolling, RollingScratch},
    {"global", "one window an image, read in the order of memory, lanes over channels",
     RefuseGlobal, EstimateGlobal, RunGlobal, GlobalScratch},
    {"separable", "pixels, row results shared, lanes over channels", RefuseSeparable,
     EstimateSeparable, RunSeparable, SeparableScratch},
    {"strips", "rows of planes or of pixels, windows 2 or 3 rows high, rows kept in registers",
     RefuseStrips, EstimateStrips, RunStrips, StripsScratch},
    {"rows", "rows of planes or of pixels, each prepared and reduced once", RefuseRows,
     EstimateRows, RunRows, RowsScratch},
    {"running", "windows a pixel apart, across and then down, lanes over channels", RefuseRunning,
     EstimateRunning, RunRunning, RunningScratch},
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

namespace {

PoolCall OnOneThread(PoolCall call) {
  call.threads = 1;
  return call;
}

int64_t ScratchFloats(const PoolAlgorithm& algorithm, const PoolCall& call) {
  return algorithm.scratch == nullptr ? 0 : algorithm.scratch(OnOneThread(call));
}

}  // namespace

const char* Refusal(const PoolAlgorithm& algorithm, const PoolCall& call) {
  if (call.outputs() == 0) return nullptr;
  const char* const reason = algorithm.refuse(OnOneThread(call));
  if (reason != nullptr) return reason;
  const int64_t most = Caches().l2 / static_cast<int64_t>(sizeof(float));
  return ScratchFloats(algorithm, call) > most ? "its scratch memory does not fit the L2 cache"
                                               : nullptr;
}

double EstimatedCycles(const PoolAlgorithm& algorithm, const PoolCall& call) {
  return call.outputs() == 0 ? 0 : algorithm.estimate(OnOneThread(call));
}

int64_t WorkspaceFloats(const PoolAlgorithm& algorithm, const PoolCall& call) {
  if (call.outputs() == 0) return 0;
  return SaturatedProduct({ScratchFloats(algorithm, call), call.threads});
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
