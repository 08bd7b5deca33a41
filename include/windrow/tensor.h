// Four-dimensional tensors of f32, or of int64 indices: shapes, memory layouts, strided views and
// owning tensors.
//
// A Shape is always written in logical order (n, c, h, w), whatever the Layout in memory. A view
// is a pointer, a shape and strides, so that a crop of an image, a channel slice of a wider
// NHWC tensor, part of a batch, or every other pixel is a view too and costs nothing.
#ifndef WINDROW_TENSOR_H_
#define WINDROW_TENSOR_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "windrow/export.h"

namespace windrow {
inline namespace v0 {

// The type of one element.
enum class DType : uint8_t { kF32, kI64 };

// Which dimension is contiguous: w in kNchw (PyTorch's default, "channels first"), c in kNhwc
// ("channels last"). Any other value is refused with std::invalid_argument. Of a view with strides
// those decide; its layout is what a new tensor like it has.
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

// What the views share, whatever the type of their elements.
class WINDROW_API ViewBase {
 public:
  DType dtype() const { return dtype_; }
  Layout layout() const { return layout_; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  const void* address() const { return address_; }  // of the first element
  // Whether this is the default-constructed view, which stands for "none".
  bool empty() const { return none_; }

 protected:
  ViewBase() = default;
  ViewBase(const void* data, DType dtype, const Shape& shape, Layout layout);  // without gaps
  ViewBase(const void* data, DType dtype, const Shape& shape, Layout layout,
           const Strides& strides);
  int64_t Offset(int64_t n, int64_t c, int64_t h, int64_t w) const {
    assert(n >= 0 && n < shape_.n() && c >= 0 && c < shape_.c());
    assert(h >= 0 && h < shape_.h() && w >= 0 && w < shape_.w());
    return n * strides_.n + c * strides_.c + h * strides_.h + w * strides_.w;
  }
  ViewBase CropOf(int64_t top, int64_t left, int64_t height, int64_t width) const;
  ViewBase ChannelsOf(int64_t first, int64_t count) const;
  ViewBase BatchOf(int64_t first, int64_t count) const;

 private:
  ViewBase PartOf(int64_t offset, const Shape& shape) const;

  bool none_ = true;
  DType dtype_ = DType::kF32;
  Layout layout_ = Layout::kNchw;
  Shape shape_;
  Strides strides_;
  const void* address_ = nullptr;
};

// Elements of a tensor that somebody else owns: to read and write, or of `const T` to read. A view
// to write is one to read, too, where that is wanted.
template <typename T>
class View : public ViewBase {
  using Element = std::remove_const_t<T>;
  static_assert(std::is_same_v<Element, float> || std::is_same_v<Element, int64_t>);
  static constexpr DType kDType = std::is_same_v<Element, float> ? DType::kF32 : DType::kI64;

 public:
  View() = default;
  // A tensor without gaps. Throws std::invalid_argument if `data` is null while there are elements,
  // or not aligned to an element.
  View(T* data, const Shape& shape, Layout layout) : ViewBase(data, kDType, shape, layout) {}
  // With strides, in elements: any that are not negative (std::invalid_argument). Operations run
  // fastest where the layout's contiguous dimension has stride 1; views in which neither c nor w
  // has are copied, a block at a time.
  View(T* data, const Shape& shape, Layout layout, const Strides& strides)
      : ViewBase(data, kDType, shape, layout, strides) {}
  template <typename U>
  requires std::is_same_v<T, const U> View(const View<U>& v)  // NOLINT(google-explicit-constructor)
      : ViewBase(v) {}

  T* data() const { return static_cast<T*>(const_cast<void*>(address())); }
  // Checked by assert() only: not where NDEBUG is defined.
  T& at(int64_t n, int64_t c, int64_t h, int64_t w) const { return data()[Offset(n, c, h, w)]; }

  // Parts of this view, sharing its elements; std::out_of_range if they reach outside it.
  View Crop(int64_t top, int64_t left, int64_t height, int64_t width) const {
    return Of(CropOf(top, left, height, width));
  }
  View Channels(int64_t first, int64_t count) const { return Of(ChannelsOf(first, count)); }
  View Batch(int64_t first, int64_t count) const { return Of(BatchOf(first, count)); }

 private:
  static View Of(const ViewBase& part) {
    View v;
    static_cast<ViewBase&>(v) = part;
    return v;
  }
};

using TensorView = View<float>;
using ConstTensorView = View<const float>;
// Indices, such as those MaxPool2d gives. Written fastest where `data` is aligned to 64 bytes, as
// an IndexTensor's is.
using IndexView = View<int64_t>;
using ConstIndexView = View<const int64_t>;

// An owning tensor without gaps, aligned to 64 bytes, zero-filled when made. Copies are deep; what
// was moved from is empty, as if made without arguments. A tensor turns into a view of itself where
// one is wanted; a temporary one does not, since its view would not outlive the expression.
template <typename T>
class WINDROW_API BasicTensor {  // of the two below, whose code is in the library
 public:
  BasicTensor() = default;
  explicit BasicTensor(const Shape& shape, Layout layout = Layout::kNchw);
  // `values` in logical order (n, c, h, w), whatever the layout. Throws std::invalid_argument
  // unless there is one for each element.
  BasicTensor(const Shape& shape, std::span<const T> values, Layout layout = Layout::kNchw);

  BasicTensor(const BasicTensor& other);
  BasicTensor& operator=(const BasicTensor& other);
  BasicTensor(BasicTensor&& other) noexcept { *this = std::move(other); }
  BasicTensor& operator=(BasicTensor&& other) noexcept {
    shape_ = std::exchange(other.shape_, Shape());
    layout_ = std::exchange(other.layout_, Layout::kNchw);
    data_ = std::move(other.data_);
    return *this;
  }

  const Shape& shape() const { return shape_; }
  Layout layout() const { return layout_; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  // Checked by assert() only: not where NDEBUG is defined.
  T& at(int64_t n, int64_t c, int64_t h, int64_t w) { return data()[Offset(n, c, h, w)]; }
  const T& at(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return data()[Offset(n, c, h, w)];
  }

  View<T> view() & { return View<T>(data(), shape_, layout_); }
  View<const T> view() const& { return View<const T>(data(), shape_, layout_); }
  View<const T> view() const&& = delete;
  operator View<T>() & { return view(); }             // NOLINT(google-explicit-constructor)
  operator View<const T>() const& { return view(); }  // NOLINT(google-explicit-constructor)
  operator View<T>() const&& = delete;                // NOLINT(google-explicit-constructor)
  operator View<const T>() const&& = delete;          // NOLINT(google-explicit-constructor)

 private:
  struct Free {
    void operator()(T* p) const;
  };
  int64_t Offset(int64_t n, int64_t c, int64_t h, int64_t w) const {
    assert(n >= 0 && n < shape_.n() && c >= 0 && c < shape_.c());
    assert(h >= 0 && h < shape_.h() && w >= 0 && w < shape_.w());
    return layout_ == Layout::kNchw ? ((n * shape_.c() + c) * shape_.h() + h) * shape_.w() + w
                                    : ((n * shape_.h() + h) * shape_.w() + w) * shape_.c() + c;
  }

  Shape shape_;
  Layout layout_ = Layout::kNchw;
  std::unique_ptr<T[], Free> data_;
};

using Tensor = BasicTensor<float>;
using IndexTensor = BasicTensor<int64_t>;

// Copies x to y element by element; the layouts may differ, the bits do not. Throws
// std::invalid_argument if the shapes differ, or if y overlaps x or itself in memory.
WINDROW_API void Copy(const ConstTensorView& x, const TensorView& y);
WINDROW_API void Copy(const ConstIndexView& x, const IndexView& y);

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_TENSOR_H_
