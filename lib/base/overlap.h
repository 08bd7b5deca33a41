// Which views share memory.
#ifndef WINDROW_LIB_BASE_OVERLAP_H_
#define WINDROW_LIB_BASE_OVERLAP_H_

#include <cstddef>
#include <span>

#include "windrow/tensor.h"

namespace windrow::internal {

// Whether some element of a may be an element of b. Exact where the two have no element in common
// because their address ranges are apart, or because they are different columns of one pitch (two
// channel slices of a tensor, the left and right half of an image); otherwise it says yes.
bool MayOverlap(const ViewBase& a, const ViewBase& b);

// Whether there is anything of the view's in this memory, or between its elements.
bool MayOverlap(std::span<const std::byte> memory, const ViewBase& view);

// Whether two index tuples of the view may name the same element (as with a stride of 0).
bool MayOverlapItself(const ViewBase& view);

// The same pointer, shape and strides.
bool SameElements(const ConstTensorView& a, const ConstTensorView& b);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_OVERLAP_H_
