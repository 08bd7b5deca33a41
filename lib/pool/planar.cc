// Pooling of planes (NCHW). For each block of output rows and columns of a plane:
//
//   1. the input rows it sees are padded, and taken apart by the stride (padded_rows.h)
//   2. each of these rows is reduced along the kernel's width: one call for all of them
//   3. each output row is reduced from the results of its input rows
//
// Rows first is the canonical order of sums, and finds the first of equal maxima. It also makes
// windows that overlap share the results of a row, so that the cost of an output grows with the
// kernel's height plus its width.
#include "lib/pool/planar.h"

#include <algorithm>
#include <limits>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/padded_rows.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kPointer = sizeof(void*) / sizeof(float);  // floats of one

// The input rows that so many output rows see, at most.
int64_t RowsSeen(const PoolCall& call, int64_t rows) {
  return std::min(call.h.in, (rows - 1) * call.h.stride + call.h.extent());
}

// The scratch memory of a block, part by part.
struct Scratch {
  PaddedRows rows;
  int64_t results, indices, first, divisors, taps, total;

  Scratch(const PoolCall& c, int64_t block_rows, int64_t block_columns)
      : rows(*c.op->kernels, PartOf(c.w, 0, block_columns), RowsSeen(c, block_rows), c.xs.h) {
    const int64_t seen = RowsSeen(c, block_rows), lanes = c.op->lanes;
    int64_t end = 0;
    const auto place = [&](int64_t floats) {
      const int64_t at = end;
      end += RoundUp(floats, 16);
      return at;
    };
    // A block further to the right may be one that is copied where the first is read in place.
    place(c.w.stride * RoundUp(seen * RowPitch(c, block_columns), 16));
    results = place(seen * RowPitch(c, block_columns));
    indices = place(c.with_indices ? seen * RowPitch(c, block_columns) : 0);
    first = place(c.with_indices ? block_columns + lanes : 0);
    divisors = place(c.op->average ? block_columns + lanes : 0);
    taps = place((2 * kPointer + 1) * (c.w.kernel + c.h.kernel));
    total = end;
  }
  static int64_t RowPitch(const PoolCall& c, int64_t columns) {
    const int64_t padded = columns + (c.w.extent() - 1) / c.w.stride;
    return c.w.stride == 1 ? std::max(padded, std::min(c.xs.h, c.w.in + 64)) : padded;
  }
};

class Block {
 public:
  // For blocks of `rows` x `columns` outputs from `column` on.
  Block(const PoolCall& call, int64_t rows, int64_t column, int64_t columns, const Scratch& layout,
        float* scratch)
      : call_(call),
        layout_(layout),
        w_(PartOf(call.w, column, columns)),
        column_(column),
        padded_(*call.op->kernels, w_, RowsSeen(call, rows), call.xs.h),
        scratch_(scratch),
        taps_(reinterpret_cast<const float**>(scratch + layout.taps)),
        row_results_(taps_ + call.w.kernel),
        positions_(reinterpret_cast<int32_t*>(row_results_ + call.h.kernel)) {
    padded_.Pad(call.op->average ? 0 : -std::numeric_limits<float>::infinity(), scratch_);
    padded_.FindTaps(nullptr, scratch_, taps_);
    uniform_ = !call.op->average || SameDivisors();
    if (!call.with_indices) return;
    int32_t* const first = Integers(layout.first);
    for (int64_t o = 0; o < columns; ++o) {
      first[o] = static_cast<int32_t>(w_.At(o).begin - o * w_.stride);
    }
    for (int64_t t = 0; t < w_.kernel; ++t) {
      positions_[t] = static_cast<int32_t>(t * w_.dilation - w_.before);
    }
  }

  // Of one plane, the output rows [row, row + rows).
  void Run(int64_t n, int64_t c, int64_t row, int64_t rows) {
    const WindowAxis::Range seen = call_.h.Reach(row, row + rows);
    ReduceRows(call_.x + n * call_.xs.n + c * call_.xs.c, seen.begin, seen.end - seen.begin);
    for (int64_t o = row; o < row + rows;) {
      const WindowRun run = call_.h.RunFrom(o, row + rows);
      ReduceColumns(n, c, run, seen.begin);
      o = run.end;
    }
  }

 private:
  int32_t* Integers(int64_t place) const { return reinterpret_cast<int32_t*>(scratch_ + place); }
  float* results() const { return scratch_ + layout_.results; }

  // Whether an average of a row divides all its sums by the same.
  bool SameDivisors() const {
    const Window rows{0, 1, 1}, first = w_.At(0);
    for (int64_t o = 1; o < w_.out; ++o) {
      if (call_.Divisor(rows, w_.At(o)) != call_.Divisor(rows, first)) return false;
    }
    return true;
  }

  void ReduceRows(const float* plane, int64_t row, int64_t rows) {
    const float* const x = plane + row * call_.xs.h;
    padded_.Fill(x, call_.xs.h, rows, scratch_);
    WindowArgs args{};
    args.taps = taps_;
    if (padded_.in_place()) padded_.FindTaps(x, scratch_, taps_);
    args.rows = 1;
    args.columns = w_.kernel;
    args.y = results();
    args.one = 1;
    const int64_t pitch = padded_.pitch();
    if (call_.with_indices) {
      args.outputs = rows;
      args.x_step = args.y_step = pitch;
      args.items = w_.out;
      args.positions = positions_;
      args.position = static_cast<int32_t>(row * call_.w.in);
      args.position_step = static_cast<int32_t>(call_.w.in);
      args.item_step = static_cast<int32_t>(w_.stride);
      args.first = Integers(layout_.first);
      args.index = Integers(layout_.indices);
      call_.kernels().row(args);
      return;
    }
    // All rows as one; what lies between their outputs is computed in vain.
    args.outputs = 1;
    args.items = (rows - 1) * pitch + w_.out;
    call_.kernels().row(args);
  }

  // Outputs rows whose windows are alike, from the results of the rows from `row` on.
  void ReduceColumns(int64_t n, int64_t c, const WindowRun& run, int64_t row) {
    const Window& rows = run.first;
    const int64_t pitch = padded_.pitch();
    const auto at = [&](const Strides& s) {
      return n * s.n + c * s.c + run.begin * s.h + column_ * s.w;
    };
    for (int64_t t = 0; t < rows.taps; ++t) {
      row_results_[t] = results() + (rows.begin - row + t * call_.h.dilation) * pitch;
    }
    WindowArgs args{};
    args.taps = row_results_;
    args.rows = 1;
    args.columns = rows.taps;
    args.outputs = run.size();
    args.x_step = run.step * pitch;
    args.items = w_.out;
    args.y = call_.y + at(call_.ys);
    args.y_step = call_.ys.h;
    args.one = 1;
    if (call_.op->average) SetDivisor(rows, args);
    if (call_.with_indices) {
      // The indices lie as the results do.
      args.index_distance = layout_.indices - layout_.results;
      args.indices = call_.indices + at(call_.is);
      args.indices_step = call_.is.h;
    }
    call_.kernels().row(args);
  }

  void SetDivisor(const Window& rows, WindowArgs& args) {
    args.divisor = call_.Divisor(rows, w_.At(0));
    if (uniform_) return;
    float* const divisors = scratch_ + layout_.divisors;
    for (int64_t o = 0; o < w_.out; ++o) divisors[o] = call_.Divisor(rows, w_.At(o));
    args.divisors = divisors;
  }

  const PoolCall& call_;
  const Scratch& layout_;
  const WindowAxis w_;
  const int64_t column_;
  const PaddedRows padded_;
  float* const scratch_;
  const float** const taps_;         // of the first row
  const float** const row_results_;  // of an output row
  int32_t* const positions_;
  bool uniform_;
};

struct Plan {
  int64_t rows, columns, planes;  // of a task, at most
};

// A block's scratch fits half the L1 cache if its rows then are not mostly those of its neighbours;
// in any case half the L2 cache, or as much as a few outputs need.
Plan MakePlan(const PoolCall& call) {
  const CacheSizes& caches = Caches();
  Plan p{call.h.out, call.w.out, 1};
  const auto bytes = [&] { return Scratch(call, p.rows, p.columns).total * kFloat; };
  const int64_t few = CeilDiv(2 * call.h.extent(), call.h.stride);
  while (p.rows > few && bytes() > caches.l1d / 2) p.rows = CeilDiv(p.rows, 2);
  while (p.columns > 256 && bytes() > caches.l2 / 2) p.columns = CeilDiv(p.columns, 2);
  while (p.rows > 1 && bytes() > caches.l2 / 2) p.rows = CeilDiv(p.rows, 2);
  while (p.columns > call.op->lanes && bytes() > caches.l2 / 2) p.columns = CeilDiv(p.columns, 2);
  const int64_t planes = call.n * call.c;
  p.planes = ShareOf(call, planes, 1);
  if (planes < WantedTasks(call)) p.rows = std::min(p.rows, ShareOf(call, call.h.out, planes));
  return p;
}

// A window that has no tap, of a dilated kernel.
bool HasEmptyWindow(const WindowAxis& axis) {
  if (axis.adaptive || axis.dilation == 1) return false;
  const WindowAxis::Range inside = axis.Inside();
  for (int64_t o = 0; o < axis.out; ++o) {
    if (o == inside.begin && inside.end > o) o = inside.end - 1;
    if (axis.At(o).taps == 0) return true;
  }
  return false;
}

}  // namespace

const char* RefusePlanar(const PoolCall& call) {
  if (call.w.in > 1 && call.xs.w != 1) return "the pixels of a row of x are not neighbours";
  if (call.w.out > 1 && call.ys.w != 1) return "the pixels of a row of y are not neighbours";
  if (call.h.adaptive || call.w.adaptive) return "the windows differ from each other";
  if (HasEmptyWindow(call.h) || HasEmptyWindow(call.w)) return "there is a window without a pixel";
  if (!call.with_indices) return nullptr;
  if (call.w.out > 1 && call.is.w != 1) return "the pixels of a row of indices are not neighbours";
  return RefuseLargePlanes(call);
}

void RunPlanar(const PoolCall& call) {
  const Plan plan = MakePlan(call);
  const Scratch layout(call, plan.rows, plan.columns);
  const int64_t planes = call.n * call.c;
  const EvenSplit shares(planes, plan.planes), rows(call.h.out, plan.rows),
      columns(call.w.out, plan.columns);
  // A task is a stretch of columns of a few planes; of one plane, if there are not enough for all
  // threads, a part of its rows.
  const int64_t parts = planes < WantedTasks(call) ? rows.parts : 1;
  RunTasks(call.threads, shares.parts * columns.parts * parts, [&](int64_t i, int64_t slot) {
    const int64_t part = i % parts, column = i / parts % columns.parts;
    const int64_t share = i / parts / columns.parts;
    const int64_t begin = columns.Begin(column), end = columns.Begin(column + 1);
    Block block(call, plan.rows, begin, end - begin, layout, call.workspace + slot * layout.total);
    for (int64_t plane = shares.Begin(share); plane < shares.Begin(share + 1); ++plane) {
      for (int64_t r = part; r < rows.parts; r += parts) {
        block.Run(plane / call.c, plane % call.c, rows.Begin(r), rows.Begin(r + 1) - rows.Begin(r));
      }
    }
    call.op->kernels->leave();
  });
}

int64_t PlanarWorkspace(const PoolCall& call) {
  const Plan plan = MakePlan(call);
  return Scratch(call, plan.rows, plan.columns).total * call.threads;
}

double EstimatePlanar(const PoolCall& call) {
  const auto lanes = static_cast<double>(call.op->lanes);
  const auto planes = static_cast<double>(call.n * call.c);
  const auto seen = static_cast<double>(RowsSeen(call, call.h.out));
  const double row =
      static_cast<double>(call.w.out + (call.w.extent() - 1) / call.w.stride) / lanes;
  const double fill = call.w.stride == 1   ? kCopyCycles * seen * row
                      : call.w.stride == 2 ? 2 * kStrideCycles * seen * row
                                           : seen * static_cast<double>(call.w.in);
  const double rows = seen * row * (TapCycles(call) * static_cast<double>(call.w.kernel) + 2);
  const double vectors = static_cast<double>(CeilDiv(call.w.out, call.op->lanes) * call.h.out);
  const double columns = vectors * (TapCycles(call) * static_cast<double>(call.h.kernel) + 2);
  const WindowAxis::Range inside = call.h.Inside();
  const auto calls = static_cast<double>(3 + call.h.out - (inside.end - inside.begin));
  return planes * (fill + rows + columns + calls * kCallCycles +
                   static_cast<double>(call.h.out) * kOutputCycles);
}

}  // namespace windrow::internal
