// Pooling of rows of pixels, which are floats of a plane (NCHW) or some channels (NHWC). For each
// block of output rows and columns of a plane, or of a chunk of channels:
//
//   1. a few of the input rows it sees are padded, and deinterleaved by the stride (padded_rows.h)
//   2. these rows are reduced along the kernel's width: one call for all of them
//   3. each output row is reduced from the results of its input rows
//
// Rows first is the canonical order of sums, and finds the first of equal maxima. It also makes
// windows that overlap share the results of a row, so that the cost of an output grows with the
// kernel's height plus its width.
#include <algorithm>
#include <limits>
#include <optional>

#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/padded_rows.h"
#include "lib/pool/rows_plan.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

// A stretch of columns of pixels of `unit` floats; for planes and images, one after the other.
class Stretch {
 public:
  Stretch(const RowsPlan& plan, const PoolBuffers& buffers, int64_t unit, int64_t column,
          int64_t columns, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        w_(PartOf(shape_.w, column, columns)),
        unit_(unit),
        column_(column),
        items_(columns * unit),
        padded_(*shape_.op->kernels, w_, plan.chunk,
                {.unit = unit, .row = shape_.xs.h, .pixel = shape_.xs.w}),
        pad_(shape_.op->average ? 0 : -std::numeric_limits<float>::infinity()),
        pitch_(plan.flat ? padded_.pitch() : items_),
        scratch_(scratch),
        taps_(reinterpret_cast<const float**>(scratch + plan.at.taps)),
        row_results_(taps_ + plan.MaxTaps()),
        positions_(reinterpret_cast<int32_t*>(row_results_ + plan.MaxTaps())),
        joined_(plan.Joined(unit)),
        uniform_(shape_.SameDivisors(w_)) {
    if (plan.runs_across) return;
    padded_.Pad(pad_, scratch_ + plan.at.padded);
    if (!padded_.in_place()) padded_.FindTaps(nullptr, scratch_ + plan.at.padded, taps_);
    if (shape_.with_indices) FindPositions();
  }

  // The output rows [row, row + rows) of the channels from `channel` on.
  void Run(int64_t n, int64_t channel, int64_t row, int64_t rows) {
    const WindowAxis::Range seen = shape_.h.Reach(row, row + rows);
    const float* const x = buffers_.x + n * shape_.xs.n + channel * shape_.xs.c;
    for (int64_t r = seen.begin; r < seen.end; r += plan_.chunk) {
      const int64_t count = std::min(plan_.chunk, seen.end - r);
      float* const to = results() + (r - seen.begin) * pitch_;
      plan_.runs_across ? RunAcross(x, r, count, to) : ReduceRows(x, r, count, to);
    }
    if (plan_.runs_down) return RunDown(n, channel, row, rows, seen);
    for (int64_t o = row; o < row + rows;) {
      const WindowRun run = shape_.h.RunFrom(o, row + rows);
      ReduceColumns(n, channel, run, seen.begin);
      o = run.end;
    }
  }

 private:
  float* results() const { return scratch_ + plan_.at.results; }
  int32_t* Integers(int64_t place) const { return reinterpret_cast<int32_t*>(scratch_ + place); }

  void FindPositions() {
    int32_t *first = Integers(plan_.at.first), *position = Integers(plan_.at.positions);
    for (int64_t o = 0; o < w_.out; ++o, first += unit_, position += unit_) {
      std::fill_n(first, unit_, static_cast<int32_t>(w_.At(o).begin - o * w_.stride));
      std::fill_n(position, unit_, static_cast<int32_t>(o * w_.stride));
    }
    for (int64_t t = 0; t < w_.kernel; ++t) {
      positions_[t] = static_cast<int32_t>(t * w_.dilation - w_.before);
    }
  }

  void ReduceRows(const float* image, int64_t row, int64_t rows, float* to) {
    float* const padded = scratch_ + plan_.at.padded;
    const float* const x = image + row * shape_.xs.h;
    padded_.Fill(x, 0, rows, padded);
    if (padded_.in_place()) padded_.FindTaps(x, padded, taps_);
    WindowArgs args{};
    args.taps = taps_;
    args.rows = 1;
    args.columns = w_.kernel;
    args.y = to;
    args.one = 1;
    if (plan_.flat) {  // what lies between the outputs of two rows is reduced in vain
      args.outputs = 1;
      args.items = (rows - 1) * pitch_ + items_;
    } else {
      args.outputs = rows;
      args.items = args.y_step = items_;
      args.x_step = padded_.pitch();
    }
    if (shape_.with_indices) {
      args.positions = positions_;
      args.position = static_cast<int32_t>(row * shape_.w.in);
      args.position_step = static_cast<int32_t>(shape_.w.in);
      args.item_positions = Integers(plan_.at.positions);
      args.first = Integers(plan_.at.first);
      args.index = reinterpret_cast<int32_t*>(to + plan_.at.indices - plan_.at.results);
    }
    shape_.kernels().Of(args)(args);
  }

  // The same by way of columns, of which all rows are reduced at once.
  void RunAcross(const float* image, int64_t row, int64_t rows, float* to) const {
    const PoolKernels& k = *shape_.op->kernels;
    const WindowAxis::Range seen = shape_.w.Reach(column_, column_ + w_.out);
    float *const columns = scratch_ + plan_.at.padded, *const turned = scratch_ + plan_.at.turned;
    WindowArgs args{};
    args.taps = &columns;
    args.rows = 1;
    args.inputs = seen.end - seen.begin;
    args.items = args.x_step = args.y_step = args.indices_step = rows * unit_;
    args.columns = w_.kernel;
    args.before = seen.begin - w_.Start(0);
    args.outputs = w_.out;
    args.y = turned;
    args.one = 1;
    args.scratch = scratch_ + plan_.at.suffixes;
    k.transpose(image + row * shape_.xs.h + seen.begin * unit_, shape_.xs.h, rows,
                args.inputs * unit_, columns, rows);
    if (!shape_.with_indices) {
      (shape_.op->average ? k.sum_running : k.max_running.across)(args);
      return k.transpose(turned, rows, items_, rows, to, pitch_);
    }
    float* const indices = turned + rows * items_;  // in fact integers
    args.index = reinterpret_cast<int32_t*>(indices);
    args.position = static_cast<int32_t>(seen.begin);
    args.position_step = 1;
    k.max_indices_running.across(args);
    k.transpose(turned, rows, items_, rows, to, pitch_);
    float* const to_indices = to + plan_.at.indices - plan_.at.results;
    k.transpose(indices, rows, items_, rows, to_indices, pitch_);
    int32_t* index = reinterpret_cast<int32_t*>(to_indices);
    for (int64_t r = 0; r < rows; ++r, index += pitch_) {  // columns so far
      const auto first = static_cast<int32_t>((row + r) * shape_.w.in);
      for (int64_t i = 0; i < items_; ++i) index[i] += first;
    }
  }

  // All output rows, from the results of the rows they see.
  void RunDown(int64_t n, int64_t channel, int64_t row, int64_t rows,
               const WindowAxis::Range& seen) const {
    const float* const first = results();
    const auto at = [&](const Strides& s) {
      return n * s.n + channel * s.c + row * s.h + column_ * s.w;
    };
    WindowArgs args{};
    args.taps = &first;
    args.rows = 1;
    args.inputs = seen.end - seen.begin;
    args.x_step = pitch_;
    args.columns = shape_.h.kernel;
    args.before = seen.begin - shape_.h.Start(row);
    args.outputs = rows;
    args.items = items_;
    args.y = buffers_.y + at(shape_.ys);
    args.y_step = shape_.ys.h;
    args.one = 1;
    args.scratch = scratch_ + plan_.at.suffixes;
    const PoolKernels& k = *shape_.op->kernels;
    if (shape_.op->average) {
      args.divisor = shape_.Divisor(shape_.h.At(0), w_.At(0));
      return k.sum_running(args);
    }
    if (!shape_.with_indices) return k.max_running.down(args);
    args.index_distance = plan_.at.indices - plan_.at.results;
    args.indices = buffers_.indices + at(shape_.is);
    args.indices_step = shape_.is.h;
    k.max_indices_running.down(args);
  }

  // Output rows whose windows are alike, from the results of the rows from `row` on.
  void ReduceColumns(int64_t n, int64_t channel, const WindowRun& run, int64_t row) {
    const Window& rows = run.first;
    const auto at = [&](const Strides& s) {
      return n * s.n + channel * s.c + run.begin * s.h + column_ * s.w;
    };
    for (int64_t t = 0; t < rows.taps; ++t) {
      row_results_[t] = results() + (rows.begin - row + t * shape_.h.dilation) * pitch_;
    }
    WindowArgs args{};
    args.taps = row_results_;
    args.rows = 1;
    args.columns = rows.taps;
    args.columns_before = rows.skipped % kPartTaps;
    args.one = 1;
    args.last = true;
    args.y = buffers_.y + at(shape_.ys);
    if (shape_.op->average) args.divisor = shape_.Divisor(rows, w_.At(0));
    if (shape_.with_indices) {  // they lie as the results do
      args.index_distance = plan_.at.indices - plan_.at.results;
      args.indices = buffers_.indices + at(shape_.is);
    }
    if (joined_) {
      if (!uniform_) args.divisors = Divisors(rows);
      args.outputs = run.size();
      args.x_step = run.step * pitch_;
      args.items = items_;
      args.y_step = shape_.ys.h;
      args.indices_step = shape_.is.h;
      return shape_.kernels().Of(args)(args);
    }
    for (int64_t i = 0; i < run.size(); ++i) {
      shape_.with_indices ? ReduceApart(args) : ReduceAndCopy(rows, args);
      args.offset += run.step * pitch_;
      args.y += shape_.ys.h;
      if (shape_.with_indices) args.indices += shape_.is.h;
    }
  }

  // One output row, which is copied to y, where its pixels lie apart.
  void ReduceAndCopy(const Window& rows, WindowArgs args) const {
    float* const y = args.y;
    args.y = scratch_ + plan_.at.apart;
    args.outputs = 1;
    args.items = items_;
    if (!uniform_) args.divisors = Divisors(rows);
    shape_.kernels().Of(args)(args);
    shape_.op->kernels->copy_rows(args.y, unit_, w_.out, unit_, y, shape_.ys.w);
  }

  // One output row with indices, whose pixels lie apart in y.
  void ReduceApart(WindowArgs args) const {
    args.outputs = w_.out;
    args.items = args.x_step = unit_;
    args.y_step = shape_.ys.w;
    args.indices_step = shape_.is.w;
    shape_.kernels().Of(args)(args);
  }

  const float* Divisors(const Window& rows) const {
    float* to = scratch_ + plan_.at.divisors;
    for (int64_t o = 0; o < w_.out; ++o, to += unit_) {
      std::fill_n(to, unit_, shape_.Divisor(rows, w_.At(o)));
    }
    return scratch_ + plan_.at.divisors;
  }

  const RowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const WindowAxis w_;
  const int64_t unit_, column_, items_;
  const PaddedRows padded_;
  const float pad_;
  const int64_t pitch_;  // of results
  float* const scratch_;
  const float** const taps_;         // of the first row
  const float** const row_results_;  // of an output row
  int32_t* const positions_;
  const bool joined_;   // see RowsPlan
  const bool uniform_;  // all sums of a row are divided by the same
};

const char* Refuse(const PoolShape& shape) {
  if (shape.h.adaptive || shape.w.adaptive) return "the windows differ from each other";
  if (shape.MayHaveEmptyWindow()) return "there may be a window without a pixel";
  if (!shape.planes() && !shape.pixels() && !shape.slices()) {
    return "x and what is written differ in layout";
  }
  return shape.with_indices ? RefuseLargePlanes(shape) : nullptr;
}

}  // namespace

void RowsPlan::Run(const PoolBuffers& buffers) const {
  const int64_t each = chunks(), images = shape.n * each, bytes = ScratchBytes();
  const EvenSplit row_cut(shape.h.out, rows), column_cut(shape.w.out, columns);
  const EvenSplit shares(images, ShareOf(shape, images, column_cut.parts));
  // A task is a stretch of columns of a few planes; of one plane, if there are not enough for all
  // threads, a part of its rows.
  const int64_t parts = RowTasks(shape, row_cut.parts, shares.parts * column_cut.parts);
  RunTasks(shape.threads, shares.parts * column_cut.parts * parts, [&](int64_t i, int64_t slot) {
    const int64_t part = i % parts, column = i / parts % column_cut.parts;
    const int64_t share = i / parts / column_cut.parts;
    const int64_t begin = column_cut.Begin(column);
    const int64_t width = column_cut.Begin(column + 1) - begin;
    float* const scratch = buffers.Scratch(slot, bytes);
    int64_t floats = std::min(unit, shape.c);  // of a pixel
    std::optional<Stretch> stretch;
    for (int64_t j = shares.Begin(share); j < shares.Begin(share + 1); ++j) {
      const int64_t channel = j % each * unit, rest = std::min(unit, shape.c - channel);
      if (!stretch || rest != floats) {
        stretch.emplace(*this, buffers, floats = rest, begin, width, scratch);
      }
      for (int64_t r = part * row_cut.parts / parts; r < (part + 1) * row_cut.parts / parts; ++r) {
        stretch->Run(j / each, channel, row_cut.Begin(r), row_cut.Begin(r + 1) - row_cut.Begin(r));
      }
    }
  });
}

const char* ConsiderRows(const PoolShape& shape, PoolPlan& plan) {
  return Offer<RowsPlan>(Refuse(shape), shape, plan);
}

}  // namespace windrow::internal
