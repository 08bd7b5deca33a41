// What an output row adds to the rows of dx that its windows have, put into scratch memory: rows of
// pixels of a tile, which are a few channels, or one of a plane.
#ifndef WINDROW_LIB_POOL_BACKWARD_TERMS_H_
#define WINDROW_LIB_POOL_BACKWARD_TERMS_H_

#include <cstdint>

#include "lib/pool/backward.h"
#include "lib/pool/backward_rows_plan.h"
#include "lib/pool/window_axis.h"

namespace windrow::internal {

// Rows and columns of dx, and the output columns that reach them.
struct GradientTile {
  WindowAxis::Range rows, columns, outputs;

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

// Of averages: sums of dy / divisor, the same for all rows of a window.
class AverageTerms {
 public:
  static constexpr bool kSameForAllRows = true;

  AverageTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
               const GradientTile& tile, float* scratch);

  // Those of output row oh, whose windows have the taps `window`, of which those in the tile lie in
  // `rows` of dx.
  void Put(const ImageChannels& channels, int64_t oh, const Window& window,
           const WindowAxis::Range& rows) const;

 private:
  int64_t* Counted() const { return reinterpret_cast<int64_t*>(scratch_ + plan_.at.counted); }
  void ToPixels(const float* from, int64_t channels, float* to) const;

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  float* const scratch_;
  int64_t step_ = 1;                 // from a column's output to the next
  WindowAxis::Range shifted_{0, 0};  // see SpreadArgs
};

// Of maxima: each dy at its index, in a row for each tap row of a window, which are +0 otherwise,
// and are to be so again afterwards.
class MaxTerms {
 public:
  static constexpr bool kSameForAllRows = false;

  MaxTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
           const GradientTile& tile, float* scratch);
  // Throws std::invalid_argument if an index is not one of its plane's.
  void Put(const ImageChannels& channels, int64_t oh, const Window& window,
           const WindowAxis::Range& rows) const;
  // Looks at the indices of windows without a tap, too, at which nobody else does.
  void CheckAll(const ImageChannels& channels) const;

 private:
  template <bool kDilated>
  void PutRow(const ImageChannels& channels, int64_t oh, const WindowAxis::Range& rows) const;

  const BackwardRowsPlan& plan_;
  const PoolShape& shape_;
  const PoolBackwardBuffers& buffers_;
  const GradientTile& tile_;
  float* const scratch_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_BACKWARD_TERMS_H_
