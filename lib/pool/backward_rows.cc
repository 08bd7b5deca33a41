// The gradient of a pooling, output row by output row. For each tile of rows and columns of dx of
// a plane, or of a chunk of channels (the parallel tasks), and each output row that reaches it:
//
//   1. what its outputs add is put into scratch memory (backward_terms.h): of averages one row of
//      sums, the same for all rows that a window has; of maxima with large windows each dy at its
//      index, in as many rows as that; of those with small ones the indices, so that
//   2. these rows are added to those of dx; or each element of these takes the dy of its index
//
// That is the order of the gradient, since an element has one sum a row of outputs. It costs about
// as much for any windows: a row of sums is shared by all rows of a window, and an output of a
// maximum with large ones looked at once.
#include <algorithm>
#include <utility>

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
        staged_(plan.staged ? scratch + plan.at.dx : nullptr),
        tile_(tile),
        terms_(plan, buffers, tile_, scratch),
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
    tile_.dx = buffers_.dx + channels.At(shape_.xs, tile_.rows.begin, tile_.columns.begin);
    tile_.dx_row = shape_.xs.h, tile_.dx_pixel = shape_.xs.w;
    if (staged_ != nullptr) {
      tile_.dx = staged_;
      tile_.dx_row = tile_.width() * channels.count, tile_.dx_pixel = channels.count;
    }
    if (shape_.with_indices && shape_.MayHaveEmptyWindow()) {
      CheckAllIndices(shape_, buffers_, channels);
    }
    for (int64_t i = tile_.rows.begin; i < tile_.rows.end; ++i) {
      if (first_output_[i - tile_.rows.begin] < 0) ClearRow(i);
    }
    const WindowAxis::Range outputs = shape_.h.OutputsReaching(tile_.rows.begin, tile_.rows.end);
    for (int64_t oh = outputs.begin; oh < outputs.end; ++oh) RunRow(oh);
    if (staged_ != nullptr) ToPlanes();
  }

 private:
  // A row that no window has.
  void ClearRow(int64_t row) const {
    for (int64_t p = 0; p < tile_.width(); ++p) {
      std::fill_n(tile_.Row(row) + p * tile_.dx_pixel, channels_.count, 0.0f);
    }
  }

  // Writes the tile to where it belongs: at once, if its rows follow each other there too.
  void ToPlanes() const {
    int64_t rows = tile_.rows.end - tile_.rows.begin, pixels = tile_.width();
    if (shape_.xs.h == pixels) pixels *= std::exchange(rows, 1);
    for (int64_t r = 0; r < rows; ++r) {
      shape_.op->kernels->transpose(
          staged_ + r * tile_.dx_row, channels_.count, pixels, channels_.count,
          buffers_.dx + channels_.At(shape_.xs, tile_.rows.begin + r, tile_.columns.begin),
          shape_.xs.c);
    }
  }

  void RunRow(int64_t oh) {
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

  // Adds what the output row gives to the rows of dx, those alike at once.
  void AddRows(int64_t oh, const WindowAxis::Range& rows) const {
    GradientRows alike{.first = rows.begin,
                       .count = 0,
                       .step = shape_.h.dilation,
                       .tap = 0,
                       .begins = false,
                       .ends = false};
    while (alike.first < rows.end) {
      alike.begins = IsFirst(oh, alike.first), alike.ends = IsLast(oh, alike.first);
      int64_t next = alike.first;
      for (alike.count = 0; next < rows.end; next += alike.step, ++alike.count) {
        if (IsFirst(oh, next) != alike.begins || IsLast(oh, next) != alike.ends) break;
      }
      terms_.Add(channels_, alike);
      alike.first = next;
      alike.tap += alike.count;
    }
  }

  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  float* const staged_;
  GradientTile tile_;  // where it is is set anew for each Run
  Terms terms_;
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
                      .outputs = {},
                      .dx = nullptr,
                      .dx_row = 0,
                      .dx_pixel = 0};
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
  if (shape.op->average) return RunTiles<AverageTerms>(*this, buffers);
  picks ? RunTiles<PickedTerms>(*this, buffers) : RunTiles<ScatteredTerms>(*this, buffers);
}

const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan) {
  return Offer<BackwardRowsPlan>(shape.with_indices ? RefuseLargePlanes(shape) : nullptr, shape,
                                 plan);
}

}  // namespace windrow::internal
