// Short ways to write the tensors of examples.
#ifndef WINDROW_TESTS_SUPPORT_NUMBERS_H_
#define WINDROW_TESTS_SUPPORT_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "windrow/tensor.h"

namespace windrow::test {

using Numbers = std::vector<float>;

// first, first + 1, ...
inline Numbers Range(float first, size_t count) {
  Numbers v(count);
  std::iota(v.begin(), v.end(), first);
  return v;
}

inline Tensor Matrix(int64_t h, int64_t w, const Numbers& values) {
  return Tensor(Shape(1, 1, h, w), values);
}

inline Numbers ValuesOf(const Tensor& t) {  // in logical order
  Tensor nchw(t.shape());
  Copy(t, nchw);
  return {nchw.data(), nchw.data() + nchw.shape().elements()};
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_NUMBERS_H_
