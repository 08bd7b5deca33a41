// Some outputs of a pooling's axis as an axis of their own.
#ifndef WINDROW_LIB_POOL_WINDOW_PART_H_
#define WINDROW_LIB_POOL_WINDOW_PART_H_

#include <algorithm>
#include <cstdint>

#include "lib/pool/window_axis.h"

namespace windrow::internal {

// `axis` has the outputs [first, first + count) of another one, and input 0 is that one's
// `first_in`.
struct WindowAxisPart {
  WindowAxis axis;
  int64_t first_in;
};

// Of a regular axis, with no more inputs than its windows reach. What they count as padding is the
// same, since that depends on where a window starts and where the padding ends.
inline WindowAxisPart PartOf(const WindowAxis& whole, int64_t first, int64_t count) {
  const WindowAxis::Range seen = whole.Reach(first, first + count);
  WindowAxisPart part{whole, seen.begin};
  part.axis.out = count;
  part.axis.in = seen.end - seen.begin;
  part.axis.before = seen.begin - whole.Start(first);
  part.axis.after = whole.in + whole.after - seen.end;
  return part;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_WINDOW_PART_H_
