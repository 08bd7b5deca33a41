#include "lib/train/elementwise.h"

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/math.h"
#include "lib/base/parallel.h"
#include "lib/simd/target.h"

namespace windrow::internal {
namespace {

constexpr int64_t kPart = 8192;           // elements: three arrays of them fit half of an L2 cache
constexpr int64_t kParallel = 4 * kPart;  // below, waking a thread takes longer than the work
constexpr int64_t kMaxParts = 256;        // of a sum

}  // namespace

const TrainKernels& ActiveTrainKernels() { return TrainKernelsOf(FindTarget("").index); }

void ForParts(int64_t count, FunctionRef<void(int64_t, int64_t)> body) {
  const int threads = count >= kParallel ? MaxThreads() : 1;
  RunTasks(threads, CeilDiv(count, kPart),
           [&](int64_t part, int64_t) { body(part * kPart, std::min((part + 1) * kPart, count)); });
}

void RunMap(MapFn map, const MapArgs& args) {
  ForParts(args.count, [&](int64_t begin, int64_t end) {
    MapArgs part = args;
    part.a += begin;
    if (part.b != nullptr) part.b += begin;
    part.y += begin;
    part.count = end - begin;
    map(part);
  });
}

double SumOfParts(int64_t count, int64_t elements, FunctionRef<double(int64_t, int64_t)> body) {
  const int64_t size = std::max(kPart / elements, RoundUp(CeilDiv(count, kMaxParts), kChains));
  const int64_t parts = CeilDiv(count, size);
  const int threads = SaturatedProduct({count, elements}) >= kParallel ? MaxThreads() : 1;
  std::array<double, kMaxParts> sums;
  RunTasks(threads, parts, [&](int64_t part, int64_t) {
    sums[static_cast<size_t>(part)] = body(part * size, std::min((part + 1) * size, count));
  });
  double sum = 0;
  for (int64_t part = 0; part < parts; ++part) sum += sums[static_cast<size_t>(part)];
  return sum;
}

double SumOfChains(const float* chains) {
  double sum = 0;
  for (int i = 0; i < kChains; ++i) sum += static_cast<double>(chains[i]);
  return sum;
}

namespace {

template <typename V>
V SameInLayout(const V& view, Layout layout) {
  const Shape& s = view.shape();
  const Strides &a = view.strides(), b = DenseStrides(s, layout);
  const auto same = [](int64_t extent, int64_t x, int64_t y) { return extent <= 1 || x == y; };
  const bool all = same(s.n(), a.n, b.n) && same(s.c(), a.c, b.c) && same(s.h(), a.h, b.h) &&
                   same(s.w(), a.w, b.w);
  return all ? V(view.data(), s, layout) : V();
}

}  // namespace

ConstTensorView InLayout(const ConstTensorView& v, Layout layout) {
  return SameInLayout(v, layout);
}
TensorView InLayout(const TensorView& v, Layout layout) { return SameInLayout(v, layout); }

void RequireShape(const char* what, const Shape& shape, const Shape& expected) {
  Require(shape == expected, what, " has the shape ", shape, ", not ", expected);
}

const float* Dense(const ConstTensorView& v) {
  Require(!InLayout(v, v.layout()).empty(), "a layer was given a view with gaps of the shape ",
          v.shape());
  return v.data();
}
float* Dense(const TensorView& v) { return const_cast<float*>(Dense(ConstTensorView(v))); }

}  // namespace windrow::internal
