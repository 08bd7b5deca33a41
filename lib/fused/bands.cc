// A pair of layers, band by band:
//
//   for each band of output rows (the parallel tasks):
//     1. the first layer computes the rows of the middle that the band sees, in scratch memory
//     2. the second layer reads them there and writes the band's rows of y
//
// Each step is a call of its own, with a plan of its layer's registry, on one thread. Rows of the
// middle that two bands see are computed twice. Where that, or too few bands for the threads, costs
// more than the middle's way through memory, a band is as many whole images as all threads can
// share: then the layers run in turn.
#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/fused/band_cut.h"
#include "lib/fused/band_plans.h"
#include "lib/fused/registry.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

struct BandsPlan {
  FusedShape shape;
  double cycles;
  BandCut cut;
  Layout layout;                      // of the middle
  int64_t middle_bytes, layer_bytes;  // of a band's middle; of a thread's scratch for a layer
  std::array<BandPlans, BandCut::kKinds> kinds;

  int64_t ScratchBytes() const {
    // Which all threads have in common, and each as much for itself.
    const int64_t middle = cut.together ? CeilDiv(middle_bytes, shape.threads) : middle_bytes;
    return SaturatedSum(RoundUp(middle, int64_t{kAlignment}), layer_bytes);
  }
  std::string Describe() const;
  void Prepare() const {
    for (int kind = 0; kind < BandCut::kKinds; ++kind) {
      if (cut.OfKind(kind).count > 0) kinds[static_cast<size_t>(kind)].Prepare();
    }
  }
  void Run(const FusedBuffers& buffers) const;

 private:
  void RunBand(int64_t index, const FusedBuffers& buffers, std::byte* scratch) const;
};

// What it takes to write a float that the L2 cache does not hold and to read it again.
constexpr double kFarFloat = 1;

// What a band takes to read the weights, if the L2 cache does not hold them until the next one.
double FarWeightsCycles(const FusedShape& shape, const ConvLayer& layer) {
  const ConvOp& op = *layer.op;
  const int64_t floats =
      SaturatedProduct({op.out_channels, op.group_in(), op.kernel.h, op.kernel.w});
  const bool far = floats > shape.pair->machine->l2 / kFloat;
  return far ? kFarFloat / 2 * static_cast<double>(floats) : 0;
}

// What a band takes besides its layers' plans: where it does not fit the L2 cache with what it
// sees, the middle leaves that.
double FarCycles(const FusedShape& shape, const Band& band, int64_t middle, int threads) {
  double cycles = FarWeightsCycles(shape, shape.pair->first);
  if (const auto* conv = std::get_if<ConvLayer>(&shape.pair->second)) {
    cycles += FarWeightsCycles(shape, *conv);
  }
  const int64_t floats = SaturatedProduct({band.images, BandFloats(shape, band.rows)});
  const bool far = floats / threads > shape.pair->machine->l2 / kFloat;
  return cycles + (far ? kFarFloat * static_cast<double>(middle) : 0);
}

// All kinds of bands, with the middle in this layout; why a layer cannot do one, or null.
const char* PlanKinds(BandsPlan& p, const BandCut& cut, Layout layout, bool reference) {
  const FusedShape& shape = p.shape;
  const int threads = cut.together ? shape.threads : 1;
  p.cut = cut;
  p.layout = layout;
  p.cycles = 0;
  p.middle_bytes = p.layer_bytes = 0;
  for (int kind = 0; kind < BandCut::kKinds; ++kind) {
    const auto [count, first] = cut.OfKind(kind);
    if (count == 0) continue;
    BandPlans& plans = p.kinds[static_cast<size_t>(kind)];
    Shape middle;
    const Band band = cut.At(first);
    const char* const reason = PlanBand(shape, band, layout, threads, reference, plans, middle);
    if (reason != nullptr) return reason;
    p.cycles += static_cast<double>(count) *
                (plans.cycles() + FarCycles(shape, band, middle.elements(), threads));
    p.middle_bytes = std::max(p.middle_bytes, middle.elements() * kFloat);
    p.layer_bytes = std::max(p.layer_bytes, plans.scratch_bytes());
  }
  p.middle_bytes = RoundUp(p.middle_bytes, int64_t{kAlignment});
  p.layer_bytes = RoundUp(p.layer_bytes, int64_t{kAlignment});
  if (!cut.together) {  // the last of the bands may leave threads idle
    const int64_t rounds = CeilDiv(cut.count(), shape.threads);
    p.cycles *= static_cast<double>(rounds * shape.threads) / static_cast<double>(cut.count());
  }
  return nullptr;
}

// In the cheaper layout; why there is none for each of the two, or nulls.
std::array<const char*, 2> PlanBands(BandsPlan& p, const BandCut& cut, bool reference) {
  std::array<const char*, 2> reasons{};
  bool found = false;
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    BandsPlan other{};
    other.shape = p.shape;
    const char* const reason = PlanKinds(other, cut, layout, reference);
    reasons[static_cast<size_t>(layout)] = reason;
    if (reason != nullptr || (found && other.cycles >= p.cycles)) continue;
    p = other;
    found = true;
  }
  if (found) reasons = {};
  return reasons;
}

BandsPlan InTurn(const FusedShape& shape, bool reference) {
  BandsPlan p{};
  p.shape = shape;
  const auto [nchw, nhwc] = PlanBands(p, CutTogether(shape), reference);
  Require(nchw == nullptr,
          "the layers' algorithms cannot run this pair, with NCHW between them: ", nchw,
          ", nor with NHWC: ", nhwc);
  return p;
}

void BandsPlan::RunBand(int64_t index, const FusedBuffers& buffers, std::byte* scratch) const {
  const Band band = cut.At(index);
  const BandView view(shape, band);
  const BandPlans& plans = kinds[static_cast<size_t>(cut.KindOf(index))];
  const auto at = [&](const Strides& s) { return band.n * s.n + band.row * s.h; };
  auto* const middle = reinterpret_cast<float*>(scratch);
  std::byte* const own = scratch + middle_bytes;
  plans.first.Run({.x = buffers.x + band.n * shape.xs.n + view.x_row * shape.xs.h,
                   .y = middle,
                   .residual = nullptr,
                   .scratch = own});
  float* const y = buffers.y + at(shape.ys);
  if (const auto* pool = std::get_if<PoolPlan>(&plans.second)) {
    return pool->Run({.x = middle, .y = y, .indices = nullptr, .scratch = own});
  }
  std::get<ConvPlan>(plans.second)
      .Run({.x = middle,
            .y = y,
            .residual = buffers.residual == nullptr ? nullptr : buffers.residual + at(shape.rs),
            .scratch = own});
}

void BandsPlan::Run(const FusedBuffers& buffers) const {
  Prepare();
  if (cut.together) {
    for (int64_t i = 0; i < cut.count(); ++i) RunBand(i, buffers, buffers.scratch);
    return;
  }
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, cut.count(),
           [&](int64_t i, int64_t slot) { RunBand(i, buffers, buffers.scratch + slot * bytes); });
}

std::string BandsPlan::Describe() const {
  // An inner band, if there is one.
  int kind = BandCut::kKinds - 1;
  while (cut.OfKind(kind).count == 0) --kind;
  const Band band = cut.At(cut.OfKind(kind).first);
  const BandPlans& plans = kinds[static_cast<size_t>(kind)];
  const std::string second =
      std::visit([](const auto& plan) { return plan.Describe(); }, plans.second);
  return StrCat(cut.count(), cut.count() == 1 ? " band" : " bands", " of ", band.images,
                band.images == 1 ? " image" : " images", " x ", band.rows,
                band.rows == 1 ? " row" : " rows", ", ", middle_bytes / 1024, " KiB of ",
                layout == Layout::kNhwc ? "nhwc" : "nchw", " between; first ", plans.first_name,
                " (", plans.first.Describe(), "), then ", plans.second_name, " (", second, ")");
}

}  // namespace

const char* ConsiderBands(const FusedShape& shape, FusedPlan& plan) {
  BandsPlan p{};
  p.shape = shape;
  const char* const reason = PlanBands(p, CutBands(shape), /*reference=*/false)[0];
  if (reason == nullptr) plan = FusedPlan(p);
  return reason;
}

const char* ConsiderInTurn(const FusedShape& shape, FusedPlan& plan) {
  plan = FusedPlan(InTurn(shape, /*reference=*/false));
  return nullptr;
}

const char* ConsiderFusedReference(const FusedShape& shape, FusedPlan& plan) {
  plan = FusedPlan(InTurn(shape, /*reference=*/true));
  return nullptr;
}

}  // namespace windrow::internal
