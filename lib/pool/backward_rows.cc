// The gradient of a pooling, for each tile of rows and columns of dx of some channels (the parallel
// tasks). Where channels are not neighbours they become that in scratch memory, and lanes are
// always channels.
//
//   averages: dy / divisor of each row of outputs is summed up across, once for all rows that its
//     windows have; then, for each row of dx, down
//   maxima: each element takes those dy whose index is its own, of all windows that hold it; or, of
//     large windows, each output adds to the element at its index (backward_scattered.cc)
#include "lib/pool/backward_rows.h"

#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/pool/pixel_copies.h"
#include "lib/pool/strategies.h"

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
  TileRows(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
           const GradientTile& tile, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        k_(*shape_.op->kernels),
        tile_(tile),
        scratch_(scratch),
        rows_(shape_.h, tile.rows, tile.output_rows.begin, scratch + plan.at.rows),
        columns_(shape_.w, tile.columns, tile.outputs.begin, scratch + plan.at.columns) {}

  void Run() const {
    const int64_t c = tile_.channels, outputs = tile_.outputs_width();
    const int64_t y_at = tile_.At(shape_.ys, tile_.output_rows.begin, tile_.outputs.begin);
    const int64_t x_at = tile_.At(shape_.xs, tile_.rows.begin, tile_.columns.begin);
    Rows<const float> dy{buffers_.dy + y_at, shape_.ys.h, shape_.ys.w};
    Rows<float> dx{buffers_.dx + x_at, shape_.xs.h, shape_.xs.w};
    if (plan_.stage_y) {
      float* const to = scratch_ + plan_.at.outputs;
      ToPixels(k_, dy.data, shape_.ys, output_rows(), outputs, c, to);
      dy = {to, outputs * c, c};
    }
    if (plan_.stage_x) dx = {scratch_ + plan_.at.staged, tile_.width() * c, c};
    if (plan_.by == GradientBy::kSums) {
      SumUp(dy, dx);
    } else {
      NarrowIndices();
      for (int64_t i = 0; i < rows_.inputs; ++i) Search(i, dy, dx);
    }
    if (plan_.stage_x) {
      FromPixels(k_.transpose, dx.data, shape_.xs, rows_.inputs, tile_.width(), c,
                 buffers_.dx + x_at);
    }
  }

 private:
  int64_t output_rows() const { return tile_.output_rows.end - tile_.output_rows.begin; }

  // y = (x + x[distance] + ..., `count` of them from +0) / divisor, for lines of some pixels. Other
  // than the sums of a pooling these have one part.
  void Sum(const Rows<const float>& x, int64_t count, ptrdiff_t distance, float divisor,
           int64_t lines, int64_t pixels, const Rows<float>& y) const {
    WindowArgs args{};
    args.x = x.data, args.x_line = x.row, args.x_step = x.pixel;
    args.rows = 1, args.columns = count, args.x_column = distance;
    args.lines = lines, args.outputs = pixels, args.items = tile_.channels;
    args.y = y.data, args.y_line = y.row, args.y_step = y.pixel;
    args.pass.second = divisor == 1, args.pass.divisor = divisor, args.pass.columns_before = -count;
    k_.sum.row(args);
  }

  // Output rows [first, last), counted from the tile's first.
  void Divide(const Rows<const float>& dy, int64_t first, int64_t last) const {
    const int64_t c = tile_.channels, begin = tile_.outputs.begin, end = tile_.outputs.end;
    for (int64_t r = first, next_row; r < last; r = next_row) {
      const int64_t row = tile_.output_rows.begin;
      const WindowRun run = shape_.h.RunFrom(row + r, row + last);
      next_row = run.end - row;
      for (int64_t o = begin, next; o < end; o = next) {
        next = plan_.same_divisors ? end : shape_.w.RunFrom(o, end).end;
        Sum({dy.data + r * dy.row + (o - begin) * dy.pixel, dy.row, dy.pixel}, 1, 0,
            shape_.Divisor(run.first, shape_.w.At(o)), run.size(), next - o,
            {quotients() + (r - first) * outputs_pitch() + (o - begin) * c, outputs_pitch(), c});
      }
    }
  }

  // A few rows across, and then down. Sums that go to dx are divided by 1, which makes NaNs
  // canonical.
  void SumUp(const Rows<const float>& dy, const Rows<float>& dx) const {
    const int64_t c = tile_.channels, pitch = tile_.width() * c;
    float* const sums = scratch_ + plan_.at.sums;
    for (int64_t r = 0, end; r < output_rows(); r = end) {
      end = std::min(r + plan_.divided_rows, output_rows());
      Divide(dy, r, end);
      if (!plan_.sums_down) break;
      SumAcross(quotients(), outputs_pitch(), 1, 0, end - r, {sums + r * pitch, pitch, c});
    }
    rows_.ForRuns([&](int64_t i, int64_t size, int64_t further) {
      const Rows<float> to{dx.data + i * dx.row, rows_.stride * dx.row, dx.pixel};
      const int64_t first = rows_.first[i], count = rows_.count[i];
      if (!plan_.sums_down) {
        const float* const from = quotients() + first * outputs_pitch();
        return SumAcross(from, further * outputs_pitch(), count, 1, size, to);
      }
      Sum({sums + first * pitch, further * pitch, c}, count, rows_.step * pitch, 1, size,
          tile_.width(), to);
    });
  }

  // From so many rows for each line, none or one.
  void SumAcross(const float* from, ptrdiff_t from_row, int64_t rows, float divisor, int64_t lines,
                 const Rows<float>& to) const {
    const int64_t c = tile_.channels;
    columns_.ForRuns([&](int64_t p, int64_t size, int64_t further) {
      Sum({from + columns_.first[p] * c, from_row, further * c}, rows * columns_.count[p],
          columns_.step * c, divisor, lines, size,
          {to.data + p * to.pixel, to.row, columns_.stride * to.pixel});
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
               .pixels = tile_.width(),
               .items = tile_.channels,
               .target = static_cast<int32_t>(target),
               .to = dx.data + i * dx.row,
               .to_pixel = dx.pixel});
  }

  int64_t outputs_pitch() const { return tile_.outputs_width() * tile_.channels; }
  float* quotients() const { return scratch_ + plan_.at.quotients; }
  int32_t* indices() const { return reinterpret_cast<int32_t*>(scratch_ + plan_.at.indices); }

  // The indices of all outputs as pixels of 32 bits.
  void NarrowIndices() const {
    const Strides& s = shape_.is;
    const int64_t* const from =
        buffers_.indices + tile_.At(s, tile_.output_rows.begin, tile_.outputs.begin);
    int32_t* to = indices();
    if (NarrowRows(from, to)) return;
    for (int64_t r = 0; r < output_rows(); ++r) {
      for (int64_t o = 0; o < tile_.outputs_width(); ++o) {
        for (int64_t c = 0; c < tile_.channels; ++c) {
          const int64_t index = from[r * s.h + o * s.w + c * s.c];
          CheckIndex(shape_, index);
          *to++ = static_cast<int32_t>(index);
        }
      }
    }
  }

  // Of pixels or planes; false if they are neither, or an index is none of its plane.
  bool NarrowRows(const int64_t* from, int32_t* to) const {
    const Strides& s = shape_.is;
    const int64_t channels = tile_.channels;
    const bool pixels = channels == 1 || s.c == 1;
    if (!pixels && !PoolShape::ArePlanes(s, tile_.outputs_width())) return false;
    float* const planes = scratch_ + plan_.at.staged;
    bool good = true;
    ForRows(
        s, output_rows(), tile_.outputs_width(), [&](int64_t offset, int64_t width, int64_t step) {
          good &= k_.narrow({.from = from + offset,
                             .from_pixel = pixels ? step : s.c,
                             .pixels = pixels ? width : channels,
                             .items = pixels ? channels : width,
                             .plane = static_cast<int32_t>(shape_.h.in * shape_.w.in),
                             .to = pixels ? to : reinterpret_cast<int32_t*>(planes)});
          if (!pixels) {
            k_.transpose(planes, width, channels, width, reinterpret_cast<float*>(to), channels);
          }
          to += width * channels;
        });
    return good;
  }

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const PoolKernels& k_;
  const GradientTile& tile_;
  float* const scratch_;
  const InputOutputs rows_, columns_;
};

// The shape with the planes of all images as channels of one, where they follow each other.
PoolShape WithPlanesAsChannels(PoolShape shape) {
  const auto follow = [&shape](const Strides& s) { return shape.c == 1 || s.n == shape.c * s.c; };
  if (!follow(shape.xs) || !follow(shape.ys) || (shape.with_indices && !follow(shape.is))) {
    return shape;
  }
  if (shape.c == 1) shape.xs.c = shape.xs.n, shape.ys.c = shape.ys.n, shape.is.c = shape.is.n;
  shape.c *= shape.n;
  shape.n = 1;
  return shape;
}

}  // namespace

void BackwardRowsPlan::Run(const PoolBackwardBuffers& buffers) const {
  const int64_t chunks = CeilDiv(shape.c, channels), bytes = ScratchBytes();
  const EvenSplit row_parts(shape.h.in, rows), column_parts(shape.w.in, columns);
  const int64_t tiles = row_parts.parts * column_parts.parts;
  RunTasks(shape.threads, shape.n * chunks * tiles, [&](int64_t i, int64_t slot) {
    const int64_t r = i % tiles / column_parts.parts, c = i % column_parts.parts;
    const int64_t chunk = i / tiles % chunks * channels;
    GradientTile tile{.n = i / tiles / chunks,
                      .channel = chunk,
                      .channels = std::min(channels, shape.c - chunk),
                      .rows = {row_parts.Begin(r), row_parts.Begin(r + 1)},
                      .columns = {column_parts.Begin(c), column_parts.Begin(c + 1)},
                      .output_rows = {},
                      .outputs = {}};
    tile.output_rows = shape.h.OutputsReaching(tile.rows.begin, tile.rows.end);
    tile.outputs = shape.w.OutputsReaching(tile.columns.begin, tile.columns.end);
    auto* const scratch = reinterpret_cast<float*>(buffers.scratch + slot * bytes);
    if (by != GradientBy::kScatter) return TileRows(*this, buffers, tile, scratch).Run();
    ScatterTile(shape, buffers, tile, scratch + at.sums);
  });
}

const char* ConsiderBackwardRows(const PoolShape& shape, PoolBackwardPlan& plan) {
  return Offer<BackwardRowsPlan>(shape.with_indices ? RefuseLargePlanes(shape) : nullptr,
                                 WithPlanesAsChannels(WithImagesAsRows(shape)), plan);
}

}  // namespace windrow::internal
