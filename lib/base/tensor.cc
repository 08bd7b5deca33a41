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

// Such strides need no check: the shape's was stricter.
ViewBase::ViewBase(const void* data, const Shape& shape, Layout layout)
    : none_(false), layout_(layout), shape_(shape), strides_(DenseStrides(shape, layout)) {
  if (shape.elements() != 0) CheckPointer(data, shape, BytesOf(dtype_));
}

ViewBase::ViewBase(const void* data, const Shape& shape, Layout layout, const Strides& strides,
                   DType dtype)
    : none_(false), dtype_(dtype), layout_(layout), shape_(shape), strides_(strides) {
  CheckLayout(layout);
  RequireEnum("the view's dtype", dtype, DType::kI64);
  const int64_t element = BytesOf(dtype);
  if (shape.elements() == 0) return;
  const bool nchw = layout == Layout::kNchw;
  const int64_t inner = nchw ? strides.w : strides.c, extent = nchw ? shape.w() : shape.c();
  CheckPointer(data, shape, element);
  Require(strides.n >= 0 && strides.c >= 0 && strides.h >= 0 && strides.w >= 0,
          "a stride of the view is negative: n ", strides.n, ", c ", strides.c, ", h ", strides.h,
          ", w ", strides.w);
  Require(extent <= 1 || inner == 1, "the layout ", v0::ToString(layout), " needs stride 1 in ",
          nchw ? 'w' : 'c', ", the view has ", inner);
  CheckSpan(shape, strides, element);
}

namespace {

void CheckPart(const char* what, int64_t first, int64_t count, int64_t extent) {
  if (first < 0 || count < 0 || first > extent || count > extent - first) {
    throw std::out_of_range(StrCat(what, ' ', first, " to ", first, " + ", count,
                                   " reach outside the view's ", extent));
  }
}

template <typename View, typename Pointer>
View Part(const View& v, Pointer data, int64_t offset, const Shape& shape) {
  return View(shape.elements() == 0 ? data : data + offset, shape, v.layout(), v.strides());
}

}  // namespace

int64_t ViewBase::CropOffset(int64_t top, int64_t left, int64_t height, int64_t width) const {
  CheckPart("rows", top, height, shape_.h());
  CheckPart("columns", left, width, shape_.w());
  return top * strides_.h + left * strides_.w;
}

int64_t ViewBase::ChannelOffset(int64_t first, int64_t count) const {
  CheckPart("channels", first, count, shape_.c());
  return first * strides_.c;
}

int64_t ViewBase::BatchOffset(int64_t first, int64_t count) const {
  CheckPart("images", first, count, shape_.n());
  return first * strides_.n;
}

TensorView::TensorView(float* data, const Shape& shape, Layout layout)
    : ViewBase(data, shape, layout), data_(data) {}

TensorView::TensorView(float* data, const Shape& shape, Layout layout, const Strides& strides)
    : ViewBase(data, shape, layout, strides), data_(data) {}

TensorView TensorView::Crop(int64_t top, int64_t left, int64_t height, int64_t width) const {
  const int64_t offset = CropOffset(top, left, height, width);
  return Part(*this, data_, offset, Shape(shape_.n(), shape_.c(), height, width));
}

TensorView TensorView::Channels(int64_t first, int64_t count) const {
  const int64_t offset = ChannelOffset(first, count);
  return Part(*this, data_, offset, Shape(shape_.n(), count, shape_.h(), shape_.w()));
}

TensorView TensorView::Batch(int64_t first, int64_t count) const {
  const int64_t offset = BatchOffset(first, count);
  return Part(*this, data_, offset, Shape(count, shape_.c(), shape_.h(), shape_.w()));
}

IndexView::IndexView(int64_t* data, const Shape& shape, Layout layout)
    : IndexView(data, shape, layout, DenseStrides(shape, layout)) {}

IndexView::IndexView(int64_t* data, const Shape& shape, Layout layout, const Strides& strides)
    : ViewBase(data, shape, layout, strides, DType::kI64), data_(data) {}

IndexView IndexView::Crop(int64_t top, int64_t left, int64_t height, int64_t width) const {
  const int64_t offset = CropOffset(top, left, height, width);
  return Part(*this, data_, offset, Shape(shape_.n(), shape_.c(), height, width));
}

IndexView IndexView::Channels(int64_t first, int64_t count) const {
  const int64_t offset = ChannelOffset(first, count);
  return Part(*this, data_, offset, Shape(shape_.n(), count, shape_.h(), shape_.w()));
}

IndexView IndexView::Batch(int64_t first, int64_t count) const {
  const int64_t offset = BatchOffset(first, count);
  return Part(*this, data_, offset, Shape(count, shape_.c(), shape_.h(), shape_.w()));
}

ConstTensorView::ConstTensorView(const float* data, const Shape& shape, Layout layout)
    : ViewBase(data, shape, layout), data_(data) {}

ConstTensorView::ConstTensorView(const float* data, const Shape& shape, Layout layout,
                                 const Strides& strides)
    : ViewBase(data, shape, layout, strides), data_(data) {}

ConstTensorView::ConstTensorView(const TensorView& view) : ViewBase(view), data_(view.data()) {}

ConstTensorView ConstTensorView::Crop(int64_t top, int64_t left, int64_t height,
                                      int64_t width) const {
  const int64_t offset = CropOffset(top, left, height, width);
  return Part(*this, data_, offset, Shape(shape_.n(), shape_.c(), height, width));
}

ConstTensorView ConstTensorView::Channels(int64_t first, int64_t count) const {
  const int64_t offset = ChannelOffset(first, count);
  return Part(*this, data_, offset, Shape(shape_.n(), count, shape_.h(), shape_.w()));
}

ConstTensorView ConstTensorView::Batch(int64_t first, int64_t count) const {
  const int64_t offset = BatchOffset(first, count);
  return Part(*this, data_, offset, Shape(count, shape_.c(), shape_.h(), shape_.w()));
}

void Tensor::Free::operator()(float* p) const { internal::AlignedDeleter()(p); }

Tensor::Tensor(const Shape& shape, Layout layout)
    : shape_(shape),
      layout_((CheckLayout(layout), layout)),
      data_(internal::AllocateFloats(shape.elements())) {
  std::fill_n(data_.get(), shape.elements(), 0.0f);
}

Tensor::Tensor(const Shape& shape, std::span<const float> values, Layout layout)
    : Tensor(shape, layout) {
  Require(static_cast<int64_t>(values.size()) == shape.elements(), "the shape ", shape, " has ",
          shape.elements(), " elements, but ", values.size(), " values are given");
  Copy(ConstTensorView(values.data(), shape, Layout::kNchw), view());
}

Tensor::Tensor(const Tensor& other) : Tensor(other.shape_, other.layout_) {
  if (shape_.elements() != 0) {
    std::memcpy(data(), other.data(), static_cast<size_t>(shape_.elements()) * sizeof(float));
  }
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) *this = Tensor(other);
  return *this;
}

void Copy(const ConstTensorView& x, const TensorView& y) {
  const Shape& s = x.shape();
  Require(s == y.shape(), "cannot copy a tensor of shape ", s, " to one of shape ", y.shape());
  Require(!internal::MayOverlap(x, y), "cannot copy a tensor to memory that overlaps it");
  Require(!internal::MayOverlapItself(y),
          "cannot copy to elements that overlap each other: strides"
          " n ",
          y.strides().n, ", c ", y.strides().c, ", h ", y.strides().h, ", w ", y.strides().w,
          " for the shape ", s);
  if (s.elements() == 0) return;
  // Runs along y's contiguous dimension; memcpy because a float load may change a NaN.
  const bool nchw = y.layout() == Layout::kNchw;
  const int64_t run = nchw ? s.w() : s.c(), runs = nchw ? s.c() : s.w();
  const int64_t step = nchw ? x.strides().w : x.strides().c;
  const auto copy_run = [&](const float* from, float* to) {
    if (step == 1) {
      std::memcpy(to, from, static_cast<size_t>(run) * sizeof(float));
    } else {
      for (int64_t j = 0; j < run; ++j) std::memcpy(to + j, from + j * step, sizeof(float));
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

}  // namespace v0
}  // namespace windrow
