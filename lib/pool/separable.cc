// Pooling of pixels, rows first. For each block of channels and output rows of an image:
//
//   1. each input row the block sees is reduced along the kernel's width, for all output columns;
//      where channels are not neighbours, a few rows of pixels are copied first
//   2. each output row is reduced from the results of its input rows, and copied if need be
//
// Windows that overlap share the results of a row, so that the cost of an output grows with the
// kernel's height plus its width.
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/separable_plan.h"
#include "lib/pool/strategies.h"
#include "lib/pool/window.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const SeparablePlan& plan, const PoolBuffers& buffers, const PoolBlock& b, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        kernels_(*shape_.op->kernels),
        b_(b),
        scratch_(scratch),
        items_(shape_.w.out * b.channels),
        pixel_pitch_(plan.stage_x ? b.channels : shape_.xs.w),
        pixels_(shape_.w, plan.stage_x ? scratch + plan.at.pixels : Image(), pixel_pitch_,
                scratch + plan.at.row_table),
        taps_(reinterpret_cast<const float**>(scratch + plan.at.taps)) {}

  void Run() {
    if (plan_.folds) {
      for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) FoldRows(oh);
    } else {
      const WindowAxis::Range seen = shape_.h.Reach(b_.row, b_.row + b_.rows);
      ReduceRows(seen.begin, 1, seen.end - seen.begin, result(0));
      for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) {
        const Window rows = shape_.h.At(oh);
        for (int64_t t = 0; t < rows.taps; ++t) {
          taps_[t] = result(rows.begin - seen.begin + t * shape_.h.dilation);
        }
        ReduceColumns(oh, rows, ColumnArgs(rows.taps, rows.skipped));
      }
    }
    if (plan_.stage_y) CopyOutputs();
    if (plan_.stage_indices) CopyIndices();
  }

 private:
  float* result(int64_t slot) const { return scratch_ + plan_.at.results + slot * items_; }
  int32_t* Index(float* at) const {
    return reinterpret_cast<int32_t*>(at + plan_.at.result_indices - plan_.at.results);
  }
  const float* Image() const { return buffers_.x + b_.n * shape_.xs.n + b_.channel * shape_.xs.c; }

  // Output row oh, whose windows have so many rows that only some results are kept at a time: the
  // ones before are folded into one, of sums those of the same part, and the parts into another.
  void FoldRows(int64_t oh) {
    const Window rows = shape_.h.At(oh);
    Folded part{0}, all{2};
    for (int64_t t = 0, end = 0; t < rows.taps; t = end) {
      end = shape_.op->average ? PartEnd(t, rows.skipped, rows.taps) : rows.taps;
      for (int64_t count; t < end; t += count) {
        count = std::min(plan_.kept, end - t);
        ReduceRows(rows.begin + t * shape_.h.dilation, shape_.h.dilation, count,
                   result(SeparablePlan::kFolded));
        const WindowArgs args = FoldedArgs(part, result(SeparablePlan::kFolded), count);
        if (t + count == rows.taps && !all.any) return ReduceColumns(oh, rows, args);
        Fold(part, args);
      }
      const WindowArgs args = FoldedArgs(all, result(part.slot()), 1);
      if (end == rows.taps) return ReduceColumns(oh, rows, args);
      Fold(all, args);
      part.any = false;
    }
    ReduceColumns(oh, rows, ColumnArgs(0, 0));  // none at all
  }

  // What results were folded into: by turns the first and the second slot from `first` on.
  struct Folded {
    int64_t first, turn = 0;
    bool any = false;
    int64_t slot() const { return first + turn; }
  };

  // For the reduction of it and `count` results one after the other.
  WindowArgs FoldedArgs(const Folded& folded, float* results, int64_t count) {
    const int64_t before = folded.any ? 1 : 0;
    if (folded.any) taps_[0] = result(folded.slot());
    for (int64_t i = 0; i < count; ++i) taps_[before + i] = results + i * items_;
    return ColumnArgs(before + count, 0);
  }

  void Fold(Folded& to, WindowArgs args) {
    to.turn = 1 - to.turn;
    to.any = true;
    args.outputs = 1;
    args.items = items_;
    args.y = result(to.slot());
    args.index = Index(args.y);
    shape_.kernels().Of(args)(args);
  }

  // `count` input rows from `first` on, `step` apart, along the kernel's width. Where channels are
  // not neighbours they are copied first, as many at a time as fit the L1 cache.
  void ReduceRows(int64_t first, int64_t step, int64_t count, float* to) {
    if (!plan_.stage_x) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t row = first + i * step;
        ReduceRow(row, row * shape_.xs.h, to + i * items_);
      }
      return;
    }
    const int64_t chunk = step == 1 ? plan_.chunk : 1, width = shape_.w.in;
    for (int64_t i = 0; i < count; i += chunk) {
      const int64_t copied = std::min(chunk, count - i), row = first + i * step;
      TransposeRows(Image() + row * shape_.xs.h, shape_.xs, copied, width,
                    scratch_ + plan_.at.pixels);
      for (int64_t j = 0; j < copied; ++j) {
        ReduceRow(row + j, j * width * b_.channels, to + (i + j) * items_);
      }
    }
  }

  // Rows of planes to rows of pixels; all as one where they follow each other in memory.
  void TransposeRows(const float* from, const Strides& s, int64_t rows, int64_t width, float* to) {
    const bool merge = s.h == width && s.w == 1;
    const int64_t parts = merge ? 1 : rows, columns = merge ? rows * width : width;
    for (int64_t r = 0; r < parts; ++r, from += s.h, to += width * b_.channels) {
      if (s.w == 1 || width == 1) {
        kernels_.transpose(from, s.c, b_.channels, columns, to, b_.channels);
        continue;
      }
      for (int64_t i = 0; i < columns; ++i) {  // neither channels nor pixels are neighbours
        for (int64_t c = 0; c < b_.channels; ++c) to[i * b_.channels + c] = from[i * s.w + c * s.c];
      }
    }
  }

  // All output columns of input row `row`, whose pixels lie `offset` past those of the table.
  void ReduceRow(int64_t row, int64_t offset, float* to) {
    WindowArgs args{};
    args.rows = 1;
    args.y_step = args.items = b_.channels;
    args.one = 1;
    for (int64_t ow = 0; ow < shape_.w.out;) {
      const WindowRun run = shape_.w.RunFrom(ow, shape_.w.out);
      ow = run.end;
      if (run.first.taps == 0) continue;
      pixels_.SetTaps(run.first, offset, row * shape_.w.in, args);
      args.outputs = run.size();
      args.x_step = Distance(run.size(), run.step, pixel_pitch_);
      args.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
      args.y = to + run.begin * b_.channels;
      args.index = Index(args.y);
      shape_.kernels().Of(args)(args);
    }
  }

  // For the reduction of the results that taps_ names, with so many before them.
  WindowArgs ColumnArgs(int64_t taps, int64_t before) const {
    WindowArgs args{};
    args.taps = taps_;
    args.rows = 1;
    args.columns = taps;
    args.columns_before = before % kPartTaps;
    args.one = 1;
    args.index_distance = plan_.at.result_indices - plan_.at.results;
    return args;
  }

  // One output row, of which the results are those of `args`. Columns whose sums are divided by the
  // same are done at once.
  void ReduceColumns(int64_t oh, const Window& rows, WindowArgs args) {
    args.last = true;
    for (int64_t ow = 0; ow < shape_.w.out;) {
      const Window columns = shape_.w.At(ow);
      const int64_t end = EndOfLike(ow, rows, columns);
      args.offset = ow * b_.channels;
      args.outputs = end - ow;
      args.items = args.x_step = b_.channels;
      args.y = OutputAt(oh, ow);
      args.y_step = plan_.stage_y ? b_.channels : shape_.ys.w;
      args.indices = IndicesAt(oh, ow);
      args.indices_step = plan_.stage_indices ? b_.channels : shape_.is.w;
      args.divisor = shape_.op->average ? shape_.Divisor(rows, columns) : 0;
      if (rows.taps == 0 || columns.taps == 0) {
        FillEmptyWindows(args, shape_.WithoutTaps(rows, columns));
      } else {
        shape_.kernels().Of(args)(args);
      }
      ow = end;
    }
  }

  int64_t EndOfLike(int64_t ow, const Window& rows, const Window& columns) const {
    const bool divides = shape_.op->average && shape_.op->divisor_override == 0;
    const bool empties = shape_.w.MayHaveEmptyWindow();
    if (!divides && !empties) return shape_.w.out;
    const float divisor = divides ? shape_.Divisor(rows, columns) : 0;
    while (ow < shape_.w.out) {
      const WindowRun run = shape_.w.RunFrom(ow, shape_.w.out);
      if (divides && shape_.Divisor(rows, run.first) != divisor) break;
      if (empties && (run.first.taps == 0) != (columns.taps == 0)) break;
      ow = run.end;
    }
    return ow;
  }

  float* OutputAt(int64_t oh, int64_t ow) const {
    const Strides& s = shape_.ys;
    if (!plan_.stage_y) {
      return buffers_.y + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
    }
    return scratch_ + plan_.at.outputs + ((oh - b_.row) * shape_.w.out + ow) * b_.channels;
  }
  int64_t* StagedIndices() const {
    return reinterpret_cast<int64_t*>(scratch_ + plan_.at.output_indices);
  }
  int64_t* IndicesAt(int64_t oh, int64_t ow) const {
    if (!shape_.with_indices) return nullptr;
    const Strides& s = shape_.is;
    if (!plan_.stage_indices) {
      return buffers_.indices + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
    }
    return StagedIndices() + ((oh - b_.row) * shape_.w.out + ow) * b_.channels;
  }

  void CopyOutputs() const {
    const Strides& s = shape_.ys;
    const int64_t width = shape_.w.out;
    const bool merge = s.h == width && s.w == 1;
    const int64_t parts = merge ? 1 : b_.rows, columns = merge ? b_.rows * width : width;
    float* to = buffers_.y + b_.n * s.n + b_.channel * s.c + b_.row * s.h;
    const float* from = scratch_ + plan_.at.outputs;
    for (int64_t r = 0; r < parts; ++r, to += s.h, from += width * b_.channels) {
      if (s.w == 1 || width == 1) {
        kernels_.transpose(from, b_.channels, columns, b_.channels, to, s.c);
        continue;
      }
      for (int64_t i = 0; i < columns; ++i) {
        for (int64_t c = 0; c < b_.channels; ++c) to[i * s.w + c * s.c] = from[i * b_.channels + c];
      }
    }
  }

  void CopyIndices() const {
    const Strides& s = shape_.is;
    const int64_t* from = StagedIndices();
    for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) {
      for (int64_t ow = 0; ow < shape_.w.out; ++ow) {
        int64_t* const to = buffers_.indices + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
        for (int64_t c = 0; c < b_.channels; ++c) to[c * s.c] = *from++;
      }
    }
  }

  const SeparablePlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolKernels& kernels_;
  const PoolBlock b_;
  float* const scratch_;
  const int64_t items_;        // of a row of results
  const int64_t pixel_pitch_;  // of what is reduced, x or a copy
  const PixelRow pixels_;
  const float** const taps_;  // of one output row
};

}  // namespace

void SeparablePlan::Run(const PoolBuffers& buffers) const {
  const PoolBlocks all = blocks();
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, all.count(), [&](int64_t i, int64_t slot) {
    Block(*this, buffers, all.At(i), buffers.Scratch(slot, bytes)).Run();
  });
}

const char* ConsiderSeparable(const PoolShape& shape, PoolPlan& plan) {
  return Offer<SeparablePlan>(shape.with_indices ? RefuseLargePlanes(shape) : nullptr, shape, plan);
}

}  // namespace windrow::internal
