#include "lib/conv/epilogue.h"

#include <algorithm>
#include <string>

#include "lib/base/aligned.h"
#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/block_cut.h"
#include "lib/conv/cost.h"
#include "lib/conv/epilogue_pass.h"
#include "lib/conv/row_band.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// A band: a block of one image, or a few whole images.
struct BandCut {
  BlockCut block;
  int64_t images;  // 0: no bands, all at once

  bool all_at_once() const { return images == 0; }
  int64_t count(const ConvShape& c) const {
    return CeilDiv(c.n, images) * block.down(c) * block.across(c);
  }
};

struct EpiloguePlan {
  ConvShape shape;
  double cycles;
  ConsiderConv consider;
  BandCut bands;
  int64_t inner_bytes, staged_bytes;       // of a thread's scratch memory
  Plan<ConvBuffers, kMaxInnerPlan> inner;  // of the whole call or the band in the middle

  // Whether y's memory is needed as it is until the pass.
  bool staged() const { return shape.op->has_scale() && shape.residual == ResidualPlace::kInY; }
  // What the strategy does, and a band of that or of the call.
  ConvShape Inner() const;
  BlockCall BandAt(const ConvShape& of, int64_t index) const;

  int64_t ScratchBytes() const { return SaturatedSum(inner_bytes, staged_bytes); }
  std::string Describe() const;
  void Prepare() const { inner.Prepare(); }
  void Run(const ConvBuffers& buffers) const;
  void RunBand(const ConvShape& whole, const ConvBuffers& buffers, int64_t index,
               std::byte* own) const;
  void RunAtOnce(const ConvBuffers& buffers) const;
};

// Dense, in the order of the call's y.
Strides StagedStrides(const ConvShape& call, const ConvShape& band) {
  const int64_t channels = call.op->out_channels, rows = band.h.out, columns = band.w.out;
  const int64_t image = SaturatedProduct({channels, rows, columns});
  if (call.ys.c == 1) return {image, 1, SaturatedProduct({columns, channels}), channels};
  return {image, SaturatedProduct({rows, columns}), columns, 1};
}

ConvShape EpiloguePlan::Inner() const {
  ConvShape rest = shape;
  rest.op = shape.op->without_pass.get();
  if (!shape.op->has_scale()) return rest;
  rest.residual = ResidualPlace::kNone;
  rest.rs = {};
  if (staged()) rest.ys = StagedStrides(shape, shape);
  return rest;
}

BlockCall EpiloguePlan::BandAt(const ConvShape& of, int64_t index) const {
  const Block block = BlockAt(of, bands.block, index * bands.images);
  return BlockCall(of, block, std::min(bands.images, of.n - block.n));
}

bool SamePlan(const ConvShape& a, const ConvShape& b) {
  const auto same = [](const Axis& l, const Axis& r) {
    return l.in == r.in && l.out == r.out && l.before == r.before;
  };
  return a.n == b.n && same(a.h, b.h) && same(a.w, b.w);
}

// The strategy takes the whole call, and so each part of it; not each of its variants.
ConvPlan PlanOf(ConsiderConv consider, ConvShape shape) {
  ConvPlan plan;
  if (consider(shape, plan) == nullptr) return plan;
  shape.variant = PlanVariant::kBest;
  const char* const reason = consider(shape, plan);
  Require(reason == nullptr, "a band of this cannot run: ", reason);
  return plan;
}

// So that a band's outputs fit a part of the cache beside its inputs and the weights.
BandCut CutBands(const EpiloguePlan& p) {
  constexpr int64_t kBandsPerThread = 2;
  const ConvShape& c = p.shape;
  const int64_t share = c.op->machine->l2 / 4;
  const int64_t pixel = c.op->out_channels * kFloat, row = SaturatedProduct({c.w.out, pixel});
  const int64_t image = SaturatedProduct({c.h.out, row});
  int64_t max = share;
  if (c.threads > 1) {
    const int64_t all = SaturatedProduct({c.n, image});
    max = std::min(share, CeilDiv(all, kBandsPerThread * c.threads));
  }
  BandCut cut{{c.h.out, c.w.out}, 1};
  if (image <= max) {
    cut.images = EvenSplit(c.n, std::max<int64_t>(max / image, 1)).Begin(1);
  } else if (row <= max) {
    cut.block.rows = CeilDiv(c.h.out, CeilDiv(c.h.out, max / row));
  } else {
    cut.block.rows = 1;
    if (p.staged()) cut.block.columns = std::clamp<int64_t>(share / pixel, 1, c.w.out);
  }
  return cut;
}

// The plan in the middle, the scratch memory of all, and their cycles, which are returned.
double PlanBands(EpiloguePlan& p) {
  const ConvShape whole = p.Inner();
  const int64_t each = p.bands.block.down(whole) * p.bands.block.across(whole);
  ConvShape last{};
  double cycles = 0, last_cycles = 0;
  const auto plan = [&](int64_t index) {
    BlockCall band = p.BandAt(whole, index);
    if (p.staged()) {
      band.shape.ys = StagedStrides(p.shape, band.shape);
      p.staged_bytes = std::max(
          p.staged_bytes,
          RoundUp(SaturatedProduct({OutputFloats(band.shape), kFloat}), int64_t{kAlignment}));
    }
    if (last.op == nullptr || !SamePlan(band.shape, last)) {
      last = band.shape;
      const ConvPlan of_band = PlanOf(p.consider, last);
      if (index <= each / 2) p.inner = decltype(p.inner)::Inner(of_band);
      p.inner_bytes =
          std::max(p.inner_bytes, RoundUp(of_band.scratch_bytes(), int64_t{kAlignment}));
      last_cycles = of_band.cycles();
    }
    return last_cycles;
  };
  for (int64_t i = 0; i < each; ++i) cycles += plan(i);
  plan(p.bands.count(whole) - 1);  // perhaps fewer images
  return cycles * static_cast<double>(CeilDiv(whole.n, p.bands.images));
}

// What bands save: outputs need not go to memory past the L2 cache and back.
double SavedCycles(const ConvShape& c) {
  const int64_t bytes = SaturatedProduct({OutputFloats(c), kFloat});
  return c.op->machine->past_l2_byte *
         static_cast<double>(std::max<int64_t>(bytes - c.op->machine->l2 / 2, 0));
}

// What each band fetches anew: the weights that do not stay in cache.
double FetchedCycles(const EpiloguePlan& p) {
  const ConvShape& c = p.shape;
  const int64_t weights =
      SaturatedProduct({c.op->out_channels, c.op->group_in(), c.h.kernel, c.w.kernel, kFloat});
  if (weights <= c.op->machine->l2 / 2) return 0;
  return c.op->machine->past_l2_byte * static_cast<double>(weights) *
         static_cast<double>(p.bands.count(c) - 1);
}

void EpiloguePlan::RunBand(const ConvShape& whole, const ConvBuffers& buffers, int64_t index,
                           std::byte* own) const {
  BlockCall band = BandAt(whole, index);
  const BlockCall outputs = BandAt(shape, index);  // in y, wherever the band is computed
  ConvBuffers in_band = band.In(buffers, own);
  float* const y = buffers.y + outputs.y;
  PassCall pass{.images = band.shape.n,
                .rows = band.shape.h.out,
                .columns = band.shape.w.out,
                .from = y,
                .fs = shape.ys,
                .y = y,
                .ys = shape.ys,
                .residual = nullptr,
                .rs = shape.rs};
  if (shape.op->has_scale() && shape.has_residual()) {
    pass.residual = buffers.residual + outputs.residual;
  }
  if (staged()) {
    in_band.y = reinterpret_cast<float*>(own + inner_bytes);
    band.shape.ys = StagedStrides(shape, band.shape);
    pass.from = in_band.y;
    pass.fs = band.shape.ys;
  }
  if (!band.shape.has_residual()) in_band.residual = nullptr;
  const int64_t middle = bands.block.down(whole) * bands.block.across(whole) / 2;
  if (SamePlan(band.shape, BandAt(whole, bands.images > 1 ? 0 : middle).shape)) {
    inner.Run(in_band);
  } else {
    PlanOf(consider, band.shape).Run(in_band);
  }
  RunPass(*shape.op, pass);
}

void EpiloguePlan::RunAtOnce(const ConvBuffers& buffers) const {
  ConvBuffers without = buffers;
  if (!Inner().has_residual()) without.residual = nullptr;
  inner.Run(without);
  constexpr int64_t kPartsPerThread = 4;
  const int64_t parts = shape.threads == 1 ? 1 : CeilDiv(kPartsPerThread * shape.threads, shape.n);
  const EvenSplit rows(shape.h.out, CeilDiv(shape.h.out, parts));
  RunTasks(shape.threads, shape.n * rows.parts, [&](int64_t i, int64_t) {
    const int64_t n = i / rows.parts, row = rows.Begin(i % rows.parts);
    const auto at = [&](const Strides& s) { return n * s.n + row * s.h; };
    float* const y = buffers.y + at(shape.ys);
    const bool has_residual = shape.op->has_scale() && shape.has_residual();
    RunPass(*shape.op, {.images = 1,
                        .rows = rows.Begin(i % rows.parts + 1) - row,
                        .columns = shape.w.out,
                        .from = y,
                        .fs = shape.ys,
                        .y = y,
                        .ys = shape.ys,
                        .residual = has_residual ? buffers.residual + at(shape.rs) : nullptr,
                        .rs = shape.rs});
  });
}

void EpiloguePlan::Run(const ConvBuffers& buffers) const {
  if (bands.all_at_once()) return RunAtOnce(buffers);
  Prepare();  // not in the midst of the tasks, where a lack of memory would leave y written in part
  const ConvShape whole = Inner();
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, bands.count(whole), [&](int64_t i, int64_t slot) {
    RunBand(whole, buffers, i, buffers.scratch + slot * bytes);
  });
}

std::string EpiloguePlan::Describe() const {
  const bool scale = shape.op->has_scale();
  const bool activation = shape.op->epilogue.activation != Activation::kIdentity;
  return StrCat(inner.Describe(), ", then ", scale ? "scale" : "",
                scale && activation ? " and " : "", activation ? "activation" : "",
                bands.all_at_once() ? "" : StrCat(" on ", bands.count(shape), " bands"));
}

// Of a few vectors' formulas in turn, as measured.
double PassCycles(const ConvShape& c) {
  constexpr double kVector = 12;
  return kVector * static_cast<double>(OutputFloats(c) / c.op->lanes);
}

}  // namespace

const char* ConsiderEpilogue(ConsiderConv consider, const ConvShape& shape, ConvPlan& plan) {
  EpiloguePlan p{};
  p.shape = shape;
  p.consider = consider;
  ConvPlan at_once;
  if (const char* const reason = consider(p.Inner(), at_once)) return reason;
  p.cycles = at_once.cycles() + PassCycles(shape);
  const double saved = SavedCycles(shape);
  if (shape.n > 0 && (p.staged() || saved > 0)) {  // a batch of 0 is never run
    p.bands = CutBands(p);
    const double more = PlanBands(p) + FetchedCycles(p) - at_once.cycles();
    if (p.staged() || more < saved) {
      plan = ConvPlan(p);
      return nullptr;
    }
  }
  p.bands = {{shape.h.out, shape.w.out}, 0};
  p.inner = decltype(p.inner)::Inner(at_once);
  p.inner_bytes = at_once.scratch_bytes();
  plan = ConvPlan(p);
  return nullptr;
}

}  // namespace windrow::internal
