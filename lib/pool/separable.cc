// Pooling of pixels, rows first. For each block of channels and output rows of an image:
//
//   1. each input row the block sees is reduced along the kernel's width, for all output columns;
//      where channels are not neighbours, a few rows of pixels are copied first
//   2. each output row is reduced from the results of its input rows, and copied if need be
//
// Windows that overlap share the results of a row, so that the cost of an output grows with the
// kernel's height plus its width.
#include "lib/pool/separable.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/cost.h"
#include "lib/pool/pixel_row.h"
#include "lib/pool/separable_plan.h"
#include "lib/pool/window.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const SeparablePlan& plan, const PoolBlock& b, float* scratch)
      : plan_(plan),
        call_(plan.call),
        kernels_(*call_.op->kernels),
        kernel_(call_.kernels().row),
        b_(b),
        scratch_(scratch),
        items_(call_.w.out * b.channels),
        pixel_pitch_(plan.stage_x ? b.channels : call_.xs.w),
        pixels_(call_.w, plan.stage_x ? scratch + plan.pixels : Image(), pixel_pitch_,
                scratch + plan.row_table),
        taps_(reinterpret_cast<const float**>(scratch + plan.taps)) {}

  void Run() {
    if (plan_.folds) {
      for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) FoldRows(oh);
    } else {
      const WindowAxis::Range seen = call_.h.Reach(b_.row, b_.row + b_.rows);
      ReduceRows(seen.begin, 1, seen.end - seen.begin, result(0));
      for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) {
        const Window rows = call_.h.At(oh);
        for (int64_t t = 0; t < rows.taps; ++t) {
          taps_[t] = result(rows.begin - seen.begin + t * call_.h.dilation);
        }
        ReduceColumns(oh, rows, rows.taps);
      }
    }
    if (plan_.stage_y) CopyOutputs();
    if (plan_.stage_indices) CopyIndices();
  }

 private:
  float* result(int64_t slot) const { return scratch_ + plan_.results + slot * items_; }
  int32_t* Index(float* at) const {
    return reinterpret_cast<int32_t*>(at + plan_.result_indices - plan_.results);
  }
  const float* Image() const { return call_.x + b_.n * call_.xs.n + b_.channel * call_.xs.c; }

  // Output row oh, whose windows have so many rows that only some results are kept at a time: the
  // ones before are reduced to one, by turns in the first and in the second slot.
  void FoldRows(int64_t oh) {
    const Window rows = call_.h.At(oh);
    for (int64_t t = 0, turn = 0; t < rows.taps; turn = 1 - turn) {
      const int64_t count = std::min(plan_.kept, rows.taps - t), before = t == 0 ? 0 : 1;
      ReduceRows(rows.begin + t * call_.h.dilation, call_.h.dilation, count, result(2));
      taps_[0] = result(1 - turn);
      for (int64_t i = 0; i < count; ++i) taps_[before + i] = result(2 + i);
      t += count;
      if (t == rows.taps) return ReduceColumns(oh, rows, before + count);
      WindowArgs args = ColumnArgs(before + count);
      args.outputs = 1;
      args.items = items_;
      args.y = result(turn);
      args.index = Index(args.y);
      kernel_(args);
    }
    ReduceColumns(oh, rows, 0);  // none at all
  }

  // `count` input rows from `first` on, `step` apart, along the kernel's width. Where channels are
  // not neighbours they are copied first, as many at a time as fit the L1 cache.
  void ReduceRows(int64_t first, int64_t step, int64_t count, float* to) {
    if (!plan_.stage_x) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t row = first + i * step;
        ReduceRow(row, row * call_.xs.h, to + i * items_);
      }
      return;
    }
    const int64_t chunk = step == 1 ? plan_.chunk : 1, width = call_.w.in;
    for (int64_t i = 0; i < count; i += chunk) {
      const int64_t copied = std::min(chunk, count - i), row = first + i * step;
      TransposeRows(Image() + row * call_.xs.h, call_.xs, copied, width, scratch_ + plan_.pixels);
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

  // All output columns of input row `row`, whose pixels lie `offset` behind those of the table.
  void ReduceRow(int64_t row, int64_t offset, float* to) {
    WindowArgs args{};
    args.offset = offset;
    args.rows = 1;
    args.y_step = args.items = b_.channels;
    args.one = 1;
    args.position = static_cast<int32_t>(row * call_.w.in);
    for (int64_t ow = 0; ow < call_.w.out;) {
      const WindowRun run = call_.w.RunFrom(ow, call_.w.out);
      ow = run.end;
      if (run.first.taps == 0) continue;
      pixels_.SetTaps(run.first.begin, args);
      args.columns = run.first.taps;
      args.outputs = run.size();
      args.x_step = run.step * pixel_pitch_;
      args.position_step = static_cast<int32_t>(run.step);
      args.y = to + run.begin * b_.channels;
      args.index = Index(args.y);
      kernel_(args);
    }
  }

  // For the reduction of the results that taps_ names.
  WindowArgs ColumnArgs(int64_t taps) const {
    WindowArgs args{};
    args.taps = taps_;
    args.rows = 1;
    args.columns = taps;
    args.one = 1;
    args.index_distance = plan_.result_indices - plan_.results;
    return args;
  }

  // One output row. Columns whose sums are divided by the same are done at once.
  void ReduceColumns(int64_t oh, const Window& rows, int64_t taps) {
    for (int64_t ow = 0; ow < call_.w.out;) {
      const Window columns = call_.w.At(ow);
      const int64_t end = EndOfLike(ow, rows, columns);
      WindowArgs args = ColumnArgs(taps);
      args.last = true;
      args.offset = ow * b_.channels;
      args.outputs = end - ow;
      args.items = args.x_step = b_.channels;
      args.y = OutputAt(oh, ow);
      args.y_step = plan_.stage_y ? b_.channels : call_.ys.w;
      args.indices = IndicesAt(oh, ow);
      args.indices_step = plan_.stage_indices ? b_.channels : call_.is.w;
      args.divisor = call_.op->average ? call_.Divisor(rows, columns) : 0;
      rows.taps == 0 || columns.taps == 0 ? FillEmptyWindows(args) : kernel_(args);
      ow = end;
    }
  }

  int64_t EndOfLike(int64_t ow, const Window& rows, const Window& columns) const {
    const bool average = call_.op->average;
    const bool any = average ? call_.op->divisor_override != 0 : call_.w.dilation == 1;
    if (any) return call_.w.out;
    const float divisor = call_.Divisor(rows, columns);
    while (ow < call_.w.out) {
      const WindowRun run = call_.w.RunFrom(ow, call_.w.out);
      const bool like = average ? call_.Divisor(rows, run.first) == divisor
                                : (run.first.taps == 0) == (columns.taps == 0);
      if (!like) break;
      ow = run.end;
    }
    return ow;
  }

  float* OutputAt(int64_t oh, int64_t ow) const {
    const Strides& s = call_.ys;
    if (!plan_.stage_y) {
      return call_.y + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
    }
    return scratch_ + plan_.outputs + ((oh - b_.row) * call_.w.out + ow) * b_.channels;
  }
  int64_t* StagedIndices() const {
    return reinterpret_cast<int64_t*>(scratch_ + plan_.output_indices);
  }
  int64_t* IndicesAt(int64_t oh, int64_t ow) const {
    if (!call_.with_indices) return nullptr;
    const Strides& s = call_.is;
    if (!plan_.stage_indices) {
      return call_.indices + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
    }
    return StagedIndices() + ((oh - b_.row) * call_.w.out + ow) * b_.channels;
  }

  void CopyOutputs() const {
    const Strides& s = call_.ys;
    const int64_t width = call_.w.out;
    const bool merge = s.h == width && s.w == 1;
    const int64_t parts = merge ? 1 : b_.rows, columns = merge ? b_.rows * width : width;
    float* to = call_.y + b_.n * s.n + b_.channel * s.c + b_.row * s.h;
    const float* from = scratch_ + plan_.outputs;
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
    const Strides& s = call_.is;
    const int64_t* from = StagedIndices();
    for (int64_t oh = b_.row; oh < b_.row + b_.rows; ++oh) {
      for (int64_t ow = 0; ow < call_.w.out; ++ow) {
        int64_t* const to = call_.indices + b_.n * s.n + b_.channel * s.c + oh * s.h + ow * s.w;
        for (int64_t c = 0; c < b_.channels; ++c) to[c * s.c] = *from++;
      }
    }
  }

  const SeparablePlan& plan_;
  const PoolCall& call_;
  const PoolKernels& kernels_;
  const WindowFn kernel_;
  const PoolBlock b_;
  float* const scratch_;
  const int64_t items_;        // of a row of results
  const int64_t pixel_pitch_;  // of what is reduced, x or a copy
  const PixelRow pixels_;
  const float** const taps_;  // of one output row
};

}  // namespace

const char* RefuseSeparable(const PoolCall& call) {
  // The least block: one output row of as many channels as a vector has.
  const SeparablePlan plan(call);
  if (plan.total * static_cast<int64_t>(sizeof(float)) > Caches().l2) {
    return "a row of the image does not fit the cache";
  }
  return call.with_indices ? RefuseLargePlanes(call) : nullptr;
}

void RunSeparable(const PoolCall& call) {
  const SeparablePlan plan(call);
  const PoolBlocks blocks = plan.blocks();
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Block(plan, blocks.At(i), call.workspace + slot * plan.total).Run();
  });
}

int64_t SeparableWorkspace(const PoolCall& call) {
  return SeparablePlan(call).total * call.threads;
}

namespace {

// The input rows of all blocks of an image.
double SeenRows(const SeparablePlan& plan) {
  const WindowAxis& h = plan.call.h;
  if (plan.folds) return static_cast<double>(h.CountTaps());
  return static_cast<double>(CeilDiv(h.out, plan.rows) * plan.kept);
}

}  // namespace

double EstimateSeparable(const PoolCall& call) {
  const SeparablePlan plan(call);
  const PoolBlocks blocks = plan.blocks();
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double vectors = number(CeilDiv(call.c, call.op->lanes));
  const double images = number(call.n);
  const double seen = SeenRows(plan);
  const double rows =
      seen * (TapCycles(call) * number(call.w.CountTaps()) + 2 * number(call.w.out));
  const double columns =
      number(call.w.out) * (TapCycles(call) * number(call.h.CountTaps()) + 2 * number(call.h.out));
  const WindowAxis::Range inside = call.w.Inside();
  const double calls = 1 + number(call.w.out - (inside.end - inside.begin));
  const double chunks = images * number(blocks.vectors.parts);
  double cycles = images * vectors * (rows + columns) +
                  chunks * (seen * calls + number(call.h.out)) * kCallCycles +
                  chunks * seen * number(call.w.out) * kOutputCycles;
  if (plan.stage_x) cycles += images * vectors * seen * number(call.w.in) * 2 * kTransposeCycles;
  if (plan.stage_y) cycles += images * vectors * number(call.h.out * call.w.out) * kTransposeCycles;
  return 1.55 * KeptCycles(call) * cycles;
}

}  // namespace windrow::internal
