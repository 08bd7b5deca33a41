// Four-dimensional tensors of f32, and views of int64 indices: shapes, memory layouts, strided
// views and an owning tensor.
//
// A Shape is always written in logical order (n, c, h, w), whatever the Layout in memory. A view
// is a pointer, a shape and strides, so that a crop of an image, a channel slice of a wider
// NHWC tensor, or part of a batch is a view too and costs nothing.
#ifndef WINDROW_TENSOR_H_
#define WINDROW_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "windrow/export.h"

namespace windrow {
inline namespace v0 {

// The type of one element.
enum class DType : uint8_t { kF32, kI64 };

// Which dimension is contiguous: w in kNchw (PyTorch's default, "channels first"), c in kNhwc
// ("channels last"). Any other value is refused with std::invalid_argument.
enum class Layout : uint8_t { kNchw, kNhwc };

WINDROW_API const char* ToString(Layout layout);  // "nchw", "nhwc"

// A height and a width; one number stands for both.
struct Size2 {
  int64_t h = 0, w = 0;
  constexpr Size2(int64_t both) : h(both), w(both) {}  // NOLINT(google-explicit-constructor)
  constexpr Size2(int64_t height, int64_t width) : h(height), w(width) {}
  friend constexpr bool operator==(const Size2&, const Size2&) = default;
};

// Batch, channels, height and width.
class WINDROW_API Shape {
 public:
  Shape() = default;  // 0 x 0 x 0 x 0
  // Throws std::invalid_argument for a negative extent, std::length_error if the elements' bytes
  // do not fit 63 bits.
  Shape(int64_t n, int64_t c, int64_t h, int64_t w);

  int64_t n() const { return n_; }
  int64_t c() const { return c_; }
  int64_t h() const { return h_; }
  int64_t w() const { return w_; }
  int64_t elements() const { return n_ * c_ * h_ * w_; }
  std::string ToString() const;  // "1x64x56x56"

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  int64_t n_ = 0, c_ = 0, h_ = 0, w_ = 0;
};

// The distance in elements between neighbours in each dimension.
struct Strides {
  int64_t n = 0, c = 0, h = 0, w = 0;
  friend bool operator==(const Strides&, const Strides&) = default;
};

// The strides of a tensor without gaps.
WINDROW_API Strides DenseStrides(const Shape& shape, Layout layout);

// What the views share: all but the pointer.
class WINDROW_API ViewBase {
 public:
  DType dtype() const { return dtype_; }
  Layout layout() const { return layout_; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  // Whether this is the default-constructed view, which stands for "none".
  bool empty() const { return none_; }

 protected:
  ViewBase() = default;
  ViewBase(const void* data, const Shape& shape, Layout layout);  // f32, without gaps
  ViewBase(const void* data, const Shape& shape, Layout layout, const Strides& strides,
           DType dtype = DType::kF32);
  // The element offset of a sub-view; throws std::out_of_range if it does not lie inside.
  int64_t CropOffset(int64_t top, int64_t left, int64_t height, int64_t width) const;
  int64_t ChannelOffset(int64_t first, int64_t count) const;
  int64_t BatchOffset(int64_t first, int64_t count) const;

  bool none_ = true;
  DType dtype_ = DType::kF32;
  Layout layout_ = Layout::kNchw;
  Shape shape_;
  Strides strides_;
};

// Elements to read and write; does not own them.
class WINDROW_API TensorView : public ViewBase {
 public:
  TensorView() = default;
  // A tensor without gaps.
  TensorView(float* data, const Shape& shape, Layout layout);
  // With strides, in elements. The layout's contiguous dimension must have stride 1 (or extent
  // <= 1), and no stride may be negative: std::invalid_argument otherwise, and also if `data` is
  // null while there are elements, or not aligned to an element.
  TensorView(float* data, const Shape& shape, Layout layout, const Strides& strides);

  float* data() const { return data_; }
  float& at(int64_t n, int64_t c, int64_t h, int64_t w) const {  // not checked
    return data_[n * strides_.n + c * strides_.c + h * strides_.h + w * strides_.w];
  }

  // Parts of this view, sharing its elements; std::out_of_range if they reach outside it.
  TensorView Crop(int64_t top, int64_t left, int64_t height, int64_t width) const;
  TensorView Channels(int64_t first, int64_t count) const;
  TensorView Batch(int64_t first, int64_t count) const;

 private:
  float* data_ = nullptr;
};

// Elements to read; does not own them.
class WINDROW_API ConstTensorView : public ViewBase {
 public:
  ConstTensorView() = default;
  ConstTensorView(const float* data, const Shape& shape, Layout layout);
  ConstTensorView(const float* data, const Shape& shape, Layout layout, const Strides& strides);
  ConstTensorView(const TensorView& view);  // NOLINT(google-explicit-constructor)

  const float* data() const { return data_; }
  const float& at(int64_t n, int64_t c, int64_t h, int64_t w) const {  // not checked
    return data_[n * strides_.n + c * strides_.c + h * strides_.h + w * strides_.w];
  }

  ConstTensorView Crop(int64_t top, int64_t left, int64_t height, int64_t width) const;
  ConstTensorView Channels(int64_t first, int64_t count) const;
  ConstTensorView Batch(int64_t first, int64_t count) const;

 private:
  const float* data_ = nullptr;
};

// Indices to write, such as MaxPool2d's; does not own them. Written fastest where `data` is
// aligned to 64 bytes, as a Tensor's is.
class WINDROW_API IndexView : public ViewBase {
 public:
  IndexView() = default;
  // As TensorView's, which say what is checked; `data` is aligned to an int64_t.
  IndexView(int64_t* data, const Shape& shape, Layout layout);
  IndexView(int64_t* data, const Shape& shape, Layout layout, const Strides& strides);

  IndexView Crop(int64_t top, int64_t left, int64_t height, int64_t width) const;
  IndexView Channels(int64_t first, int64_t count) const;
  IndexView Batch(int64_t first, int64_t count) const;

  int64_t* data() const { return data_; }
  int64_t& at(int64_t n, int64_t c, int64_t h, int64_t w) const {  // not checked
    return data_[n * strides_.n + c * strides_.c + h * strides_.h + w * strides_.w];
  }

 private:
  int64_t* data_ = nullptr;
};

// An owning tensor without gaps, aligned to 64 bytes, zero-filled when made. Copies are deep; what
// was moved from is empty, as if made without arguments. A tensor turns into a view of itself where
// one is wanted; a temporary one does not, since its view would not outlive the expression.
class WINDROW_API Tensor {
 public:
  Tensor() = default;
  explicit Tensor(const Shape& shape, Layout layout = Layout::kNchw);
  // `values` in logical order (n, c, h, w), whatever the layout. Throws std::invalid_argument
  // unless there is one for each element.
  Tensor(const Shape& shape, std::span<const float> values, Layout layout = Layout::kNchw);

  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&& other) noexcept { *this = std::move(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    shape_ = std::exchange(other.shape_, Shape());
    layout_ = std::exchange(other.layout_, Layout::kNchw);
    data_ = std::move(other.data_);
    return *this;
  }

  const Shape& shape() const { return shape_; }
  Layout layout() const { return layout_; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float& at(int64_t n, int64_t c, int64_t h, int64_t w) {  // not checked
    return data_[static_cast<size_t>(Offset(n, c, h, w))];
  }
  const float& at(int64_t n, int64_t c, int64_t h, int64_t w) const {  // not checked
    return data_[static_cast<size_t>(Offset(n, c, h, w))];
  }

  TensorView view() & { return TensorView(data(), shape_, layout_); }
  ConstTensorView view() const& { return ConstTensorView(data(), shape_, layout_); }
  ConstTensorView view() const&& = delete;
  operator TensorView() & { return view(); }            // NOLINT(google-explicit-constructor)
  operator ConstTensorView() const& { return view(); }  // NOLINT(google-explicit-constructor)
  operator TensorView() const&& = delete;               // NOLINT(google-explicit-constructor)
  operator ConstTensorView() const&& = delete;          // NOLINT(google-explicit-constructor)

 private:
  struct Free {
    void operator()(float* p) const;
  };
  int64_t Offset(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return layout_ == Layout::kNchw ? ((n * shape_.c() + c) * shape_.h() + h) * shape_.w() + w
                                    : ((n * shape_.h() + h) * shape_.w() + w) * shape_.c() + c;
  }

  Shape shape_;
  Layout layout_ = Layout::kNchw;
  std::unique_ptr<float[], Free> data_;
};

// Copies x to y element by element; the layouts may differ, the bits do not. Throws
// std::invalid_argument if the shapes differ, or if y overlaps x or itself in memory.
WINDROW_API void Copy(const ConstTensorView& x, const TensorView& y);

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_TENSOR_H_
