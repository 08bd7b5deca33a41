// Digits that the program draws itself, for training without any file: several hands' strokes,
// shifted, turned, slanted, thick or thin, with noise; the same on every machine.
#ifndef WINDROW_TOOLS_DIGITS_H_
#define WINDROW_TOOLS_DIGITS_H_

#include <cstdint>

#include "windrow/train.h"

namespace windrow::tool {

// Pictures of 28 x 28 as MNIST's: white on black, in a box of about 20 x 20. Another seed gives
// others.
train::Dataset DrawDigits(int64_t count, uint64_t seed);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_DIGITS_H_
