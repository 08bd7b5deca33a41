// What an output row adds to the rows of dx that its windows have, put into scratch memory: rows of
// pixels of a tile, which are a few channels, or one of a plane.
#ifndef WINDROW_LIB_POOL_BACKWARD_TERMS_H_
#define WINDROW_LIB_POOL_BACKWARD_TERMS_H_

#include <cstdint>
#include <optional>

#include "lib/pool/backward.h"
#include "lib/pool/backward_rows_plan.h"
#include "lib/pool/window_axis.h"

namespace windrow::internal {

// Rows and columns of dx, and the output columns that reach them.
struct GradientTile {
  WindowAxis::Range rows, columns, outputs;
  // Where its first element is computed, of the channels at hand: in dx or in scratch memory.
  float* dx;
  ptrdiff_t dx_row, dx_pixel;

  float* Row(int64_t row) const { return dx + (row - rows.begin) * dx_row; }

  int64_t width() const { return columns.end - columns.begin; }
  int64_t outputs_width() const { return outputs.end - outputs.begin; }
};

// Channels of an image.
struct ImageChannels {
  int64_t n, first, count;

  int64_t At(const Strides& s, int64_t row, int64_t column) const {
    return n * s.n + first * s.c + row * s.h + column * s.w;
  }
};

// A row of pixels whose channels are no neighbours, as pixels whose channels are.
void ToPixels(const PoolShape& shape, const float* from, const Strides& strides, int64_t channels,
              int64_t pixels, float* to);

// Rows `first`, `first` + step, ... of dx, which get the same terms at the same time.
struct GradientRows {
  int64_t first, count, step;
  int64_t tap;        // of the window's taps in the tile, the one that the first is
  bool begins, ends;  // whether nothing was added to them yet, or will be afterwards
};

// Of each column of the tile, the first output whose window holds it, counted from the tile's
// first, and how many there are; returns how far apart they are.
int64_t ListOutputs(const WindowAxis& w, const GradientTile& tile, int32_t* first, int32_t* count);

// The lines of dx that the kernel adds to, but for what it adds.
AddLinesArgs LinesOf(const GradientTile& tile, const ImageChannels& channels,
                     const GradientRows& rows);

// A row of outputs of one plane as far apart as their windows are: see BackwardRowsPlan.
class StretchedRow {
 public:
  StretchedRow(const BackwardRowsPlan& plan, const GradientTile& tile, float* at, int32_t fill);
  float* data() const { return reinterpret_cast<float*>(to_); }
  // Whether outputs have nothing between them: then they may be written to first() without Put.
  bool side_by_side() const { return stride_ == 1; }
  float* first() const { return reinterpret_cast<float*>(to_ + offset_); }
  void Put(const PoolBackwardKernels& kernels, const void* outputs, int64_t count) const;

 private:
  const int64_t stride_;
  const int32_t fill_;
  int32_t* const to_;
  int64_t offset_;
};

// Of averages: sums of dy / divisor, the same for all rows of a window.
class AverageTerms {
 public:
  AverageTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
               const GradientTile& tile, float* scratch);

  // Those of output row oh, whose windows have the taps `window`, of which those in the tile lie in
  // `rows` of dx.
  void Put(const ImageChannels& channels, int64_t oh, const Window& window,
           const WindowAxis::Range& rows) const;
  void Add(const ImageChannels& channels, const GradientRows& rows) const;

 private:
  int64_t* Counted() const { return reinterpret_cast<int64_t*>(scratch_ + plan_.at.counted); }
  void ListOutputs(int32_t* first, int32_t* count);

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  float* const scratch_;
  std::optional<StretchedRow> stretched_;
  int64_t step_ = 1;                 // from a column's output to the next
  WindowAxis::Range shifted_{0, 0};  // see SpreadArgs
};

// Of maxima: each dy is written to where its index is, in a row for each tap row of a window, which
// are +0 otherwise, and are to be so again afterwards.
class ScatteredTerms {
 public:
  ScatteredTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
                 const GradientTile& tile, float* scratch);
  // Throws std::invalid_argument if an index is not one of its plane's.
  void Put(const ImageChannels& channels, int64_t oh, const Window& window,
           const WindowAxis::Range& rows) const;
  void Add(const ImageChannels& channels, const GradientRows& rows) const;

 private:
  template <bool kDilated>
  void PutRow(const ImageChannels& channels, int64_t oh, const WindowAxis::Range& rows) const;

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  float* const scratch_;
};

// Of maxima: each element takes those dy whose index is its own.
class PickedTerms {
 public:
  PickedTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
              const GradientTile& tile, float* scratch);
  // As of ScatteredTerms.
  void Put(const ImageChannels& channels, int64_t oh, const Window& window,
           const WindowAxis::Range& rows);
  void Add(const ImageChannels& channels, const GradientRows& rows) const;

 private:
  void Narrow(const ImageChannels& channels, int64_t oh, int32_t* to);

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  float* const scratch_;
  std::optional<StretchedRow> stretched_, stretched_indices_;
  PickArgs args_{};
};

// Looks at all indices: those of windows without a tap, at which nobody else looks, too.
void CheckAllIndices(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                     const ImageChannels& channels);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_TERMS_H_
