// The gradient of a pooling, for each tile of rows and columns of dx of some channels (the parallel
// tasks). Where channels are not neighbours they become that in scratch memory, and lanes are
// always channels.
//
//   averages: dy / divisor of each row of outputs is summed up across, once for all rows that its
//     windows have; then, for each row of dx, down
//   maxima: each element takes those dy whose index is its own, of all windows that hold it
#include <algorithm>

#include "lib/pool/backward.h"

namespace windrow::internal {
namespace {

// Of each input of a tile along an axis the outputs whose windows hold it: the first one, counted
// from the tile's first, and how many; and how far apart they are.
struct InputOutputs {
  int32_t *first, *count;
  int64_t inputs, step = 1, stride;

  InputOutputs(const WindowAxis& axis, const WindowAxis::Range& tile, int64_t first_output,
               float* scratch)
      : first(reinterpret_cast<int32_t*>(scratch)),
        count(first + (tile.end - tile.begin)),
        inputs(tile.end - tile.begin),
        stride(std::min(axis.stride, inputs)) {
    for (int64_t i = 0; i < inputs; ++i) {
      const WindowAxis::Outputs of = axis.OutputsOf(tile.begin + i);
      first[i] = of.begin == of.end ? 0 : static_cast<int32_t>(of.begin - first_output);
      count[i] = static_cast<int32_t>(CeilDiv(of.end - of.begin, of.step));
      if (count[i] > 1) step = of.step;
    }
  }

  // Calls each(input, size, further) for runs of inputs a stride apart of equally many outputs,
  // which are so much further from one to the next.
  template <class Each>
  void ForRuns(const Each& each) const {
    for (int64_t phase = 0; phase < stride; ++phase) {
      for (int64_t i = phase, next; i < inputs; i = next) {
        next = i + stride;
        const int64_t further = next < inputs ? first[next] - first[i] : 0;
        while (next < inputs && count[next] == count[i] &&
               first[next] - first[next - stride] == further) {
          next += stride;
        }
        each(i, CeilDiv(next - i, stride), further);
      }
    }
  }
};

// Rows of pixels: from row to row, and from pixel to pixel.
template <class T>
struct Rows {
  T* data;
  ptrdiff_t row, pixel;
};

class TileRows {
 public:
  TileRows(const BackwardPlan& plan, const PoolBackwardBuffers& buffers, const GradientTile& tile,
           float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        k_(*shape_.op->kernels),
        tile_(tile),
        scratch_(scratch),
        rows_(shape_.h, tile.rows, tile.output_rows.begin, scratch + plan.at.rows),
        columns_(shape_.w, tile.columns, tile.outputs.begin, scratch + plan.at.columns) {}

  void Run() const {
    const int64_t c = tile_.dx.channels, outputs = tile_.outputs_width();
    const int64_t y_at = tile_.dx.At(shape_.ys, tile_.output_rows.begin, tile_.outputs.begin);
    const int64_t x_at = tile_.dx.At(shape_.xs, tile_.rows.begin, tile_.columns.begin);
    Rows<const float> dy{buffers_.dy + y_at, shape_.ys.h, shape_.ys.w};
    Rows<float> dx{buffers_.dx + x_at, shape_.xs.h, shape_.xs.w};
    if (plan_.stage_y) {
      float* const to = scratch_ + plan_.at.outputs;
      ToPixels(k_, dy.data, shape_.ys, tile_.outputs_height(), outputs, c, to);
      dy = {to, outputs * c, c};
    }
    if (plan_.stage_x) dx = {scratch_ + plan_.at.staged, tile_.dx.columns * c, c};
    if (plan_.by == GradientBy::kSums) {
      SumUp(dy, dx);
    } else {
      NarrowIndices();
      for (int64_t i = 0; i < rows_.inputs; ++i) Search(i, dy, dx);
    }
    if (plan_.stage_x) {
      FromPixels(k_.transpose, dx.data, shape_.xs, rows_.inputs, tile_.dx.columns, c,
                 buffers_.dx + x_at);
    }
  }

 private:
  // y = (x + x[distance] + ..., `count` of them from +0) / divisor, for lines of some pixels. Other
  // than the sums of a pooling these have one part, however long.
  void Sum(const Rows<const float>& x, int64_t count, ptrdiff_t distance, float divisor,
           int64_t lines, int64_t pixels, const Rows<float>& y) const {
    WindowArgs args{};
    args.x = x.data, args.x_line = x.row, args.x_step = x.pixel;
    args.rows = {1, 0, 1}, args.columns = {count, distance, count};
    args.lines = lines, args.outputs = pixels, args.items = tile_.dx.channels;
    args.y = y.data, args.y_line = y.row, args.y_step = y.pixel;
    args.pass = {.second = divisor == 1, .last = true, .divisor = divisor};
    k_.sum.row(args);
  }

  // dy / divisor of all outputs.
  void Divide(const Rows<const float>& dy) const {
    const int64_t c = tile_.dx.channels, left = tile_.outputs.begin, right = tile_.outputs.end;
    const auto [top, bottom] = tile_.output_rows;
    for (int64_t row = top, next_row; row < bottom; row = next_row) {
      const WindowRun run = shape_.h.RunFrom(row, bottom);
      next_row = run.end;
      for (int64_t o = left, next; o < right; o = next) {
        next = plan_.same_divisors ? right : shape_.w.RunFrom(o, right).end;
        Sum({dy.data + (row - top) * dy.row + (o - left) * dy.pixel, dy.row, dy.pixel}, 1, 0,
            shape_.Divisor(run.first, shape_.w.At(o)), run.size(), next - o,
            {quotients() + (row - top) * outputs_pitch() + (o - left) * c, outputs_pitch(), c});
      }
    }
  }

  // Across, and then down. Sums that go to dx are divided by 1, which makes NaNs canonical.
  void SumUp(const Rows<const float>& dy, const Rows<float>& dx) const {
    const int64_t c = tile_.dx.channels, pitch = tile_.dx.columns * c;
    float* const sums = scratch_ + plan_.at.sums;
    Divide(dy);
    columns_.ForRuns([&](int64_t p, int64_t size, int64_t further) {
      Sum({quotients() + columns_.first[p] * c, outputs_pitch(), further * c}, columns_.count[p],
          columns_.step * c, 0, tile_.outputs_height(), size,
          {sums + p * c, pitch, columns_.stride * c});
    });
    rows_.ForRuns([&](int64_t i, int64_t size, int64_t further) {
      Sum({sums + rows_.first[i] * pitch, further * pitch, c}, rows_.count[i], rows_.step * pitch,
          1, size, tile_.dx.columns, {dx.data + i * dx.row, rows_.stride * dx.row, dx.pixel});
    });
  }

  void Search(int64_t i, const Rows<const float>& dy, const Rows<float>& dx) const {
    const int64_t target = (tile_.rows.begin + i) * shape_.w.in + tile_.columns.begin;
    k_.search({.from = dy.data + rows_.first[i] * dy.row,
               .from_row = rows_.step * dy.row,
               .from_pixel = dy.pixel,
               .indices = indices() + rows_.first[i] * outputs_pitch(),
               .indices_row = rows_.step * outputs_pitch(),
               .rows = rows_.count[i],
               .first = columns_.first,
               .count = columns_.count,
               .step = columns_.step,
               .pixels = tile_.dx.columns,
               .items = tile_.dx.channels,
               .target = static_cast<int32_t>(target),
               .to = dx.data + i * dx.row,
               .to_pixel = dx.pixel});
  }

  int64_t outputs_pitch() const { return tile_.outputs_width() * tile_.dx.channels; }
  float* quotients() const { return scratch_ + plan_.at.quotients; }
  int32_t* indices() const { return reinterpret_cast<int32_t*>(scratch_ + plan_.at.indices); }

  // The indices of all outputs as pixels of 32 bits.
  void NarrowIndices() const {
    const Strides& s = shape_.is;
    const int64_t* const from =
        buffers_.indices + tile_.dx.At(s, tile_.output_rows.begin, tile_.outputs.begin);
    const int64_t rows = tile_.outputs_height(), columns = tile_.outputs_width();
    const int64_t channels = tile_.dx.channels;
    const auto plane = static_cast<int32_t>(shape_.h.in * shape_.w.in);
    const bool pixels = channels == 1 || s.c == 1;
    float* const planes = scratch_ + plan_.at.staged;
    int32_t* to = indices();
    bool good = true;
    ForRows(s, rows, columns, [&](int64_t offset, int64_t width, int64_t step) {
      const int64_t* const row = from + offset;
      if (pixels) {
        good &= k_.narrow({row, step, width, channels, plane, to});
      } else if (step == 1) {
        good &= k_.narrow({row, s.c, channels, width, plane, reinterpret_cast<int32_t*>(planes)});
        k_.transpose(planes, width, channels, width, reinterpret_cast<float*>(to), channels);
      } else {
        for (int64_t o = 0; o < width; ++o) {
          good &= k_.narrow({row + o * step, s.c, channels, 1, plane, to + o * channels});
        }
      }
      to += width * channels;
    });
    for (int64_t i = 0; !good && i < rows * columns * channels; ++i) {  // which one?
      CheckIndex(
          shape_,
          from[i / columns / channels * s.h + i / channels % columns * s.w + i % channels * s.c]);
    }
  }

  const BackwardPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const PoolKernels& k_;
  const GradientTile& tile_;
  float* const scratch_;
  const InputOutputs rows_, columns_;
};

}  // namespace

void SearchTile(const BackwardPlan& plan, const PoolBackwardBuffers& buffers,
                const GradientTile& tile, float* scratch) {
  TileRows(plan, buffers, tile, scratch).Run();
}

}  // namespace windrow::internal
