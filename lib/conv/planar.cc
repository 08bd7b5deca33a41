// Convolution of planes, of one input channel a group.
//
//   for each image, group and band of output rows (the parallel tasks):
//     for each stretch of columns (the left edge, the inside, the right edge):
//       for each output channel of the group: for each few rows: tiles along the stretch
//
// The inside of a wide plane is read where it lies; rows of padding above and below it are a row of
// zeros, or rows of the plane once more. Edges, narrow planes and planes with a horizontal stride
// are first copied to a band of padded rows. The last vector of a row, if only a part of it exists,
// is computed in a buffer. Very small planes are done by planar_flat.cc.
#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/planar_flat.h"
#include "lib/conv/planar_rows.h"
#include "lib/conv/planar_staged.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kMaxLanes = 64;              // of any target this runs on
constexpr int64_t kMaxCopiedColumns = 512;     // a multiple of any number of lanes
constexpr int64_t kMaxColumnsInPlace = 16384;  // another one; a row of zeros is as long
constexpr int64_t kMaxStreamed = 1024;         // and another
constexpr int64_t kMinVectorsInPlace = 12;     // fewer are not worth the edges on their own

struct PlanarPlan {
  ConvShape shape;
  double cycles;
  bool varied;  // the shape's variant differs from the best plan
  const PlanarTable* tiles;
  int64_t max_rows;            // of a tile, besides the table's limit
  int64_t inside, inside_end;  // output columns whose inputs are read in place
  int64_t zeros, band, out;    // floats of scratch
  EvenSplit bands;             // of a plane's output rows
  int64_t planes;              // of a task, if it has whole planes
  bool stream;                 // y past the caches, from a block of rows

  int64_t ScratchBytes() const { return (zeros + band + out) * kFloat; }
  std::string Describe() const;
  void Run(const ConvBuffers& buffers) const;
  int64_t input_planes() const { return shape.n * shape.op->in_channels; }
  int64_t tasks() const { return CeilDiv(input_planes(), planes) * bands.parts; }
};

const PlanarTable& Table(const ConvShape& call) {
  const PlanarTables& tables = call.op->tiles->planar;
  const bool shared = call.h.stride == 1 && call.h.dilation == 1;
  if (!shared) return tables.apart;
  const bool is_3x3 = call.h.kernel == 3 && call.w.kernel == 3;
  return is_3x3 && call.w.stride == 1 && call.w.dilation == 1 ? tables.shared_3x3 : tables.shared;
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
  const int64_t row = PlanarRows::BandFloats(c, 2, CopiedColumns(p)) -
                      PlanarRows::BandFloats(c, 1, CopiedColumns(p));
  const int64_t rows =
      std::max<int64_t>(c.op->machine->l2 / 4 / kFloat / std::max<int64_t>(row, 1), 8) / part;
  const int64_t share = CeilDiv(c.h.out, BandsForThreads(c, p.input_planes()));
  return std::min({rows, share, c.h.out});
}

// The columns of a stretch in place: not more than fit the L1 cache in a block of rows.
int64_t ColumnsInPlace(const PlanarPlan& p) { return p.stream ? kMaxStreamed : kMaxColumnsInPlace; }

// The rows of a tile.
int64_t TileRows(const PlanarPlan& p) {
  const int64_t vecs =
      std::min<int64_t>(CeilDiv(p.shape.w.out, p.shape.op->lanes), p.tiles->max_vecs);
  return std::min<int64_t>(p.tiles->max_rows[vecs], p.max_rows);
}

// Makes the best plan the variant that the shape asks for, where that is another.
void Vary(PlanarPlan& p) {
  const ConvShape& c = p.shape;
  if (c.is(PlanVariant::kStores)) {
    p.varied = !c.has_residual();
    p.stream = p.varied && !p.stream;
  } else if (c.is(PlanVariant::kTile)) {
    p.varied = TileRows(p) > 1;
    if (p.varied) p.max_rows = CeilDiv(TileRows(p), 2);
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
  const double vectors = static_cast<double>(c.h.out * CeilDiv(c.w.out, op.lanes));
  const double taps = static_cast<double>(c.h.kernel * c.w.kernel);
  const double tap = p.tiles == &op.tiles->planar.apart    ? 1.2
                     : p.tiles == &op.tiles->planar.shared ? 1
                                                           : 0.8;
  const double inputs = static_cast<double>(c.n * op.in_channels);
  const double outputs = static_cast<double>(c.n * op.out_channels);
  const bool in_vectors = c.op->mode == PaddingMode::kZeros && c.w.stride <= 2;
  const double row = c.w.stride == 1 && in_vectors ? 1
                     : in_vectors ? 2 * static_cast<double>(CeilDiv(c.w.in, op.lanes))
                                  : static_cast<double>(c.w.in);
  return inputs * (80.0 + (2.0 + row) * static_cast<double>(c.h.in)) +
         outputs * vectors * (taps * tap + 0.75 * op.lanes - 1);
}

PlanarPlan MakePlan(const ConvShape& call) {
  const PlanarTable& tiles = Table(call);
  PlanarPlan p{
      .shape = call,
      .cycles = 0,
      .varied = false,
      .tiles = &tiles,
      .max_rows = &tiles == &call.op->tiles->planar.shared ? call.h.kernel : kMaxPlanarRows,
      .inside = 0,
      .inside_end = 0,
      .zeros = 0,
      .band = 0,
      .out = 0,
      .bands = EvenSplit(1, 1),
      .planes = 1,
      .stream = !call.has_residual() && AreFarOutputs(call)};
  FindInside(p);
  p.bands = EvenSplit(call.h.out, RowsPerBand(p, 1));
  Vary(p);
  if (CopiedColumns(p) > 0) {
    p.band = PlanarRows::BandFloats(call, CeilDiv(call.h.out, p.bands.parts), CopiedColumns(p));
  }
  if (p.inside_end > p.inside && call.h.padded() && call.op->mode == PaddingMode::kZeros) {
    p.zeros =
        RoundUp(std::min(p.inside_end - p.inside, kMaxColumnsInPlace) + Covered(call.w, 1), 16);
  }
  if (p.stream) {
    const int64_t columns =
        std::max(std::min(p.inside_end - p.inside, kMaxStreamed), CopiedColumns(p));
    p.out = kMaxPlanarRows * RoundUp(columns, std::max<int64_t>(call.op->lanes, 16));
  }
  if (p.bands.parts == 1 && p.input_planes() > 0) {
    const int64_t plane = std::max<int64_t>(call.multiply_adds() / p.input_planes(), 1);
    p.planes = std::clamp<int64_t>(kMinParallelWork / 2 / plane, 1, p.input_planes());
  }
  p.cycles = Estimate(p);
  return p;
}

// Some rows of an input plane and all outputs that come from it, plane by plane.
class PlaneTask {
 public:
  PlaneTask(const PlanarPlan& plan, const ConvBuffers& buffers, int64_t band, float* scratch)
      : plan_(plan),
        call_(plan.shape),
        buffers_(buffers),
        op_(*call_.op),
        row_(plan.bands.Begin(band)),
        row_end_(plan.bands.Begin(band + 1)),
        out_(plan.stream ? scratch + plan.zeros + plan.band : nullptr),
        inputs_(call_, scratch, scratch + plan.zeros) {
    args_.row_stride = call_.h.stride;
    args_.row_dilation = call_.h.dilation;
    args_.kernel_h = call_.h.kernel;
    args_.kernel_w = call_.w.kernel;
    op_.SetClamp(args_);
  }

  // The planes [first, end).
  void Run(int64_t first, int64_t end) {
    for (int64_t plane = first; plane < end; ++plane) Run(plane, plane + 1 == end);
  }

 private:
  void Run(int64_t plane, bool last) {
    last_ = last || (plane + 1) % op_.in_channels == 0;
    n_ = plane / op_.in_channels;
    channel_ = plane % op_.in_channels;
    x_ = buffers_.x + n_ * call_.xs.n + channel_ * call_.xs.c;
    RunCopied(0, plan_.inside);
    const int64_t columns = ColumnsInPlace(plan_);
    for (int64_t column = plan_.inside; column < plan_.inside_end; column += columns) {
      const int64_t end = std::min(column + columns, plan_.inside_end);
      const PlanarArea area{row_, row_end_, column, end};
      inputs_.UseInPlace(x_, area);
      RunStretch(area);
    }
    RunCopied(plan_.inside_end, call_.w.out);
  }

  void RunCopied(int64_t column, int64_t end) {
    for (; column < end; column += kMaxCopiedColumns) {
      const PlanarArea area{row_, row_end_, column, std::min(column + kMaxCopiedColumns, end)};
      inputs_.Copy(x_, area);
      RunStretch(area);
    }
  }

  // How an area is cut; planes have it in common, and divisions are slow.
  struct Cut {
    PlanarArea area{};
    EvenSplit tiles{1, 1}, blocks{1, 1};  // vectors of a row; rows
    int64_t whole = 0;                    // tiles; the last one may be partial
    int64_t past = 0;                     // lanes of that past the end of the row
  };

  void CutArea(const PlanarArea& area) {
    const int64_t columns = area.column_end - area.column;
    cut_.area = area;
    cut_.tiles = EvenSplit(CeilDiv(columns, op_.lanes), plan_.tiles->max_vecs);
    const auto vecs = static_cast<size_t>(cut_.tiles.Begin(1));
    cut_.blocks = EvenSplit(area.row_end - area.row,
                            std::min<int64_t>(plan_.tiles->max_rows[vecs], plan_.max_rows));
    cut_.past = cut_.tiles.total * op_.lanes - columns;
    cut_.whole = cut_.past == 0 ? cut_.tiles.parts : cut_.tiles.parts - 1;
  }

  void RunStretch(const PlanarArea& area) {
    if (area != cut_.area) CutArea(area);
    const int64_t taps = call_.h.kernel * call_.w.kernel;
    for (int64_t m = 0; m < op_.group_out(); ++m) {
      const int64_t out_channel = channel_ * op_.group_out() + m;
      const bool last = last_ && m + 1 == op_.group_out();
      args_.weights = call_.weights->oihw() + out_channel * taps;
      args_.bias = call_.weights->bias() + out_channel;
      for (int64_t i = 0; i < cut_.blocks.parts; ++i) {
        const int64_t row = row_ + cut_.blocks.Begin(i);
        const int64_t rows = row_ + cut_.blocks.Begin(i + 1) - row;
        inputs_.Find(row, rows, args_);
        const auto at = [&](const Strides& s) {
          return n_ * s.n + out_channel * s.c + row * s.h + area.column * s.w;
        };
        float* const y = buffers_.y + at(call_.ys);
        if (out_ != nullptr) {
          const int64_t columns = area.column_end - area.column, pitch = columns + cut_.past;
          RunRows(rows, true, out_, pitch, nullptr);
          op_.tiles->stream_rows(out_, pitch, rows, columns, y, call_.ys.h);
        } else {
          RunRows(rows, MaySpill(row + rows, last), y, call_.ys.h,
                  buffers_.residual == nullptr ? nullptr : buffers_.residual + at(call_.rs));
        }
      }
    }
  }

  // Whether the lanes past the end of a row may be stored, too: to this task's next rows, or its
  // next plane, whose own outputs come after them.
  bool MaySpill(int64_t row_end, bool last) const {
    const int64_t width = call_.w.out, plane = call_.h.out * width;
    if (cut_.area.column != 0 || cut_.area.column_end != width || call_.ys.h != width) return false;
    if (buffers_.residual != nullptr) return false;
    int64_t room = (row_end_ - row_end) * width;
    if (!last && plan_.bands.parts == 1 && call_.ys.c == plane) room += plane;
    return cut_.past <= room;
  }

  // The last tile if it is partial, then tiles of one width at a time, the wider ones first.
  void RunRows(int64_t rows, bool spills, float* y, ptrdiff_t y_row, const float* residual) {
    const EvenSplit& tiles = cut_.tiles;
    const auto run = [&](int64_t i, int64_t end) {
      const int64_t vec = tiles.Begin(i), vecs = tiles.Begin(i + 1) - vec;
      args_.column = vec * op_.lanes;
      args_.tiles = end - i;
      args_.y = y + vec * op_.lanes;
      args_.y_row = y_row;
      args_.residual = residual == nullptr ? nullptr : residual + vec * op_.lanes;
      args_.residual_row = call_.rs.h;
      plan_.tiles->tile[vecs][rows](args_);
    };
    if (cut_.whole < tiles.parts) {
      spills ? run(cut_.whole, tiles.parts) : RunPartial(rows, y, residual);
    }
    const int64_t wider = tiles.larger == 0 ? cut_.whole : std::min(tiles.larger, cut_.whole);
    if (wider > 0) run(0, wider);
    if (wider < cut_.whole) run(wider, cut_.whole);
  }

  void RunPartial(int64_t rows, float* y, const float* residual) {
    alignas(kAlignment) float buffer[kMaxPlanarRows * kMaxPlanarVecs * kMaxLanes];
    const int64_t vec = cut_.tiles.Begin(cut_.whole), vecs = cut_.tiles.total - vec;
    const int64_t first = vec * op_.lanes, pitch = vecs * op_.lanes, count = pitch - cut_.past;
    if (residual != nullptr) {
      for (int64_t r = 0; r < rows; ++r) {
        std::copy_n(residual + r * call_.rs.h + first, count, buffer + r * pitch);
        std::fill_n(buffer + r * pitch + count, cut_.past, 0.0f);
      }
    }
    args_.column = first;
    args_.tiles = 1;
    args_.y = buffer;
    args_.y_row = pitch;
    args_.residual = residual == nullptr ? nullptr : buffer;
    args_.residual_row = pitch;
    plan_.tiles->tile[vecs][rows](args_);
    op_.tiles->copy_rows(buffer, pitch, rows, count, y + first, call_.ys.h);
  }

  const PlanarPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  const int64_t row_, row_end_;
  float* const out_;
  int64_t n_ = 0, channel_ = 0;
  bool last_ = false;         // of the task's planes, or of the image's
  const float* x_ = nullptr;  // of the channel
  PlanarRows inputs_;
  Cut cut_;
  PlanarArgs args_{};
};

void PlanarPlan::Run(const ConvBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, tasks(), [&](int64_t task, int64_t slot) {
    float* const scratch = buffers.Scratch(slot, bytes);
    std::fill_n(scratch, zeros, 0.0f);
    const int64_t band_of_rows = task % bands.parts, first = task / bands.parts * planes;
    const int64_t end = std::min(first + planes, input_planes());
    PlaneTask(*this, buffers, band_of_rows, scratch).Run(first, end);
  });
}

std::string PlanarPlan::Describe() const {
  const int lanes = shape.op->lanes;
  const int64_t vecs = std::min<int64_t>(CeilDiv(shape.w.out, lanes), tiles->max_vecs);
  return StrCat(TileRows(*this), " rows x ", vecs, " vectors of ", lanes,
                lanes == 1 ? " pixel" : " pixels",
                inside_end == 0 ? ", x copied to padded rows" : "");
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
  return call.op->lanes > kMaxLanes ? "vectors are too long" : nullptr;
}

}  // namespace

const char* ConsiderPlanar(const ConvShape& shape, ConvPlan& plan) {
  if (shape.must_skip_padding()) return kMultipliesPadding;
  if (const char* reason = Refuse(shape)) return reason;
  const auto row = [](const Strides& s, int64_t columns) { return s.w == 1 || columns == 1; };
  if (!row(shape.xs, shape.w.in) ||
      !shape.OfOutputs([&](const Strides& s) { return row(s, shape.w.out); })) {
    if (!shape.is(PlanVariant::kBest)) return kNoVariant;
    const auto staged = PlanPlanarStaged(shape);
    if (!staged) return "the pixels of a row are not contiguous, and copies of them too large";
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
