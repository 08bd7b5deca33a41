// The sums of a task of the gradient by weights, and their way to dw.
#ifndef WINDROW_LIB_CONV_GRADIENT_SUMS_H_
#define WINDROW_LIB_CONV_GRADIENT_SUMS_H_

#include <cstdint>

#include "lib/conv/backward_weights.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// sums[group's in channel][tap - tap_begin][lane] of output channels out_channel + lane.
struct GradientSums {
  const ConvOp& op;
  const float* sums;
  int64_t width;  // lanes
  int64_t taps;   // of the kernel
  int64_t tap_begin, tap_end;
  int64_t out_channel, out_channels;

  // To dw[out channel][in channel][tap], or added to what is there.
  void StoreWeights(float* dw, bool accumulate) const;
  void StoreBias(const float* bias_sums, float* db, bool accumulate) const;

 private:
  void Store(const float* from, int64_t count, float* to, int64_t to_row, bool accumulate) const;
};

// `rows` rows of `count` sums, `pitch` apart, to rows `to_row` apart, or added to what is there.
void StoreRows(const float* sums, int64_t rows, int64_t count, int64_t pitch, float* to,
               int64_t to_row, bool accumulate);

// The gradient by the bias of some output channels, where x stands for dy.
void StoreRowBias(const GradientShape& shape, const GradientBuffers& buffers, int64_t first,
                  int64_t channels);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_GRADIENT_SUMS_H_
