// Views in guarded memory, and the comparison of all of that memory with what must be there.
#ifndef WINDROW_TESTS_SUPPORT_PLACED_H_
#define WINDROW_TESTS_SUPPORT_PLACED_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/conv/problem.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/values.h"
#include "windrow/tensor.h"

namespace windrow::test {

// A view in guarded memory, with the gaps asked for.
template <typename T>
struct PlacedOf {
  std::span<T> memory;
  View<T> view;
};
using Placed = PlacedOf<float>;
using PlacedIndices = PlacedOf<int64_t>;

// With these strides.
template <typename T>
PlacedOf<T> PlaceStrided(GuardedBuffer& buffer, const Shape& shape, Layout layout,
                         const Strides& strides, Edge edge);

// Strides of such a tensor whose dimensions lie in memory in any order, mostly with gaps, between
// its elements too.
Strides AnyStrides(Generator& random, const Shape& shape);

Placed Place(GuardedBuffer& buffer, const Shape& shape, Layout layout, Gaps gaps, Edge edge);
PlacedIndices PlaceIndices(GuardedBuffer& buffer, const Shape& shape, Layout layout, Gaps gaps,
                           Edge edge);

// Empty if `memory`, in which `view` lies, holds `expected` in the view's elements and `before`
// elsewhere. Otherwise the first place that differs and both values.
std::string Difference(const Placed& y, std::span<const float> before,
                       const ConstTensorView& expected);
// As above, `expected` in logical order.
std::string Difference(const PlacedIndices& indices, std::span<const int64_t> before,
                       std::span<const int64_t> expected);

// Whether two tensors of one shape, whatever their layouts, have the same bits.
bool SameBits(const ConstTensorView& a, const ConstTensorView& b);

// Of tensors too, temporary ones included.
template <typename A, typename B>
bool SameBits(const A& a, const B& b) {
  return SameBits(ConstTensorView(a), ConstTensorView(b));
}

template <typename T>
std::vector<std::remove_const_t<T>> Copied(std::span<T> from) {
  return {from.begin(), from.end()};
}

template <typename T>
bool SameMemory(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// Calls f(n, c, h, w) in logical order.
template <typename F>
void ForEach(const Shape& s, const F& f) {
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) f(n, c, h, w);
      }
    }
  }
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_PLACED_H_
