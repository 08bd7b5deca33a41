// Convolution of planes, of one input channel a group: what is planned.
//
//   for some planes of an image, or a band of rows of one (the parallel tasks):
//     for each stretch of columns (the left edge, the inside, the right edge):
//       for as many planes or rows as are copied at a time, if they are:
//         for each output channel of the group: for each few rows: tiles along the stretch
//
// The inside of a wide plane is read where it lies; rows of padding above and below it are a row of
// zeros, or rows of the plane once more. Edges, narrow planes and planes with a horizontal stride
// are first copied to a band of padded rows. The last vector of a row, if only a part of it exists,
// begins inside the one before, or ends in what is computed next, or is computed in a buffer.
// Kernels of 3x3 and 5x5 roll down a plane, or all planes copied, in one call; others are cut into
// tiles of a few rows. Very small planes are done by planar_flat.cc.
#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/planar_flat.h"
#include "lib/conv/planar_rows.h"
#include "lib/conv/planar_staged.h"
#include "lib/conv/planar_task.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kMinVectorsInPlace = 12;  // fewer are not worth the edges on their own
constexpr int64_t kMaxRollingRows = 128;    // that all rows of inputs are in a list of pointers

// The kernels that a variant takes instead of these are those for any kernel.
const PlanarRollingTable* Rolling(const ConvShape& c) {
  const bool square = c.h.kernel == c.w.kernel && (c.h.kernel == 3 || c.h.kernel == 5);
  if (!square || c.h.stride > 2 || c.h.dilation > 1 || c.is(PlanVariant::kTile)) return nullptr;
  return &c.op->tiles->planar.rolling[c.h.kernel / 5][c.h.stride - 1];
}

const PlanarTable& Table(const ConvShape& call) {
  const PlanarTables& tables = call.op->tiles->planar;
  return call.h.stride == 1 && call.h.dilation == 1 ? tables.shared : tables.apart;
}

// The columns that no tap takes from padding, in whole vectors.
void FindInside(PlanarPlan& p) {
  const ConvShape& c = p.shape;
  const int64_t lanes = c.op->lanes;
  if (c.w.stride != 1) return;
  const int64_t begin = RoundUp(std::max<int64_t>(c.w.before, 0), lanes);
  const int64_t end = std::min(c.w.out, c.w.in + c.w.before - Covered(c.w, 1) + 1);
  const int64_t vectors = (end - begin) / lanes;
  if (vectors < kMinVectorsInPlace) return;
  p.inside = begin;
  p.inside_end = begin + vectors * lanes;
}

// The max columns of one stretch that is copied.
int64_t CopiedColumns(const PlanarPlan& p) {
  return std::min(std::max(p.inside, p.shape.w.out - p.inside_end), kMaxCopiedColumns);
}

// So many rows that a band fits the cache and there is one for everybody.
int64_t RowsPerBand(const PlanarPlan& p, int64_t part) {
  const ConvShape& c = p.shape;
  const int64_t row = PlanarRows::BandFloats(c, 1, 2, CopiedColumns(p)) -
                      PlanarRows::BandFloats(c, 1, 1, CopiedColumns(p));
  const int64_t rows =
      std::max<int64_t>(c.op->machine->l2 / 4 / kFloat / std::max<int64_t>(row, 1), 8) / part;
  const int64_t share = CeilDiv(c.h.out, BandsForThreads(c, p.input_planes()));
  return std::min({rows, share, c.h.out});
}

// The rows of a call.
int64_t CallRows(const PlanarPlan& p) {
  const int64_t vectors = CeilDiv(p.shape.w.out, p.shape.op->lanes);
  return std::min(p.RowsOf(std::min(vectors, p.max_vecs())), p.shape.h.out);
}

// A rolling kernel reads rows again for each strip, so that they should be in the L1 cache then.
int64_t MaxRollingRows(const PlanarPlan& p) {
  const ConvShape& c = p.shape;
  if (p.inside_end == 0 && !p.stream) return kMaxRollingRows;
  constexpr int64_t kBlock = (int64_t{16} << 10) / kFloat;
  const int64_t row = c.w.out + c.w.out * c.w.stride * c.h.stride;
  return std::clamp<int64_t>(kBlock / row, 2 * kMaxPlanarRows, kMaxRollingRows);
}

// As many planes or rows are copied at a time as stay in the L1 cache: by the time that the first
// of them is computed, what was stored last is in the cache, from where loads across two stores are
// fast.
void CutCopies(PlanarPlan& p) {
  constexpr int64_t kCopied = (int64_t{16} << 10) / kFloat;
  const ConvShape& c = p.shape;
  const int64_t columns = CopiedColumns(p);
  p.copied_rows = c.h.out;
  if (columns == 0) return;
  const int64_t one = PlanarRows::BandFloats(c, 1, 1, columns);
  const int64_t all = PlanarRows::BandFloats(c, 1, c.h.out, columns);
  if (all > kCopied) {
    const int64_t row = std::max<int64_t>(PlanarRows::BandFloats(c, 1, 2, columns) - one, 1);
    const int64_t least = 4 * Covered(c.h, 1);  // those between two of them are copied twice
    p.copied_rows = std::clamp<int64_t>((kCopied - one) / row, std::min(least, c.h.out), c.h.out);
  } else if (p.bands.parts == 1 && p.inside_end == 0 && c.w.out <= kMaxCopiedColumns) {
    const int64_t plane = PlanarRows::BandFloats(c, 2, c.h.out, columns) - all;
    p.batch = std::clamp<int64_t>(std::min(kCopied / std::max<int64_t>(plane, 1),
                                           PlanarRows::kMaxRows / Covered(c.h, c.h.out)),
                                  1, p.planes);
  }
}

// Makes the best plan the variant that the shape asks for, where that is another.
void Vary(PlanarPlan& p) {
  const ConvShape& c = p.shape;
  if (c.is(PlanVariant::kStores)) {
    p.varied = !c.has_residual();
    p.stream = p.varied && !p.stream;
  } else if (c.is(PlanVariant::kTile)) {
    p.varied = CallRows(p) > 1;  // and not as many as of a rolling kernel
    if (p.varied) p.max_rows = CeilDiv(CallRows(p), 2);
  } else if (c.is(PlanVariant::kBlocks)) {
    const EvenSplit bands(c.h.out, RowsPerBand(p, 4));
    p.varied = bands.parts != p.bands.parts;
    p.bands = bands;
  }
}

// What a plane, a copied input row and a vector of outputs cost, as measured.
double Estimate(const PlanarPlan& p) {
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  const int64_t across = CeilDiv(c.w.out, op.lanes);
  const double vectors = static_cast<double>(c.h.out * across);
  const double taps = static_cast<double>(c.h.kernel * c.w.kernel);
  const double inputs = static_cast<double>(c.n * op.in_channels);
  const double outputs = static_cast<double>(c.n * op.out_channels);
  const bool in_vectors = c.op->mode == PaddingMode::kZeros && c.w.stride <= 2;
  const double row = c.w.stride == 1 && in_vectors ? 1
                     : in_vectors ? 2 * static_cast<double>(CeilDiv(c.w.in, op.lanes))
                                  : static_cast<double>(c.w.in);
  const auto rows = static_cast<double>(c.h.in);
  if (p.rolling != nullptr) {
    // One vector across has to load each weight of a large kernel for itself.
    const double tap = c.h.kernel == 3 ? 0.8 : across == 1 ? 1.1 : 0.9;
    return inputs * (10 + (3 + row) * rows) + outputs * vectors * (taps * tap + 0.3 * op.lanes);
  }
  const double tap = p.tiles == &op.tiles->planar.apart ? 1.2 : 1;
  return inputs * (80 + (2 + row) * rows) + outputs * vectors * (taps * tap + 0.75 * op.lanes - 1);
}

PlanarPlan MakePlan(const ConvShape& call) {
  const PlanarTable& tiles = Table(call);
  PlanarPlan p{
      .shape = call,
      .cycles = 0,
      .varied = false,
      .tiles = &tiles,
      .rolling = Rolling(call),
      .max_rows = &tiles == &call.op->tiles->planar.shared ? call.h.kernel : kMaxPlanarRows,
      .inside = 0,
      .inside_end = 0,
      .zeros = 0,
      .band = 0,
      .out = 0,
      .bands = EvenSplit(1, 1),
      .planes = 1,
      .batch = 1,
      .copied_rows = 1,
      .stream = StoresPastCaches(call)};
  FindInside(p);
  p.bands = EvenSplit(call.h.out, RowsPerBand(p, 1));
  if (p.rolling != nullptr) p.max_rows = MaxRollingRows(p);
  Vary(p);
  if (p.bands.parts == 1 && p.input_planes() > 0) {
    const int64_t plane = std::max<int64_t>(call.multiply_adds() / p.input_planes(), 1);
    const int64_t share = p.input_planes() / call.threads / 8;
    p.planes =
        std::clamp<int64_t>(std::max(kMinParallelWork / 2 / plane, share), 1, p.input_planes());
  }
  CutCopies(p);
  if (CopiedColumns(p) > 0) {
    const int64_t rows = std::min(CeilDiv(call.h.out, p.bands.parts), p.copied_rows);
    p.band = PlanarRows::BandFloats(call, p.batch, rows, CopiedColumns(p));
  }
  if (p.inside_end > p.inside && call.h.padded() && call.op->mode == PaddingMode::kZeros) {
    p.zeros =
        RoundUp(std::min(p.inside_end - p.inside, kMaxColumnsInPlace) + Covered(call.w, 1), 16);
  }
  if (p.stream) {
    const int64_t columns =
        std::max(std::min(p.inside_end - p.inside, kMaxStreamedColumns), CopiedColumns(p));
    const int64_t rows = p.rolling != nullptr ? p.max_rows : kMaxPlanarRows;
    p.out = rows * RoundUp(columns, std::max<int64_t>(call.op->lanes, 16));
  }
  p.cycles = Estimate(p);
  return p;
}

const char* Refuse(const ConvShape& call) {
  if (call.op->group_in() != 1) return "groups have more than one input channel";
  if (call.op->tiles->planar.shared.max_vecs == 0) {
    return "this target has no planar kernel for portable numerics";
  }
  if (call.h.kernel > kMaxPlanarKernel || call.w.kernel > kMaxPlanarKernel ||
      Covered(call.h, 1) > kMaxPlanarCovered || Covered(call.w, 1) > kMaxPlanarCovered) {
    return "the kernel is too large";
  }
  if (call.h.stride > kMaxPlanarStride || call.w.stride > kMaxPlanarStride) {
    return "the stride is too large";
  }
  return call.op->lanes > kMaxPlanarLanes ? "vectors are too long" : nullptr;
}

}  // namespace

std::string PlanarPlan::Describe() const {
  const int lanes = shape.op->lanes;
  const int64_t vecs = std::min<int64_t>(CeilDiv(shape.w.out, lanes), max_vecs());
  return StrCat(CallRows(*this), " rows x ", vecs, " vectors of ", lanes,
                lanes == 1 ? " pixel" : " pixels",
                inside_end == 0 ? ", x copied to padded rows" : "");
}

const char* ConsiderPlanar(const ConvShape& shape, ConvPlan& plan) {
  if (shape.must_skip_padding()) return kMultipliesPadding;
  if (const char* reason = Refuse(shape)) return reason;
  if (!IsRun(shape.xs, shape.w.in) ||
      !shape.OfOutputs([&](const Strides& s) { return IsRun(s, shape.w.out); })) {
    if (!shape.is(PlanVariant::kBest)) return kNoVariant;
    const auto staged = PlanPlanarStaged(shape);
    if (!staged) {
      return "the pixels of a row are not contiguous, and too many of them, or of their padding, "
             "to copy";
    }
    plan = ConvPlan(*staged);
    return nullptr;
  }
  const auto flat = PlanFlat(shape);
  const bool best = shape.is(PlanVariant::kBest), other = shape.is(PlanVariant::kSource);
  if (flat && !other) {
    if (!best) return kNoVariant;
    plan = ConvPlan(*flat);
    return nullptr;
  }
  const PlanarPlan rows = MakePlan(shape);
  if (!best && !rows.varied && !(flat && other)) return kNoVariant;
  plan = ConvPlan(rows);
  return nullptr;
}

}  // namespace windrow::internal
