// Layers without weights that change the shape: poolings and Flatten.
#include <algorithm>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "lib/train/buffer.h"
#include "lib/train/elementwise.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

template <class Op>
class Average final : public Layer {
 public:
  template <class Options>
  Average(const char* kind, const Options& options) : kind_(kind), op_(options) {}

  std::string Kind() const override { return kind_; }
  Shape OutputShape(const Shape& input) const override { return op_.OutputShape(input); }
  void Forward(const ForwardArgs& a) override { op_.Run({.x = a.x, .y = a.y}); }
  void Backward(const BackwardArgs& a) override {
    if (!a.dx.empty()) op_.Backward({.dy = a.dy, .dx = a.dx});
  }

 private:
  const char* kind_;
  Op op_;
};

class Maximum final : public Layer {
 public:
  explicit Maximum(const MaxPool2dOptions& options) : op_(options) {}

  std::string Kind() const override { return "MaxPool2d"; }
  Shape OutputShape(const Shape& input) const override { return op_.OutputShape(input); }
  void Forward(const ForwardArgs& a) override {
    if (!a.training) return op_.Run({.x = a.x, .y = a.y});
    op_.Run({.x = a.x, .y = a.y, .indices = indices_.Take(a.y.shape(), a.y.layout())});
  }
  void Backward(const BackwardArgs& a) override {
    if (a.dx.empty()) return;
    op_.Backward({.dy = a.dy, .dx = a.dx, .indices = indices_.Take(a.dy.shape(), a.dy.layout())});
  }

 private:
  v0::MaxPool2d op_;
  internal::IndexBuffer indices_;  // of the last Forward in training
};

// Planes one after the other, as they are in nchw: pixels are transposed.
class FlattenLayer final : public Layer {
 public:
  FlattenLayer() {
    const internal::Target target = internal::FindTarget("");
    transpose_ = internal::Tiles(target.index, target.fused).transpose;
  }

  std::string Kind() const override { return "Flatten"; }
  Shape OutputShape(const Shape& s) const override {
    return Shape(s.n(), s.c() * s.h() * s.w(), 1, 1);
  }
  void Forward(const ForwardArgs& a) override {
    const Shape& s = a.x.shape();
    const bool pixels = a.x.layout() == Layout::kNhwc;
    Transpose(internal::Dense(a.x), s, pixels ? s.h() * s.w() : 1, internal::Dense(a.y));
  }
  void Backward(const BackwardArgs& a) override {
    if (a.dx.empty()) return;
    const Shape& s = a.dx.shape();
    const bool pixels = a.dx.layout() == Layout::kNhwc;
    Transpose(internal::Dense(a.dy), s, pixels ? s.c() : 1, internal::Dense(a.dx));
  }

 private:
  // Each image is a matrix of so many rows.
  void Transpose(const float* from, const Shape& s, int64_t rows, float* to) const {
    const int64_t image = s.c() * s.h() * s.w();
    if (rows == 1 || rows == image) {
      std::copy_n(from, s.elements(), to);
      return;
    }
    const int threads = s.elements() >= internal::kMinParallelWork ? internal::MaxThreads() : 1;
    internal::RunTasks(threads, s.n(), [&](int64_t n, int64_t) {
      const int64_t columns = image / rows;
      transpose_(from + n * image, columns, rows, columns, to + n * image, rows);
    });
  }

  decltype(internal::TileSet::transpose) transpose_;
};

}  // namespace

LayerPtr MaxPool2d(const MaxPool2dOptions& options) { return std::make_unique<Maximum>(options); }
LayerPtr AvgPool2d(const AvgPool2dOptions& options) {
  return std::make_unique<Average<v0::AvgPool2d>>("AvgPool2d", options);
}
LayerPtr AdaptiveAvgPool2d(const AdaptivePool2dOptions& options) {
  return std::make_unique<Average<v0::AdaptiveAvgPool2d>>("AdaptiveAvgPool2d", options);
}
LayerPtr Flatten() { return std::make_unique<FlattenLayer>(); }

}  // namespace train
}  // namespace v0
}  // namespace windrow
