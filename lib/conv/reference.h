// The reference: scalar, either numerics class to the bit, any layout and attribute. What every
// kernel is compared with, and what runs where no fast strategy does.
#ifndef WINDROW_LIB_CONV_REFERENCE_H_
#define WINDROW_LIB_CONV_REFERENCE_H_

#include <cstdint>

#include "lib/conv/problem.h"

namespace windrow::internal {

// A block of outputs of one image: half-open ranges of channels, rows and columns.
struct OutputBlock {
  int64_t n, channel_begin, channel_end, row_begin, row_end, column_begin, column_end;
};

void ReferenceBlock(const ConvCall& call, const OutputBlock& block);

const char* RefuseReference(const ConvCall& call);
void RunReference(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_REFERENCE_H_
