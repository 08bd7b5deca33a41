#include "windrow/tensor.h"

#include <algorithm>
#include <cstring>

#include "lib/base/aligned.h"
#include "lib/base/error.h"
#include "lib/base/math.h"
#include "lib/base/overlap.h"

namespace windrow {
inline namespace v0 {

using internal::CheckedProduct;
using internal::Require;
using internal::RequireEnum;
using internal::StrCat;

namespace {

void CheckLayout(Layout layout) { RequireEnum("the layout", layout, Layout::kNhwc); }

}  // namespace

const char* ToString(Layout layout) {
  CheckLayout(layout);
  return layout == Layout::kNchw ? "nchw" : "nhwc";
}

Shape::Shape(int64_t n, int64_t c, int64_t h, int64_t w) : n_(n), c_(c), h_(h), w_(w) {
  Require(n >= 0 && c >= 0 && h >= 0 && w >= 0, "the shape ", *this, " has a negative extent");
  CheckedProduct({n, c, h, w, int64_t{sizeof(float)}},
                 "the bytes of a tensor of this shape do not fit 63 bits");
}

std::string Shape::ToString() const { return StrCat(n_, 'x', c_, 'x', h_, 'x', w_); }

Strides DenseStrides(const Shape& s, Layout layout) {
  CheckLayout(layout);
  if (layout == Layout::kNchw) return {s.c() * s.h() * s.w(), s.h() * s.w(), s.w(), 1};
  return {s.h() * s.w() * s.c(), 1, s.w() * s.c(), s.c()};
}

namespace {

int64_t BytesOf(DType dtype) { return dtype == DType::kF32 ? 4 : 8; }

void CheckSpan(const Shape& s, const Strides& st, int64_t element) {
  int64_t span = 1;
  bool overflow = false;
  for (const auto& [stride, extent] : {std::pair{st.n, s.n()}, std::pair{st.c, s.c()},
                                       std::pair{st.h, s.h()}, std::pair{st.w, s.w()}}) {
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(stride, extent - 1, &reach);
    overflow |= __builtin_add_overflow(span, reach, &span);
  }
  int64_t bytes = 0;
  overflow |= __builtin_mul_overflow(span, element, &bytes);
  if (overflow) throw std::length_error("a view's strides reach further than 63 bits of bytes");
}

void CheckPointer(const void* data, const Shape& shape, int64_t element) {
  Require(data != nullptr, "the view of shape ", shape, " has a null pointer");
  Require(reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(element) == 0,
          "the view's pointer ", data, " is not aligned to an element of ", element, " bytes");
}

}  // namespace

ViewBase::ViewBase(const void* data, DType dtype, const Shape& shape, Layout layout)
    : none_(false),
      dtype_(dtype),
      layout_(layout),
      shape_(shape),
      strides_(DenseStrides(shape, layout)),
      address_(data) {
  if (shape.elements() == 0) return;
  CheckPointer(data, shape, BytesOf(dtype));
  if (dtype != DType::kF32) CheckSpan(shape, strides_, BytesOf(dtype));  // of f32 the shape did
}

ViewBase::ViewBase(const void* data, DType dtype, const Shape& shape, Layout layout,
                   const Strides& strides)
    : none_(false),
      dtype_(dtype),
      layout_(layout),
      shape_(shape),
      strides_(strides),
      address_(data) {
  CheckLayout(layout);
  if (shape.elements() == 0) return;
  CheckPointer(data, shape, BytesOf(dtype));
  Require(strides.n >= 0 && strides.c >= 0 && strides.h >= 0 && strides.w >= 0,
          "a stride of the view is negative: n ", strides.n, ", c ", strides.c, ", h ", strides.h,
          ", w ", strides.w);
  CheckSpan(shape, strides, BytesOf(dtype));
}

namespace {

void CheckPart(const char* what, int64_t first, int64_t count, int64_t extent) {
  if (first < 0 || count < 0 || first > extent || count > extent - first) {
    throw std::out_of_range(StrCat(what, ' ', first, " to ", first, " + ", count,
                                   " reach outside the view's ", extent));
  }
}

}  // namespace

ViewBase ViewBase::PartOf(int64_t offset, const Shape& shape) const {
  ViewBase part = *this;
  part.shape_ = shape;
  // Where there is no element, an offset may lead anywhere.
  if (shape.elements() != 0) {
    part.address_ = static_cast<const std::byte*>(address_) + offset * BytesOf(dtype_);
  }
  return part;
}

ViewBase ViewBase::CropOf(int64_t top, int64_t left, int64_t height, int64_t width) const {
  CheckPart("rows", top, height, shape_.h());
  CheckPart("columns", left, width, shape_.w());
  return PartOf(top * strides_.h + left * strides_.w, Shape(shape_.n(), shape_.c(), height, width));
}

ViewBase ViewBase::ChannelsOf(int64_t first, int64_t count) const {
  CheckPart("channels", first, count, shape_.c());
  return PartOf(first * strides_.c, Shape(shape_.n(), count, shape_.h(), shape_.w()));
}

ViewBase ViewBase::BatchOf(int64_t first, int64_t count) const {
  CheckPart("images", first, count, shape_.n());
  return PartOf(first * strides_.n, Shape(count, shape_.c(), shape_.h(), shape_.w()));
}

template <typename T>
void BasicTensor<T>::Free::operator()(T* p) const {
  internal::AlignedDeleter()(p);
}

template <typename T>
BasicTensor<T>::BasicTensor(const Shape& shape, Layout layout)
    : shape_(shape),
      layout_((CheckLayout(layout), layout)),
      data_(internal::AllocateArray<T>(shape.elements())) {
  std::fill_n(data_.get(), shape.elements(), T{0});
}

template <typename T>
BasicTensor<T>::BasicTensor(const Shape& shape, std::span<const T> values, Layout layout)
    : BasicTensor(shape, layout) {
  Require(static_cast<int64_t>(values.size()) == shape.elements(), "the shape ", shape, " has ",
          shape.elements(), " elements, but ", values.size(), " values are given");
  Copy(View<const T>(values.data(), shape, Layout::kNchw), view());
}

template <typename T>
BasicTensor<T>::BasicTensor(const BasicTensor& other) : BasicTensor(other.shape_, other.layout_) {
  if (shape_.elements() != 0) {
    std::memcpy(data(), other.data(), static_cast<size_t>(shape_.elements()) * sizeof(T));
  }
}

template <typename T>
BasicTensor<T>& BasicTensor<T>::operator=(const BasicTensor& other) {
  if (this != &other) *this = BasicTensor(other);
  return *this;
}

template class BasicTensor<float>;
template class BasicTensor<int64_t>;

namespace {

template <typename T>
void CopyElements(const View<const T>& x, const View<T>& y) {
  const Shape& s = x.shape();
  Require(s == y.shape(), "cannot copy a tensor of shape ", s, " to one of shape ", y.shape());
  Require(!internal::MayOverlap(x, y), "cannot copy a tensor to memory that overlaps it");
  Require(!internal::MayOverlapItself(y),
          "cannot copy to elements that overlap each other: strides"
          " n ",
          y.strides().n, ", c ", y.strides().c, ", h ", y.strides().h, ", w ", y.strides().w,
          " for the shape ", s);
  if (s.elements() == 0) return;
  // Runs along the dimension in which y may be contiguous; memcpy because a float load may change a
  // NaN.
  const bool nchw = y.layout() == Layout::kNchw;
  const int64_t run = nchw ? s.w() : s.c(), runs = nchw ? s.c() : s.w();
  const int64_t x_step = nchw ? x.strides().w : x.strides().c;
  const int64_t y_step = nchw ? y.strides().w : y.strides().c;
  const auto copy_run = [&](const T* from, T* to) {
    if (x_step == 1 && y_step == 1) {
      std::memcpy(to, from, static_cast<size_t>(run) * sizeof(T));
    } else {
      for (int64_t j = 0; j < run; ++j) std::memcpy(to + j * y_step, from + j * x_step, sizeof(T));
    }
  };
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t h = 0; h < s.h(); ++h) {
      for (int64_t i = 0; i < runs; ++i) {
        const int64_t c = nchw ? i : 0, w = nchw ? 0 : i;
        copy_run(&x.at(n, c, h, w), &y.at(n, c, h, w));
      }
    }
  }
}

}  // namespace

void Copy(const ConstTensorView& x, const TensorView& y) { CopyElements(x, y); }
void Copy(const ConstIndexView& x, const IndexView& y) { CopyElements(x, y); }

}  // namespace v0
}  // namespace windrow
