// Depthwise convolution of pixels (NHWC).
//
//   for each image, chunk of channels and band of output rows (the parallel tasks):
//     for each block of output pixels: find its inputs, then one call of the micro-kernel
//
// The kernel finds each input of a block through a table of pointers. Where a block's inputs are
// all inside the image the table is that of the block before, moved. At the edges it is made anew:
// padding leads to a row of zeros or, in the other modes, to the pixel it repeats. A zero is
// multiplied like any other input, so weights may be infinite. Nothing is copied.
#include "lib/conv/depthwise_blocks.h"

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

// Of any target that has blocks; their tails are computed in a buffer on the stack.
constexpr int64_t kMaxLanes = 64;
constexpr int64_t kMaxChunk = 1024;  // channels of a task

// What a padded tap reads. The last vector may begin before a chunk and end past it.
alignas(kAlignment) constexpr std::array<float, kMaxLanes + kMaxChunk + kMaxLanes> kZeros{};

// The blocks for this call, or null if there are none.
const DepthwiseTable* Blocks(const ConvShape& call) {
  const ConvOp& op = *call.op;
  if (!op.depthwise()) return nullptr;
  const Axis &h = call.h, &w = call.w;  // which in a band may differ from the op's
  if (h.kernel != w.kernel || (h.kernel != 3 && h.kernel != 5)) return nullptr;
  if (h.stride != w.stride || h.stride > 2) return nullptr;
  if (h.dilation != 1 || w.dilation != 1) return nullptr;
  if (op.in_channels < op.lanes || op.lanes > kMaxLanes) return nullptr;
  const auto pixels = [](const Strides& s) { return s.c == 1; };
  if (!pixels(call.xs) || !call.OfOutputs(pixels)) return nullptr;
  const DepthwiseTable& blocks = op.tiles->depthwise_blocks[h.kernel == 3 ? 0 : 1][h.stride - 1];
  return blocks.max_rows == 0 ? nullptr : &blocks;
}

// Outputs [row, row + rows) x [column, column + columns).
struct Block {
  int64_t row, column;
  int rows, columns;
};

class Task {
 public:
  Task(const DepthwiseBlocksPlan& plan, const ConvBuffers& buffers, int64_t index)
      : plan_(plan),
        call_(plan.shape),
        buffers_(buffers),
        lanes_(call_.op->lanes),
        n_(index / plan.bands / plan.chunks.parts),
        taps_(call_.h.kernel * call_.w.kernel) {
    const int64_t chunk = index / plan.bands % plan.chunks.parts, band = index % plan.bands;
    row_begin_ = band * plan.rows.parts / plan.bands;
    row_end_ = (band + 1) * plan.rows.parts / plan.bands;
    begin_ = plan.chunks.Begin(chunk) * lanes_;
    end_ = plan.chunks.Begin(chunk + 1) * lanes_;
    const bool last = chunk + 1 == plan.chunks.parts;
    tail_ = last ? call_.op->in_channels - end_ : 0;
    call_.op->SetClamp(args_);
    args_.pixels = pixels_.data();
  }

  void Run() {
    for (int64_t i = row_begin_; i < row_end_; ++i) {
      const int64_t row = plan_.rows.Begin(i);
      const int rows = static_cast<int>(plan_.rows.Begin(i + 1) - row);
      for (int64_t j = 0; j < plan_.columns.parts; ++j) {
        const int64_t column = plan_.columns.Begin(j);
        RunBlock({row, column, rows, static_cast<int>(plan_.columns.Begin(j + 1) - column)});
      }
    }
  }

 private:
  void RunBlock(const Block& b) {
    FindPixels(b);
    const int64_t at = n_ * call_.ys.n + b.row * call_.ys.h + b.column * call_.ys.w;
    args_.weights = call_.weights->vectors() + begin_ * taps_;
    args_.bias = call_.weights->bias() + begin_;
    args_.channels = end_ - begin_;
    args_.prefetch = b.columns * call_.w.stride * call_.xs.w;
    args_.y = buffers_.y + at + begin_;
    args_.y_row = call_.ys.h;
    args_.y_column = call_.ys.w;
    if (buffers_.residual != nullptr) {
      args_.residual =
          buffers_.residual + n_ * call_.rs.n + b.row * call_.rs.h + b.column * call_.rs.w + begin_;
      args_.residual_row = call_.rs.h;
      args_.residual_column = call_.rs.w;
    }
    const DepthwiseFn block = plan_.blocks->block[b.rows][b.columns];
    block(args_);
    if (tail_ != 0) RunTail(b, block);
  }

  // The vector that ends with the last channel begins inside the one before: it is computed whole,
  // into a buffer, and the lanes that are new are copied.
  void RunTail(const Block& b, DepthwiseFn block) {
    alignas(kAlignment) float buffer[kMaxBlockRows * kMaxBlockColumns * kMaxLanes];
    const ptrdiff_t back = end_ - begin_ + tail_ - lanes_;  // from the chunk's first channel
    float* const y = args_.y + (end_ - begin_);
    args_.offset += back;
    args_.weights += (end_ - begin_) * taps_;
    args_.bias += back;
    if (args_.residual != nullptr) args_.residual += back;
    args_.channels = lanes_;
    args_.y = buffer;
    args_.y_row = b.columns * lanes_;
    args_.y_column = lanes_;
    block(args_);
    args_.offset -= back;
    for (int r = 0; r < b.rows; ++r) {
      for (int c = 0; c < b.columns; ++c) {
        std::copy_n(buffer + (r * b.columns + c + 1) * lanes_ - tail_, tail_,
                    y + r * call_.ys.h + c * call_.ys.w);
      }
    }
  }

  // Fills the table and the offset.
  void FindPixels(const Block& b) {
    const Axis& h = call_.h;
    const Axis& w = call_.w;
    const int64_t row = h.Position(b.row, 0), column = w.Position(b.column, 0);
    const int64_t high = (b.rows - 1) * h.stride + h.kernel;
    const int64_t wide = (b.columns - 1) * w.stride + w.kernel;
    const float* const x = buffers_.x + n_ * call_.xs.n + begin_;
    if (row < 0 || column < 0 || row + high > h.in || column + wide > w.in) {
      FindPaddedPixels(x, row, column, high, wide);
      inside_rows_ = 0;
      args_.offset = 0;
      return;
    }
    if (inside_rows_ != b.rows || inside_columns_ != b.columns) {
      for (int64_t r = 0; r < high; ++r) {
        for (int64_t c = 0; c < wide; ++c) {
          pixels_[static_cast<size_t>(r * wide + c)] = x + r * call_.xs.h + c * call_.xs.w;
        }
      }
      inside_rows_ = b.rows;
      inside_columns_ = b.columns;
    }
    args_.offset = row * call_.xs.h + column * call_.xs.w;
  }

  void FindPaddedPixels(const float* x, int64_t row, int64_t column, int64_t high, int64_t wide) {
    for (int64_t r = 0; r < high; ++r) {
      const int64_t ih = Source(call_.h, row + r);
      for (int64_t c = 0; c < wide; ++c) {
        const int64_t iw = Source(call_.w, column + c);
        pixels_[static_cast<size_t>(r * wide + c)] =
            ih < 0 || iw < 0 ? kZeros.data() + kMaxLanes : x + ih * call_.xs.h + iw * call_.xs.w;
      }
    }
  }

  int64_t Source(const Axis& axis, int64_t position) const {
    return axis.Source(position, call_.op->mode);
  }

  const DepthwiseBlocksPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const int64_t lanes_, n_, taps_;
  int64_t row_begin_, row_end_;  // of blocks
  int64_t begin_, end_, tail_;   // of channels: in whole vectors, and those after
  DepthwiseArgs args_{};
  std::array<const float*, kMaxBlockInputs> pixels_;
  int inside_rows_ = 0, inside_columns_ = 0;  // of the block whose table this is; 0: of none inside
};

}  // namespace

std::optional<DepthwiseBlocksPlan> PlanDepthwiseBlocks(const ConvShape& shape) {
  const DepthwiseTable* const blocks = Blocks(shape);
  if (blocks == nullptr) return std::nullopt;
  const ConvOp& op = *shape.op;
  // Of another shape: a row less, or half as many columns.
  int rows = blocks->max_rows, columns = blocks->max_columns;
  if (shape.is(PlanVariant::kTile)) {
    if (rows > 1) {
      --rows;
    } else {
      columns /= 2;
    }
  }
  const int64_t chunk = kMaxChunk / (shape.is(PlanVariant::kBlocks) ? 4 : 1);
  DepthwiseBlocksPlan p{.shape = shape,
                        .cycles = 0,
                        .varied = false,
                        .blocks = blocks,
                        .rows = EvenSplit(shape.h.out, rows),
                        .columns = EvenSplit(shape.w.out, columns),
                        .chunks = EvenSplit(op.in_channels / op.lanes, chunk / op.lanes),
                        .bands = 1};
  p.varied = p.rows.parts != EvenSplit(shape.h.out, blocks->max_rows).parts ||
             p.columns.parts != EvenSplit(shape.w.out, blocks->max_columns).parts ||
             p.chunks.parts != EvenSplit(op.in_channels / op.lanes, kMaxChunk / op.lanes).parts;
  p.bands = std::min(BandsForThreads(shape, p.chunks.parts * shape.n), p.rows.parts);
  const auto outputs = static_cast<double>(
      SaturatedProduct({shape.n, shape.h.out, shape.w.out, CeilDiv(op.out_channels, op.lanes)}));
  p.cycles = outputs * (static_cast<double>(shape.h.kernel * shape.w.kernel) + 1.5);
  return p;
}

void DepthwiseBlocksPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  RunTasks(shape.threads, shape.n * chunks.parts * bands,
           [&](int64_t i, int64_t) { Task(*this, buffers, i).Run(); });
}

std::string DepthwiseBlocksPlan::Describe() const {
  const int lanes = shape.op->lanes;
  return StrCat(blocks->max_rows, " x ", blocks->max_columns, " pixels, a vector of ", lanes,
                lanes == 1 ? " lane" : " lanes");
}

}  // namespace windrow::internal
