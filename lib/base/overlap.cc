#include "lib/base/overlap.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace windrow::internal {
namespace {

struct Dim {
  int64_t stride, extent;
};

std::array<Dim, 4> Dims(const ViewBase& v) {
  const Shape& s = v.shape();
  const Strides& st = v.strides();
  return {Dim{st.n, s.n()}, Dim{st.c, s.c()}, Dim{st.h, s.h()}, Dim{st.w, s.w()}};
}

// One past the largest element offset of a non-empty view.
int64_t Span(const ViewBase& v) {
  int64_t span = 1;
  for (const Dim& d : Dims(v)) span += d.stride * (d.extent - 1);
  return span;
}

size_t BytesOf(const ViewBase& v) {  // an element
  return v.dtype() == DType::kF32 ? sizeof(float) : sizeof(int64_t);
}

// Addresses [begin, end) from a view's first element to its last.
struct Memory {
  uintptr_t begin, end;

  Memory(const void* data, size_t bytes)
      : begin(reinterpret_cast<uintptr_t>(data)), end(begin + bytes) {}
  explicit Memory(const ViewBase& v)
      : Memory(v.address(),
               v.shape().elements() == 0 ? 0 : static_cast<size_t>(Span(v)) * BytesOf(v)) {}
  bool Meets(const Memory& other) const {
    return begin < end && other.begin < other.end && begin < other.end && other.begin < end;
  }
};

// If every step of the view either is a multiple of `pitch` or stays within one pitch: how many
// elements of a pitch it occupies. Otherwise -1.
int64_t Width(const ViewBase& v, int64_t pitch) {
  int64_t width = 1;
  for (const Dim& d : Dims(v)) {
    if (d.extent > 1 && d.stride % pitch != 0) width += d.stride * (d.extent - 1);
  }
  return width <= pitch ? width : -1;
}

// Whether a and b, of one type, occupy different columns of rows that are `pitch` elements apart.
bool DifferentColumns(const ViewBase& a, const ViewBase& b, int64_t pitch) {
  if (pitch < 2) return false;
  const int64_t wa = Width(a, pitch), wb = Width(b, pitch);
  if (wa < 0 || wb < 0) return false;
  const auto bytes =
      reinterpret_cast<intptr_t>(b.address()) - reinterpret_cast<intptr_t>(a.address());
  const auto element = static_cast<intptr_t>(BytesOf(a));
  if (bytes % element != 0) return false;
  int64_t shift = (bytes / element) % pitch;
  if (shift < 0) shift += pitch;
  return shift >= wa && shift + wb <= pitch;
}

}  // namespace

bool MayOverlap(const ViewBase& a, const ViewBase& b) {
  if (!Memory(a).Meets(Memory(b))) return false;
  if (a.dtype() != b.dtype()) return true;
  for (const Dim& d : Dims(a)) {
    if (DifferentColumns(a, b, d.stride)) return false;
  }
  return true;
}

bool MayOverlap(std::span<const std::byte> memory, const ViewBase& view) {
  return Memory(memory.data(), memory.size()).Meets(Memory(view));
}

bool MayOverlapItself(const ViewBase& view) {
  if (view.shape().elements() <= 1) return false;
  auto dims = Dims(view);
  std::sort(dims.begin(), dims.end(), [](Dim a, Dim b) { return a.stride < b.stride; });
  int64_t span = 1;
  for (const Dim& d : dims) {
    if (d.extent == 1) continue;
    if (d.stride < span) return true;
    span += d.stride * (d.extent - 1);
  }
  return false;
}

bool SameElements(const ConstTensorView& a, const ConstTensorView& b) {
  if (a.data() != b.data() || a.shape() != b.shape()) return false;
  const auto da = Dims(a), db = Dims(b);
  return std::equal(da.begin(), da.end(), db.begin(), [](const Dim& p, const Dim& q) {
    return p.extent == 1 || p.stride == q.stride;
  });
}

}  // namespace windrow::internal
