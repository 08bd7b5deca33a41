// The gradient of a pooling, output row by output row. For each tile of rows and columns of dx of
// a plane, or of a chunk of channels (the parallel tasks), and each output row that reaches it:
//
//   1. what its outputs add is put into scratch memory (backward_terms.h): of maxima each dy at its
//      index, in as many rows as a window has; of averages one row, the same for all of these
//   2. these rows are added to those of dx
//
// That is the order of the gradient, since an element has one sum a row of outputs. It costs about
// as much for any windows: an output of a maximum is looked at once, and a row of sums shared by
// all rows of a window.
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/backward_rows_plan.h"
#include "lib/pool/backward_terms.h"
#include "lib/pool/blocks.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {
namespace {

// A tile, of one plane or chunk of channels after the other.
template <class Terms>
class TileRows {
 public:
  TileRows(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
           const GradientTile& tile, float* scratch)
      : shape_(plan.shape),
        buffers_(buffers),
        tile_(tile),
        terms_(plan, buffers, tile, scratch),
        partial_(scratch + plan.at.partial),
        first_output_(reinterpret_cast<int32_t*>(scratch + plan.at.first_output)),
        last_output_(reinterpret_cast<int32_t*>(scratch + plan.at.last_output)) {
    for (int64_t i = tile.rows.begin; i < tile.rows.end; ++i) {
      const WindowAxis::Outputs of = shape_.h.OutputsOf(i);
      const int64_t steps = (of.end - 1 - of.begin) / of.step;
      first_output_[i - tile.rows.begin] = static_cast<int32_t>(of.begin < of.end ? of.begin : -1);
      last_output_[i - tile.rows.begin] = static_cast<int32_t>(of.begin + steps * of.step);
    }
  }

  void Run(const ImageChannels& channels) {
    channels_ = channels;
    if constexpr (!Terms::kSameForAllRows) {
      if (shape_.MayHaveEmptyWindow()) terms_.CheckAll(channels);
    }
    for (int64_t i = tile_.rows.begin; i < tile_.rows.end; ++i) {
      if (first_output_[i - tile_.rows.begin] < 0) ClearRow(i);
    }
    const WindowAxis::Range outputs = shape_.h.OutputsReaching(tile_.rows.begin, tile_.rows.end);
    for (int64_t oh = outputs.begin; oh < outputs.end; ++oh) RunRow(oh);
  }

 private:
  // A row that no window has.
  void ClearRow(int64_t row) const {
    float* const to = buffers_.dx + channels_.At(shape_.xs, row, tile_.columns.begin);
    for (int64_t p = 0; p < tile_.width(); ++p) {
      std::fill_n(to + p * shape_.xs.w, channels_.count, 0.0f);
    }
  }

  void RunRow(int64_t oh) const {
    const Window window = shape_.h.At(oh);
    const int64_t step = shape_.h.dilation;
    // The taps that are rows of the tile.
    const int64_t begin = CeilDiv(std::max<int64_t>(tile_.rows.begin - window.begin, 0), step);
    const int64_t end = std::min(window.taps, CeilDiv(tile_.rows.end - window.begin, step));
    if (begin >= end) return;
    const WindowAxis::Range rows{window.begin + begin * step, window.begin + (end - 1) * step + 1};
    terms_.Put(channels_, oh, window, rows);
    AddRows(oh, rows);
  }

  bool IsFirst(int64_t oh, int64_t row) const {
    return first_output_[row - tile_.rows.begin] == oh;
  }
  bool IsLast(int64_t oh, int64_t row) const { return last_output_[row - tile_.rows.begin] == oh; }

  // Adds what the output row gave to the rows of dx, those alike at once.
  void AddRows(int64_t oh, const WindowAxis::Range& rows) const {
    constexpr bool kSame = Terms::kSameForAllRows;
    const int64_t step = shape_.h.dilation;
    AddLinesArgs args{.from = partial_,
                      .from_line = kSame ? 0 : tile_.width() * channels_.count,
                      .to = nullptr,
                      .to_line = step * shape_.xs.h,
                      .to_pixel = shape_.xs.w,
                      .lines = 0,
                      .pixels = tile_.width(),
                      .items = channels_.count,
                      .first = false,
                      .last = false,
                      .clear = !kSame};
    for (int64_t i = rows.begin; i < rows.end; i += args.lines * step) {
      args.first = IsFirst(oh, i), args.last = IsLast(oh, i);
      args.lines = 1;
      for (int64_t next = i + step; next < rows.end; next += step, ++args.lines) {
        if (IsFirst(oh, next) != args.first || IsLast(oh, next) != args.last) break;
      }
      args.to = buffers_.dx + channels_.At(shape_.xs, i, tile_.columns.begin);
      shape_.op->kernels->backward.add_lines(args);
      args.from += args.lines * args.from_line;
    }
  }

  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  const Terms terms_;
  float* const partial_;
  int32_t *const first_output_, *const last_output_;  // of each row; -1: none
  ImageChannels channels_{};
};

// Tiles of some images' chunks of channels.
template <class Terms>
void RunTiles(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers) {
  const PoolShape& shape = plan.shape;
  const int64_t chunks = plan.chunks(), images = shape.n * chunks, bytes = plan.ScratchBytes();
  const EvenSplit rows(shape.h.in, plan.rows), columns(shape.w.in, plan.columns);
  const int64_t tiles = rows.parts * columns.parts;
  const EvenSplit shares(images, ShareOf(shape, images, tiles));
  RunTasks(shape.threads, shares.parts * tiles, [&](int64_t i, int64_t slot) {
    const int64_t row = i % rows.parts, column = i / rows.parts % columns.parts;
    const int64_t share = i / tiles;
    GradientTile tile{.rows = {rows.Begin(row), rows.Begin(row + 1)},
                      .columns = {columns.Begin(column), columns.Begin(column + 1)},
                      .outputs = {}};
    tile.outputs = shape.w.OutputsReaching(tile.columns.begin, tile.columns.end);
    TileRows<Terms> each(plan, buffers, tile, buffers.Scratch(slot, bytes));
    for (int64_t j = shares.Begin(share); j < shares.Begin(share + 1); ++j) {
      const int64_t channel = j % chunks * plan.unit;
      each.Run({j / chunks, channel, std::min(plan.unit, shape.c - channel)});
    }
  });
}

}  // namespace

void BackwardRowsPlan::Run(const PoolBackwardBuffers& buffers) const {
  shape.op->average ? RunTiles<AverageTerms>(*this, buffers) : RunTiles<MaxTerms>(*this, buffers);
}

const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan) {
  return Offer<BackwardRowsPlan>(shape.with_indices ? RefuseLargePlanes(shape) : nullptr, shape,
                                 plan);
}

}  // namespace windrow::internal
