// Pooling of rows of pixels, which are floats of a plane (NCHW) or some channels (NHWC). For each
// block of output rows and columns of a plane, or of a chunk of channels:
//
//   1. a few of the input rows it sees are padded, and taken apart by the stride (padded_rows.h)
//   2. these rows are reduced along the kernel's width: one call for all of them
//   3. each output row is reduced from the results of its input rows
//
// Rows first is the canonical order of sums, and finds the first of equal maxima. It also makes
// windows that overlap share the results of a row, so that the cost of an output grows with the
// kernel's height plus its width.
#include "lib/pool/rows.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/padded_rows.h"
#include "lib/pool/rows_plan.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

// A stretch of columns of pixels of `unit` floats; for planes and images, one after the other.
class Stretch {
 public:
  Stretch(const RowsPlan& plan, int64_t unit, int64_t column, int64_t columns, float* scratch)
      : plan_(plan),
        call_(plan.call),
        w_(PartOf(call_.w, column, columns)),
        unit_(unit),
        column_(column),
        items_(columns * unit),
        padded_(*call_.op->kernels, w_, plan.chunk,
                {.unit = unit, .row = call_.xs.h, .pixel = call_.xs.w}),
        pad_(call_.op->average ? 0 : -std::numeric_limits<float>::infinity()),
        pitch_(plan.flat ? padded_.pitch() : items_),
        scratch_(scratch),
        taps_(reinterpret_cast<const float**>(scratch + plan.taps)),
        row_results_(taps_ + plan.MostTaps()),
        positions_(reinterpret_cast<int32_t*>(row_results_ + plan.MostTaps())),
        joined_(plan.Joined(unit)),
        uniform_(call_.SameDivisors(w_)) {
    if (plan.runs_across) return;
    padded_.Pad(pad_, scratch_ + plan.padded);
    if (!padded_.in_place()) padded_.FindTaps(nullptr, scratch_ + plan.padded, taps_);
    if (call_.with_indices) FindPositions();
  }

  // The output rows [row, row + rows) of the channels from `channel` on.
  void Run(int64_t n, int64_t channel, int64_t row, int64_t rows) {
    const WindowAxis::Range seen = call_.h.Reach(row, row + rows);
    const float* const x = call_.x + n * call_.xs.n + channel * call_.xs.c;
    for (int64_t r = seen.begin; r < seen.end; r += plan_.chunk) {
      const int64_t count = std::min(plan_.chunk, seen.end - r);
      float* const to = results() + (r - seen.begin) * pitch_;
      plan_.runs_across ? RunAcross(x, r, count, to) : ReduceRows(x, r, count, to);
    }
    if (plan_.runs_down) return RunDown(n, channel, row, rows, seen);
    for (int64_t o = row; o < row + rows;) {
      const WindowRun run = call_.h.RunFrom(o, row + rows);
      ReduceColumns(n, channel, run, seen.begin);
      o = run.end;
    }
  }

 private:
  float* results() const { return scratch_ + plan_.results; }
  int32_t* Integers(int64_t place) const { return reinterpret_cast<int32_t*>(scratch_ + place); }

  void FindPositions() {
    int32_t *first = Integers(plan_.first), *position = Integers(plan_.positions);
    for (int64_t o = 0; o < w_.out; ++o, first += unit_, position += unit_) {
      std::fill_n(first, unit_, static_cast<int32_t>(w_.At(o).begin - o * w_.stride));
      std::fill_n(position, unit_, static_cast<int32_t>(o * w_.stride));
    }
    for (int64_t t = 0; t < w_.kernel; ++t) {
      positions_[t] = static_cast<int32_t>(t * w_.dilation - w_.before);
    }
  }

  void ReduceRows(const float* image, int64_t row, int64_t rows, float* to) {
    float* const padded = scratch_ + plan_.padded;
    const float* const x = image + row * call_.xs.h;
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
    if (call_.with_indices) {
      args.positions = positions_;
      args.position = static_cast<int32_t>(row * call_.w.in);
      args.position_step = static_cast<int32_t>(call_.w.in);
      args.item_positions = Integers(plan_.positions);
      args.first = Integers(plan_.first);
      args.index = reinterpret_cast<int32_t*>(to + plan_.indices - plan_.results);
    }
    call_.kernels().Of(args)(args);
  }

  // The same by way of columns, of which all rows are reduced at once.
  void RunAcross(const float* image, int64_t row, int64_t rows, float* to) const {
    const PoolKernels& k = *call_.op->kernels;
    const WindowAxis::Range seen = call_.w.Reach(column_, column_ + w_.out);
    float *const columns = scratch_ + plan_.padded, *const turned = scratch_ + plan_.turned;
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
    args.scratch = scratch_ + plan_.suffixes;
    k.transpose(image + row * call_.xs.h + seen.begin * unit_, call_.xs.h, rows,
                args.inputs * unit_, columns, rows);
    if (!call_.with_indices) {
      (call_.op->average ? k.sum_running : k.max_running.across)(args);
      return k.transpose(turned, rows, items_, rows, to, pitch_);
    }
    float* const indices = turned + rows * items_;  // in fact integers
    args.index = reinterpret_cast<int32_t*>(indices);
    args.position = static_cast<int32_t>(seen.begin);
    args.position_step = 1;
    k.max_indices_running.across(args);
    k.transpose(turned, rows, items_, rows, to, pitch_);
    float* const to_indices = to + plan_.indices - plan_.results;
    k.transpose(indices, rows, items_, rows, to_indices, pitch_);
    int32_t* index = reinterpret_cast<int32_t*>(to_indices);
    for (int64_t r = 0; r < rows; ++r, index += pitch_) {  // columns so far
      const auto first = static_cast<int32_t>((row + r) * call_.w.in);
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
    args.columns = call_.h.kernel;
    args.before = seen.begin - call_.h.Start(row);
    args.outputs = rows;
    args.items = items_;
    args.y = call_.y + at(call_.ys);
    args.y_step = call_.ys.h;
    args.one = 1;
    args.scratch = scratch_ + plan_.suffixes;
    const PoolKernels& k = *call_.op->kernels;
    if (call_.op->average) {
      args.divisor = call_.Divisor(call_.h.At(0), w_.At(0));
      return k.sum_running(args);
    }
    if (!call_.with_indices) return k.max_running.down(args);
    args.index_distance = plan_.indices - plan_.results;
    args.indices = call_.indices + at(call_.is);
    args.indices_step = call_.is.h;
    k.max_indices_running.down(args);
  }

  // Output rows whose windows are alike, from the results of the rows from `row` on.
  void ReduceColumns(int64_t n, int64_t channel, const WindowRun& run, int64_t row) {
    const Window& rows = run.first;
    const auto at = [&](const Strides& s) {
      return n * s.n + channel * s.c + run.begin * s.h + column_ * s.w;
    };
    for (int64_t t = 0; t < rows.taps; ++t) {
      row_results_[t] = results() + (rows.begin - row + t * call_.h.dilation) * pitch_;
    }
    WindowArgs args{};
    args.taps = row_results_;
    args.rows = 1;
    args.columns = rows.taps;
    args.columns_before = rows.skipped % kPartTaps;
    args.one = 1;
    args.last = true;
    args.y = call_.y + at(call_.ys);
    if (call_.op->average) args.divisor = call_.Divisor(rows, w_.At(0));
    if (call_.with_indices) {  // they lie as the results do
      args.index_distance = plan_.indices - plan_.results;
      args.indices = call_.indices + at(call_.is);
    }
    if (joined_) {
      if (!uniform_) args.divisors = Divisors(rows);
      args.outputs = run.size();
      args.x_step = run.step * pitch_;
      args.items = items_;
      args.y_step = call_.ys.h;
      args.indices_step = call_.is.h;
      return call_.kernels().Of(args)(args);
    }
    for (int64_t i = 0; i < run.size(); ++i) {
      call_.with_indices ? ReduceApart(args) : ReduceAndCopy(rows, args);
      args.offset += run.step * pitch_;
      args.y += call_.ys.h;
      if (call_.with_indices) args.indices += call_.is.h;
    }
  }

  // One output row, which is copied to y, where its pixels lie apart.
  void ReduceAndCopy(const Window& rows, WindowArgs args) const {
    float* const y = args.y;
    args.y = scratch_ + plan_.apart;
    args.outputs = 1;
    args.items = items_;
    if (!uniform_) args.divisors = Divisors(rows);
    call_.kernels().Of(args)(args);
    call_.op->kernels->copy_rows(args.y, unit_, w_.out, unit_, y, call_.ys.w);
  }

  // One output row with indices, whose pixels lie apart in y.
  void ReduceApart(WindowArgs args) const {
    args.outputs = w_.out;
    args.items = args.x_step = unit_;
    args.y_step = call_.ys.w;
    args.indices_step = call_.is.w;
    call_.kernels().Of(args)(args);
  }

  const float* Divisors(const Window& rows) const {
    float* to = scratch_ + plan_.divisors;
    for (int64_t o = 0; o < w_.out; ++o, to += unit_) {
      std::fill_n(to, unit_, call_.Divisor(rows, w_.At(o)));
    }
    return scratch_ + plan_.divisors;
  }

  const RowsPlan& plan_;
  const PoolCall& call_;
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

}  // namespace

const char* RefuseRows(const PoolCall& call) {
  if (call.h.adaptive || call.w.adaptive) return "the windows differ from each other";
  if (call.h.MayHaveEmptyWindow() || call.w.MayHaveEmptyWindow()) {
    return "there may be a window without a pixel";
  }
  const auto are_planes = [&](const Strides& s, int64_t width) { return width == 1 || s.w == 1; };
  const auto are_pixels = [&](const Strides& s) { return call.c == 1 || s.c == 1; };
  const bool planes = are_planes(call.xs, call.w.in) && are_planes(call.ys, call.w.out) &&
                      (!call.with_indices || are_planes(call.is, call.w.out));
  const bool pixels =
      are_pixels(call.xs) && are_pixels(call.ys) && (!call.with_indices || are_pixels(call.is));
  if (!planes && !pixels) return "x and what is written differ in layout";
  return call.with_indices ? RefuseLargePlanes(call) : nullptr;
}

void RunRows(const PoolCall& call) {
  const RowsPlan plan(call);
  const int64_t chunks = plan.planes ? call.c : CeilDiv(call.c, plan.unit);
  const EvenSplit rows(call.h.out, plan.rows), columns(call.w.out, plan.columns);
  const EvenSplit shares(call.n * chunks, ShareOf(call, call.n * chunks, columns.parts));
  // A task is a stretch of columns of a few planes; of one plane, if there are not enough for all
  // threads, a part of its rows.
  const int64_t parts = RowTasks(call, rows.parts, shares.parts * columns.parts);
  RunTasks(call.threads, shares.parts * columns.parts * parts, [&](int64_t i, int64_t slot) {
    const int64_t part = i % parts, column = i / parts % columns.parts;
    const int64_t share = i / parts / columns.parts;
    const int64_t begin = columns.Begin(column), width = columns.Begin(column + 1) - begin;
    float* const scratch = call.workspace + slot * plan.total;
    int64_t unit = std::min(plan.unit, call.c);
    std::optional<Stretch> stretch;
    for (int64_t j = shares.Begin(share); j < shares.Begin(share + 1); ++j) {
      const int64_t channel = j % chunks * plan.unit, rest = std::min(plan.unit, call.c - channel);
      if (!stretch || rest != unit) stretch.emplace(plan, unit = rest, begin, width, scratch);
      for (int64_t r = part * rows.parts / parts; r < (part + 1) * rows.parts / parts; ++r) {
        stretch->Run(j / chunks, channel, rows.Begin(r), rows.Begin(r + 1) - rows.Begin(r));
      }
    }
  });
}

int64_t RowsScratch(const PoolCall& call) { return RowsPlan(call).total; }

double EstimateRows(const PoolCall& call) {
  const RowsPlan plan(call);
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double lanes = number(call.op->lanes);
  const int64_t chunks = plan.planes ? call.c : CeilDiv(call.c, plan.unit);
  const double blocks = number(CeilDiv(call.w.out, plan.columns));  // of each row
  const double images = number(call.n * chunks);
  const double seen = number(CeilDiv(call.h.out, plan.rows)) * number(plan.seen);
  const double pixels = blocks * number(plan.pixels(plan.columns)) * number(plan.unit) / lanes;
  const double items = blocks * number(CeilDiv(plan.columns * plan.unit, call.op->lanes));
  // Less than a vector is copied as a whole one.
  const bool vectors = plan.unit >= call.op->lanes || call.w.stride <= (plan.unit == 1 ? 2 : 1);
  const double fill =
      vectors ? pixels * number(call.w.stride) * kCopyCycles : number(call.w.in) * kCopyCycles;
  const double copies = plan.planes ? 0 : (pixels + items) * kCopyCycles;
  // Running maxima take as long for any windows; running sums load a tap once for four outputs.
  const double height = number(call.h.kernel);
  const double taps = !plan.runs_down     ? height
                      : call.op->average  ? height * 0.5
                      : call.with_indices ? 1.5
                                          : 3;
  const double turns = (call.with_indices ? 3 : 2) * kTransposeCycles;
  const double runs = call.op->average    ? 4.5 + 0.2 * number(call.w.kernel)
                      : call.with_indices ? 12
                                          : 5.7;
  const double row =
      plan.runs_across
          ? items * (runs * std::max(1.0, lanes / number(plan.chunk * plan.unit)) + turns)
          : (plan.flat ? pixels : items) * (TapCycles(call) * number(call.w.kernel) + 2);
  const double column = items * (TapCycles(call) * taps + 2);
  const WindowAxis::Range inside = call.h.Inside();
  const double calls = blocks * (2 * seen / number(plan.chunk) + 1 +
                                 number(call.h.out - (inside.end - inside.begin)));
  // A few lines of each pixel arrive slowly, and again for each few channels.
  const bool far = plan.unit < call.c && !plan.planes && call.inputs() > Caches().l2 / 4;
  const double lines =
      far ? 40 * (pixels * number(call.w.stride) * seen + items * number(call.h.out)) : 0;
  const double waits = !plan.planes ? 1.35 : call.w.stride == 1 ? 1.5 : 2.3;
  return waits * KeptCycles(call) * images *
         (copies * number(call.h.out) + seen * (fill + row) +
          number(call.h.out) * (column + kOutputCycles) + calls * kCallCycles + lines);
}

}  // namespace windrow::internal
