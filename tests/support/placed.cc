#include "tests/support/placed.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>
#include <utility>

namespace windrow::test {
namespace {

uint32_t Bits(const float& f) {
  uint32_t bits;
  std::memcpy(&bits, &f, sizeof(bits));
  return bits;
}

std::string Describe(const float& f) {
  std::ostringstream s;
  s << std::hex << std::uppercase << std::setfill('0') << std::setw(8) << Bits(f) << " (" << f
    << ')';
  return s.str();
}

std::string Describe(int64_t index) { return std::to_string(index); }

// The strides of a tensor with this many elements that are not its own after each pixel (of
// kNchw: row), row (plane) and image.
Strides StridesWithGaps(const Shape& s, Layout layout, Gaps gaps) {
  const auto gap = [&](Gaps here, int64_t size) {
    return gaps == here || gaps >= Gaps::kAll ? size : 0;
  };
  const bool nchw = layout == Layout::kNchw;
  const int64_t inner = nchw ? s.w() : s.c(), middle = nchw ? s.h() : s.w(),
                outer = nchw ? s.c() : s.h();
  const int64_t first = gaps == Gaps::kElements ? 2 : 1;
  const int64_t second = inner * first + gap(Gaps::kPixels, 3);
  const int64_t third = second * middle + gap(Gaps::kRows, 5);
  const int64_t fourth = third * outer + gap(Gaps::kImages, 7);
  if (nchw) return {fourth, third, second, first};
  return {fourth, first, third, second};
}

int64_t SpanOf(const Shape& s, const Strides& st) {
  if (s.elements() == 0) return 0;
  return 1 + (s.n() - 1) * st.n + (s.c() - 1) * st.c + (s.h() - 1) * st.h + (s.w() - 1) * st.w;
}

// Which element of the view an offset of its memory is; "a red zone" if none.
template <typename View>
std::string Locate(const char* element, const char* all, const View& view, int64_t offset) {
  std::ostringstream where;
  ForEach(view.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    if (&view.at(n, c, h, w) == view.data() + offset) {
      where << element << " n " << n << " c " << c << " h " << h << " w " << w;
    }
  });
  if (where.str().empty()) where << "the red zone at offset " << offset << " of " << all;
  return where.str();
}

// Where `placed` does not hold `want`, or "".
template <typename T>
std::string FirstDifference(const char* element, const char* all, const PlacedOf<T>& placed,
                            std::span<const T> want) {
  if (SameMemory<T>(placed.memory, want)) return "";
  int64_t different = 0, first = 0;
  for (size_t i = want.size(); i-- > 0;) {
    if (std::memcmp(&placed.memory[i], &want[i], sizeof(T)) == 0) continue;
    first = static_cast<int64_t>(i);
    ++different;
  }
  const auto at = static_cast<size_t>(first);
  return Locate(element, all, placed.view, first) + " is " + Describe(placed.memory[at]) +
         ", expected " + Describe(want[at]) + "; " + std::to_string(different) + " of " +
         std::to_string(want.size()) + " elements differ";
}

}  // namespace

template <typename T>
PlacedOf<T> PlaceStrided(GuardedBuffer& buffer, const Shape& shape, Layout layout,
                         const Strides& strides, Edge edge) {
  const std::span<T> memory = buffer.Take<T>(SpanOf(shape, strides), edge);
  return {memory, {memory.data(), shape, layout, strides}};
}
template Placed PlaceStrided(GuardedBuffer&, const Shape&, Layout, const Strides&, Edge);
template PlacedIndices PlaceStrided(GuardedBuffer&, const Shape&, Layout, const Strides&, Edge);

Strides AnyStrides(Generator& random, const Shape& s) {
  Strides st;
  std::array<std::pair<int64_t*, int64_t>, 4> dims = {
      {{&st.n, s.n()}, {&st.c, s.c()}, {&st.h, s.h()}, {&st.w, s.w()}}};
  int64_t span = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    std::swap(dims[i], dims[static_cast<size_t>(random.Between(static_cast<int64_t>(i), 3))]);
    const auto [stride, extent] = dims[i];
    *stride = span + random.Between(0, 2);
    span += *stride * std::max<int64_t>(extent - 1, 0);
  }
  return st;
}

Placed Place(GuardedBuffer& buffer, const Shape& shape, Layout layout, Gaps gaps, Edge edge) {
  return PlaceStrided<float>(buffer, shape, layout, StridesWithGaps(shape, layout, gaps), edge);
}

PlacedIndices PlaceIndices(GuardedBuffer& buffer, const Shape& shape, Layout layout, Gaps gaps,
                           Edge edge) {
  return PlaceStrided<int64_t>(buffer, shape, layout, StridesWithGaps(shape, layout, gaps), edge);
}

std::string Difference(const Placed& y, std::span<const float> before,
                       const ConstTensorView& expected) {
  std::vector<float> want = Copied(before);
  if (!want.empty()) {
    // The view of y, in the memory that is wanted.
    Copy(expected, TensorView(want.data(), y.view.shape(), y.view.layout(), y.view.strides()));
  }
  return FirstDifference<float>("output", "y", y, want);
}

std::string Difference(const PlacedIndices& indices, std::span<const int64_t> before,
                       std::span<const int64_t> expected) {
  std::vector<int64_t> want = Copied(before);
  size_t next = 0;
  ForEach(indices.view.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    want[static_cast<size_t>(&indices.view.at(n, c, h, w) - indices.view.data())] =
        expected[next++];
  });
  return FirstDifference<int64_t>("the index of output", "the indices", indices, want);
}

bool SameBits(const ConstTensorView& a, const ConstTensorView& b) {
  if (a.shape() != b.shape()) return false;
  bool same = true;
  ForEach(a.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    same &= Bits(a.at(n, c, h, w)) == Bits(b.at(n, c, h, w));
  });
  return same;
}

}  // namespace windrow::test
