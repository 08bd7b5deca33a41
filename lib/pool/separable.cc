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
        ReduceColumns(oh, rows, ColumnArgs(rows.taps, rows.skipped));
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
  // ones before are folded into one, of sums those of the same part, and the parts into another.
  void FoldRows(int64_t oh) {
    const Window rows = call_.h.At(oh);
    Folded part{0}, all{2};
    for (int64_t t = 0, end = 0; t < rows.taps; t = end) {
      end = call_.op->average ? PartEnd(t, rows.skipped, rows.taps) : rows.taps;
      for (int64_t count; t < end; t += count) {
        count = std::min(plan_.kept, end - t);
        ReduceRows(rows.begin + t * call_.h.dilation, call_.h.dilation, count,
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

  // For the reduction of it and `count` results behind each other.
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
    call_.kernels().Of(args)(args);
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
    args.rows = 1;
    args.y_step = args.items = b_.channels;
    args.one = 1;
    for (int64_t ow = 0; ow < call_.w.out;) {
      const WindowRun run = call_.w.RunFrom(ow, call_.w.out);
      ow = run.end;
      if (run.first.taps == 0) continue;
      pixels_.SetTaps(run.first, offset, row * call_.w.in, args);
      args.outputs = run.size();
      args.x_step = Distance(run.size(), run.step, pixel_pitch_);
      args.position_step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
      args.y = to + run.begin * b_.channels;
      args.index = Index(args.y);
      call_.kernels().Of(args)(args);
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
    args.index_distance = plan_.result_indices - plan_.results;
    return args;
  }

  // One output row, of which the results are those of `args`. Columns whose sums are divided by the
  // same are done at once.
  void ReduceColumns(int64_t oh, const Window& rows, WindowArgs args) {
    args.last = true;
    for (int64_t ow = 0; ow < call_.w.out;) {
      const Window columns = call_.w.At(ow);
      const int64_t end = EndOfLike(ow, rows, columns);
      args.offset = ow * b_.channels;
      args.outputs = end - ow;
      args.items = args.x_step = b_.channels;
      args.y = OutputAt(oh, ow);
      args.y_step = plan_.stage_y ? b_.channels : call_.ys.w;
      args.indices = IndicesAt(oh, ow);
      args.indices_step = plan_.stage_indices ? b_.channels : call_.is.w;
      args.divisor = call_.op->average ? call_.Divisor(rows, columns) : 0;
      if (rows.taps == 0 || columns.taps == 0) {
        FillEmptyWindows(args, call_.WithoutTaps(rows, columns));
      } else {
        call_.kernels().Of(args)(args);
      }
      ow = end;
    }
  }

  int64_t EndOfLike(int64_t ow, const Window& rows, const Window& columns) const {
    const bool divides = call_.op->average && call_.op->divisor_override == 0;
    const bool empties = call_.w.MayHaveEmptyWindow();
    if (!divides && !empties) return call_.w.out;
    const float divisor = divides ? call_.Divisor(rows, columns) : 0;
    while (ow < call_.w.out) {
      const WindowRun run = call_.w.RunFrom(ow, call_.w.out);
      if (divides && call_.Divisor(rows, run.first) != divisor) break;
      if (empties && (run.first.taps == 0) != (columns.taps == 0)) break;
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
  const PoolBlock b_;
  float* const scratch_;
  const int64_t items_;        // of a row of results
  const int64_t pixel_pitch_;  // of what is reduced, x or a copy
  const PixelRow pixels_;
  const float** const taps_;  // of one output row
};

}  // namespace

const char* RefuseSeparable(const PoolCall& call) {
  return call.with_indices ? RefuseLargePlanes(call) : nullptr;
}

void RunSeparable(const PoolCall& call) {
  const SeparablePlan plan(call);
  const PoolBlocks blocks = plan.blocks();
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Block(plan, blocks.At(i), call.workspace + slot * plan.total).Run();
  });
}

int64_t SeparableScratch(const PoolCall& call) { return SeparablePlan(call).total; }

namespace {

// The input rows of all blocks of an image.
double SeenRows(const SeparablePlan& plan) {
  const WindowAxis& h = plan.call.h;
  if (plan.folds) return h.CountTaps();
  return static_cast<double>(CeilDiv(h.out, plan.rows)) * static_cast<double>(plan.kept);
}

}  // namespace

double EstimateSeparable(const PoolCall& call) {
  const SeparablePlan plan(call);
  const PoolBlocks blocks = plan.blocks();
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double vectors = number(CeilDiv(call.c, call.op->lanes));
  const double images = number(call.n);
  const double seen = SeenRows(plan);
  const double rows = seen * (TapCycles(call) * call.w.CountTaps() + 2 * number(call.w.out));
  const double columns =
      number(call.w.out) * (TapCycles(call) * call.h.CountTaps() + 2 * number(call.h.out));
  const WindowAxis::Range inside = call.w.Inside();
  const double calls = 1 + number(call.w.out - (inside.end - inside.begin));
  const double chunks = images * number(blocks.vectors.parts);
  double cycles = images * vectors * (rows + columns) +
                  chunks * (seen * calls + number(call.h.out)) * kCallCycles +
                  chunks * seen * number(call.w.out) * kOutputCycles;
  if (plan.stage_x) cycles += images * vectors * seen * number(call.w.in) * 2 * kTransposeCycles;
  if (plan.stage_y)
    cycles += images * vectors * number(call.h.out) * number(call.w.out) * kTransposeCycles;
  return 1.55 * KeptCycles(call) * cycles;
}

}  // namespace windrow::internal
