// Shapes, views and tensors.
#include "windrow/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/support/expect_throw.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

Tensor Counted(const Shape& shape, Layout layout) {
  Tensor t(shape, layout);
  Fill(t.view(), Role::kInput, Values::kNonFinite);
  return t;
}

TEST(ShapeTest, Elements) {
  const Shape s(2, 3, 5, 7);
  EXPECT_EQ(s.elements(), 210);
  EXPECT_EQ(s.ToString(), "2x3x5x7");
  EXPECT_EQ(Shape().elements(), 0);
  EXPECT_NE(s, Shape(2, 3, 7, 5));
}

TEST(ShapeTest, Misuse) {
  EXPECT_TRUE(Throws([] { Shape(1, -2, 3, 4); }, {"1x-2x3x4", "negative"}));
  const int64_t large = int64_t{1} << 31;
  EXPECT_TRUE(Throws<std::length_error>([&] { Shape(large, large, 1, 1); }, {"63 bits"}));
  EXPECT_TRUE(Throws<std::length_error>([&] { Shape(0, large, large, large); }, {"63 bits"}));
  EXPECT_NO_THROW(Shape(large, large / 8, 1, 1));
}

TEST(StridesTest, OfDenseTensors) {
  EXPECT_EQ(DenseStrides({2, 3, 5, 7}, Layout::kNchw), (Strides{105, 35, 7, 1}));
  EXPECT_EQ(DenseStrides({2, 3, 5, 7}, Layout::kNhwc), (Strides{105, 1, 21, 3}));
}

TEST(ViewTest, Misuse) {
  alignas(float) char bytes[64] = {};
  auto* const f = reinterpret_cast<float*>(bytes);
  auto* const odd = reinterpret_cast<float*>(bytes + 1);
  const Shape s(1, 2, 1, 2);
  const auto view = [&](float* data, const Strides& st, Layout l = Layout::kNchw) {
    return [=] { TensorView(data, s, l, st); };
  };
  EXPECT_TRUE(Throws(view(nullptr, {4, 2, 2, 1}), {"1x2x1x2", "null"}));
  EXPECT_TRUE(Throws(view(odd, {4, 2, 2, 1}), {"not aligned", "4 bytes"}));
  EXPECT_TRUE(Throws(view(f, {4, -2, 2, 1}), {"negative", "c -2"}));
  EXPECT_TRUE(Throws(view(f, {4, 2, 2, -1}, Layout::kNhwc), {"negative", "w -1"}));
  EXPECT_NO_THROW(view(f, {4, 2, 2, 3})());
  EXPECT_NO_THROW(view(f, {4, 0, 2, 2}, Layout::kNhwc)());
  const int64_t far = int64_t{1} << 62;
  EXPECT_TRUE(Throws<std::length_error>(view(f, {4, far, 2, 1}), {"63 bits"}));
  EXPECT_TRUE(Throws([&] { ConstTensorView(odd, s, Layout::kNchw); }, {"not aligned"}));
  EXPECT_NO_THROW(TensorView(nullptr, Shape(0, 2, 1, 2), Layout::kNchw));
}

TEST(ViewTest, MisuseOfIndices) {
  alignas(int64_t) char bytes[64] = {};
  const Shape s(1, 2, 1, 2);
  auto* const odd = reinterpret_cast<int64_t*>(bytes + 4);
  EXPECT_TRUE(Throws([&] { IndexView(odd, s, Layout::kNchw); }, {"not aligned", "8 bytes"}));
  EXPECT_TRUE(Throws([&] { ConstIndexView(nullptr, s, Layout::kNhwc); }, {"1x2x1x2", "null"}));
  // Elements of four bytes would fit 63 bits.
  const Shape large(int64_t{1} << 30, int64_t{1} << 30, 1, 1);
  const auto of_large = [&] { IndexView(reinterpret_cast<int64_t*>(bytes), large, Layout::kNchw); };
  EXPECT_TRUE(Throws<std::length_error>(of_large, {"63 bits"}));
  EXPECT_TRUE(Throws<std::length_error>([&] { IndexTensor{large}; }, {"63 bits"}));
}

TEST(ViewTest, KnowsItsType) {
  EXPECT_EQ(TensorView().dtype(), DType::kF32);
  Tensor t(Shape(1, 1, 1, 1));
  IndexTensor i(Shape(1, 1, 1, 1));
  EXPECT_EQ(ConstTensorView(t).dtype(), DType::kF32);
  EXPECT_EQ(i.view().dtype(), DType::kI64);
  EXPECT_EQ(ConstIndexView(i.view()).dtype(), DType::kI64);
  EXPECT_TRUE(IndexView().empty());
  EXPECT_TRUE(ConstIndexView(IndexView()).empty());
  EXPECT_FALSE(i.view().empty());
}

#if !defined(NDEBUG)
TEST(ViewDeathTest, ElementsAreInside) {
  Tensor t(Shape(1, 2, 3, 4));
  const IndexTensor i(Shape(1, 2, 3, 4), Layout::kNhwc);
  EXPECT_DEATH((void)t.at(0, 2, 0, 0), "c < shape_");
  EXPECT_DEATH((void)t.view().at(0, 0, 3, 0), "h < shape_");
  EXPECT_DEATH((void)i.view().at(0, 0, 0, -1), "w >= 0");
  EXPECT_DEATH((void)Tensor().at(0, 0, 0, 0), "n < shape_");
}
#endif

TEST(ViewTest, PartsShareElements) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    Tensor t = Counted({3, 4, 5, 6}, layout);
    const TensorView part = t.view().Batch(1, 2).Channels(2, 2).Crop(1, 3, 4, 2);
    EXPECT_EQ(part.shape(), Shape(2, 2, 4, 2));
    EXPECT_EQ(part.layout(), layout);
    EXPECT_EQ(&part.at(1, 1, 2, 1), &t.at(2, 3, 3, 4));
    const ConstTensorView same =
        std::as_const(t).view().Batch(1, 2).Channels(2, 2).Crop(1, 3, 4, 2);
    EXPECT_EQ(same.data(), part.data());
    EXPECT_EQ(same.strides(), part.strides());
    const IndexTensor indices(t.shape(), layout);
    const ConstIndexView at = indices.view().Batch(1, 2).Channels(2, 2).Crop(1, 3, 4, 2);
    EXPECT_EQ(&at.at(1, 1, 2, 1), &indices.at(2, 3, 3, 4));
    EXPECT_EQ(at.strides(), part.strides());
  }
}

TEST(ViewTest, PartsOutOfRange) {
  Tensor t(Shape(3, 4, 5, 6));
  const auto out = [](const auto& f, std::initializer_list<std::string> facts) {
    return Throws<std::out_of_range>(f, facts);
  };
  const TensorView v = t.view();
  EXPECT_TRUE(out([&] { (void)v.Crop(2, 0, 4, 1); }, {"rows 2 to 2 + 4", "5"}));
  EXPECT_TRUE(out([&] { (void)v.Crop(0, 6, 1, 1); }, {"columns 6 to 6 + 1", "6"}));
  EXPECT_TRUE(out([&] { (void)v.Crop(-1, 0, 1, 1); }, {"rows -1"}));
  EXPECT_TRUE(out([&] { (void)v.Channels(4, 1); }, {"channels 4 to 4 + 1", "4"}));
  EXPECT_TRUE(out([&] { (void)v.Channels(1, INT64_MAX); }, {"channels 1"}));
  EXPECT_TRUE(out([&] { (void)v.Batch(0, -1); }, {"images 0 to 0 + -1", "3"}));
  EXPECT_TRUE(out([&] { (void)ConstTensorView(v).Batch(3, 1); }, {"images 3 to 3 + 1"}));
  EXPECT_EQ(v.Channels(4, 0).shape(), Shape(3, 0, 5, 6)) << "an empty part is inside";
}

TEST(TensorTest, IsZeroAndAligned) {
  for (int64_t w = 1; w < 40; w += 7) {
    const Tensor t(Shape(1, 1, 1, w));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(t.data()) % 64, 0u);
    for (int64_t i = 0; i < w; ++i) EXPECT_EQ(t.data()[i], 0.0f);
    const IndexTensor indices(Shape(1, 1, 1, w));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(indices.data()) % 64, 0u);
    for (int64_t i = 0; i < w; ++i) EXPECT_EQ(indices.data()[i], 0);
  }
}

TEST(TensorTest, TakesValuesInLogicalOrder) {
  const std::vector<float> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const Tensor nhwc(Shape(1, 2, 2, 3), values, Layout::kNhwc);
  EXPECT_EQ(nhwc.at(0, 1, 0, 2), 8.0f);
  EXPECT_EQ(nhwc.data()[1], 6.0f);
  EXPECT_EQ(Tensor(Shape(1, 2, 2, 3), values).data()[8], 8.0f);
  EXPECT_TRUE(Throws([&] { Tensor(Shape(1, 2, 2, 2), values); }, {"8 elements", "12 values"}));
}

TEST(TensorTest, CopiesAreDeep) {
  const Tensor a = Counted({2, 3, 4, 5}, Layout::kNhwc);
  Tensor b = a, c;
  c = a;
  EXPECT_TRUE(SameBits(a.view(), b.view()));
  EXPECT_TRUE(SameBits(a.view(), c.view()));
  EXPECT_EQ(b.layout(), Layout::kNhwc);
  b.at(1, 2, 3, 4) = 42.0f;
  EXPECT_FALSE(SameBits(a.view(), b.view()));
  const Tensor& self = c;
  c = self;
  EXPECT_TRUE(SameBits(a.view(), c.view()));
  const float* const data = c.data();
  const Tensor moved = std::move(c);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(Tensor(Tensor()).shape(), Shape());
}

TEST(CopyTest, KeepsBitsBetweenLayoutsAndStrides) {
  for (int layouts = 0; layouts < 4; ++layouts) {
    const Tensor from = Counted({2, 9, 6, 7}, static_cast<Layout>(layouts & 1));
    Tensor to(Shape(2, 12, 8, 9), static_cast<Layout>(layouts >> 1));
    const TensorView inside = to.view().Channels(2, 9).Crop(1, 2, 6, 7);
    Copy(from, inside);
    EXPECT_TRUE(SameBits(inside, from.view()));
    EXPECT_TRUE(SameBits(to.view().Channels(0, 2), Tensor(Shape(2, 2, 8, 9))));
    EXPECT_TRUE(SameBits(to.view().Crop(0, 0, 8, 2), Tensor(Shape(2, 12, 8, 2))));
  }
}

TEST(CopyTest, ToAndFromAnyStrides) {
  Generator random(1);
  for (int i = 0; i < 200; ++i) {
    const auto extent = [&] { return random.Between(1, 5); };
    const Shape s(extent(), extent(), extent(), extent());
    const auto layout = static_cast<Layout>(i % 2);
    GuardedBuffer x_memory, y_memory;
    const Placed x = PlaceStrided<float>(x_memory, s, layout, AnyStrides(random, s), Edge::kEnd);
    const Placed y =
        PlaceStrided<float>(y_memory, s, Layout::kNhwc, AnyStrides(random, s), Edge::kEnd);
    Fill(x.view, Role::kInput, Values::kNonFinite);
    const Tensor expected = Counted(s, layout);
    const std::vector<float> before = Copied(y.memory);
    Copy(x.view, y.view);
    ASSERT_TRUE(SameBits(y.view, expected));
    ASSERT_EQ(Difference(y, before, expected), "");
  }
}

TEST(CopyTest, OfIndices) {
  const std::vector<int64_t> values{0, 1, 2, 3, 4, INT64_MAX, INT64_MIN, 7};
  const IndexTensor nhwc(Shape(2, 2, 1, 2), values, Layout::kNhwc);
  EXPECT_EQ(nhwc.data()[1], 2);
  IndexTensor back(Shape(2, 2, 1, 2));
  Copy(nhwc, back);
  EXPECT_EQ(std::memcmp(back.data(), values.data(), sizeof(int64_t) * values.size()), 0);
  EXPECT_TRUE(Throws([&] { Copy(back, back); }, {"overlaps"}));
  EXPECT_NO_THROW(Copy(back.view().Channels(0, 1), back.view().Channels(1, 1)));
}

TEST(CopyTest, Misuse) {
  Tensor t(Shape(1, 2, 3, 4)), other(Shape(1, 2, 4, 3));
  EXPECT_TRUE(Throws([&] { Copy(t, other); }, {"1x2x3x4", "1x2x4x3"}));
  EXPECT_TRUE(Throws([&] { Copy(t, t); }, {"overlaps"}));
  EXPECT_NO_THROW(Copy(t.view().Channels(0, 1), t.view().Channels(1, 1)));
  EXPECT_TRUE(
      Throws([&] { Copy(t.view().Crop(0, 0, 2, 4), t.view().Crop(1, 0, 2, 4)); }, {"overlaps"}));
}

TEST(CopyTest, ToElementsThatOverlapEachOther) {
  const Shape s(2, 2, 3, 4);
  const Tensor x = Counted(s, Layout::kNchw);
  std::vector<float> memory(100, 7.0f);
  const auto to = [&](const Strides& st) {
    return [&, st] { Copy(x, TensorView(memory.data(), s, Layout::kNchw, st)); };
  };
  EXPECT_TRUE(Throws(to({0, 12, 4, 1}), {"overlap each other", "n 0", "2x2x3x4"}));
  EXPECT_TRUE(Throws(to({24, 0, 4, 1}), {"overlap each other", "c 0"}));
  EXPECT_TRUE(Throws(to({24, 12, 3, 1}), {"overlap each other", "h 3"}));
  EXPECT_EQ(memory, std::vector<float>(100, 7.0f));
  EXPECT_NO_THROW(to({25, 12, 4, 1})());
  // Elements to read may be the same ones.
  Tensor y(s);
  Copy(ConstTensorView(x.data(), s, Layout::kNchw, {0, 12, 0, 1}), y);
  EXPECT_EQ(y.at(1, 1, 2, 3), x.at(0, 1, 0, 3));
}

}  // namespace
}  // namespace windrow::test
