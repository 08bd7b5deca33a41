// Objects that were moved from, to themselves too, copied and swapped; and the views of temporary
// tensors, which there are none of.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/expect_throw.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

const Shape kInput(2, 3, 7, 8);

Tensor Input() {
  Tensor x(kInput, Layout::kNhwc);
  Fill(x.view(), Role::kInput, Values::kPlain);
  return x;
}

// A small operation of each kind, and another of that kind.
template <typename Op>
Op Make(bool other) {
  const Size2 size = other ? 2 : 3;
  if constexpr (std::is_same_v<Op, Conv2d>) {
    return Conv2d({.in_channels = 3, .out_channels = 4, .kernel_size = size},
                  std::vector<float>(static_cast<size_t>(12 * size.h * size.w), 0.5f));
  } else if constexpr (requires { Op({.output_size = size}); }) {
    return Op({.output_size = size});
  } else {
    return Op({.kernel_size = size});
  }
}

// That every method of `op` says that it was moved from.
template <typename Op>
void ExpectEmpty(Op& op) {
  const Tensor x = Input();
  Tensor y(kInput);
  const auto empty = [](const std::function<void()>& f) { return Throws(f, {"was moved from"}); };
  EXPECT_TRUE(empty([&] { (void)op.target(); }));
  EXPECT_TRUE(empty([&] { (void)op.OutputShape(kInput); }));
  EXPECT_TRUE(empty([&] { op.Run({.x = x, .y = y}); }));
  EXPECT_TRUE(empty([&] { op.Run(x, y); }));
  EXPECT_TRUE(empty([&] { (void)op.Run(x); }));
  EXPECT_TRUE(empty([&] { (void)op.WorkspaceBytes(kInput, Layout::kNchw, 1); }));
  EXPECT_TRUE(empty([&] { (void)op.WorkspaceBytes({.x = x, .y = y}, 1); }));
  EXPECT_TRUE(empty([&] { (void)op.Explain(kInput, Layout::kNchw); }));
  EXPECT_TRUE(empty([&] { (void)op.Explain({.x = x, .y = y}); }));
  EXPECT_TRUE(empty([&] { (void)op.options(); }));
  if constexpr (std::is_same_v<Op, Conv2d>) {
    EXPECT_TRUE(empty([&] { op.SetWeights({}); }));
  }
}

template <typename Op>
class Moved : public testing::Test {};

using Operations =
    testing::Types<Conv2d, MaxPool2d, AvgPool2d, AdaptiveMaxPool2d, AdaptiveAvgPool2d>;
TYPED_TEST_SUITE(Moved, Operations);

TYPED_TEST(Moved, FromIsEmpty) {
  const Tensor x = Input();
  TypeParam a = Make<TypeParam>(false);
  const Tensor expected = a.Run(x);
  TypeParam b = std::move(a);
  EXPECT_TRUE(SameBits(b.Run(x), expected));
  ExpectEmpty(a);
  TypeParam still_empty = a;
  ExpectEmpty(still_empty);
  a = std::move(b);
  EXPECT_TRUE(SameBits(a.Run(x), expected)) << "assigned to again";
  ExpectEmpty(b);
  b = a;
  EXPECT_TRUE(SameBits(b.Run(x), expected));
}

TYPED_TEST(Moved, ToItselfStays) {
  const Tensor x = Input();
  TypeParam a = Make<TypeParam>(false);
  const Tensor expected = a.Run(x);
  TypeParam& self = a;
  a = std::move(self);
  EXPECT_TRUE(SameBits(a.Run(x), expected));
  a = self;
  EXPECT_TRUE(SameBits(a.Run(x), expected));
}

TYPED_TEST(Moved, BySwapping) {
  const Tensor x = Input();
  TypeParam a = Make<TypeParam>(false), b = Make<TypeParam>(true);
  const Tensor of_a = a.Run(x), of_b = b.Run(x);
  ASSERT_NE(of_a.shape(), of_b.shape());
  std::swap(a, b);
  EXPECT_TRUE(SameBits(a.Run(x), of_b));
  EXPECT_TRUE(SameBits(b.Run(x), of_a));
  TypeParam empty = Make<TypeParam>(false);
  { const TypeParam taken = std::move(empty); }
  std::swap(a, empty);
  EXPECT_TRUE(SameBits(empty.Run(x), of_b));
  ExpectEmpty(a);
}

void ExpectEmptyTensor(const Tensor& t) {
  EXPECT_EQ(t.shape(), Shape());
  EXPECT_EQ(t.layout(), Layout::kNchw);
  EXPECT_EQ(t.data(), nullptr);
  EXPECT_EQ(t.view().shape(), Shape());
  const Tensor copy = t;
  EXPECT_EQ(copy.shape(), Shape());
}

TEST(MovedTensor, FromIsEmpty) {
  const Tensor x = Input();
  Tensor a = x;
  Tensor b = std::move(a);
  EXPECT_TRUE(SameBits(b, x));
  EXPECT_EQ(b.layout(), Layout::kNhwc);
  ExpectEmptyTensor(a);
  EXPECT_TRUE(Throws([&] { (void)Make<Conv2d>(false).Run(a); }, {"0x0x0x0", "0 channels"}));
  EXPECT_TRUE(Throws([&] { Copy(x, a); }, {"2x3x7x8", "0x0x0x0"}));
  a = std::move(b);
  EXPECT_TRUE(SameBits(a, x));
  ExpectEmptyTensor(b);
  b = a;
  EXPECT_TRUE(SameBits(b, x));
  b = std::move(a);
  EXPECT_TRUE(SameBits(b, x));
  ExpectEmptyTensor(a);
}

TEST(MovedTensor, OfIndicesIsEmptyToo) {
  IndexTensor a(Shape(1, 1, 1, 2), std::vector<int64_t>{3, 4}, Layout::kNhwc);
  const IndexTensor b = std::move(a);
  EXPECT_EQ(b.at(0, 0, 0, 1), 4);
  EXPECT_EQ(a.shape(), Shape());
  EXPECT_EQ(a.layout(), Layout::kNchw);
  EXPECT_EQ(a.data(), nullptr);
  EXPECT_EQ(IndexTensor(a).shape(), Shape());
  a = b;
  EXPECT_EQ(a.at(0, 0, 0, 0), 3);
}

TEST(MovedTensor, ToItselfStays) {
  const Tensor x = Input();
  Tensor a = x;
  Tensor& self = a;
  a = std::move(self);
  EXPECT_TRUE(SameBits(a, x));
  a = self;
  EXPECT_TRUE(SameBits(a, x));
}

TEST(MovedTensor, BySwapping) {
  const Tensor x = Input();
  Tensor a = x, b(Shape(1, 1, 2, 2)), empty;
  std::swap(a, b);
  EXPECT_TRUE(SameBits(b, x));
  EXPECT_EQ(a.shape(), Shape(1, 1, 2, 2));
  std::swap(b, empty);
  EXPECT_TRUE(SameBits(empty, x));
  ExpectEmptyTensor(b);
}

// What has nothing to lose keeps all when it is moved from.
static_assert(std::is_trivially_copyable_v<TensorView>);
static_assert(std::is_trivially_copyable_v<ConstTensorView>);
static_assert(std::is_trivially_copyable_v<IndexView>);
static_assert(std::is_trivially_copyable_v<ConstIndexView>);
static_assert(std::is_trivially_copyable_v<Shape>);
static_assert(std::is_trivially_copyable_v<Strides>);
static_assert(std::is_trivially_copyable_v<Size2>);
static_assert(std::is_trivially_copyable_v<Padding>);
static_assert(std::is_trivially_copyable_v<RunArgs>);
static_assert(std::is_trivially_copyable_v<PoolArgs>);
static_assert(std::is_nothrow_move_constructible_v<Epilogue>);
static_assert(std::is_nothrow_move_constructible_v<Tensor>);
static_assert(std::is_nothrow_move_assignable_v<Tensor>);
static_assert(std::is_nothrow_move_constructible_v<IndexTensor>);
static_assert(std::is_nothrow_move_assignable_v<IndexTensor>);
static_assert(std::is_nothrow_move_constructible_v<Conv2d>);
static_assert(std::is_nothrow_move_assignable_v<Conv2d>);
static_assert(std::is_nothrow_move_constructible_v<MaxPool2d>);
static_assert(std::is_nothrow_move_assignable_v<MaxPool2d>);

// A pooling of one class is nothing else: it is not made a plain Pooling, and takes no other's
// place.
static_assert(!std::is_constructible_v<Pooling, const MaxPool2d&>);
static_assert(!std::is_constructible_v<Pooling, MaxPool2d>);
static_assert(!std::is_copy_constructible_v<Pooling> && !std::is_move_constructible_v<Pooling>);
static_assert(!std::is_destructible_v<Pooling>);
static_assert(!std::is_assignable_v<Pooling&, const AvgPool2d&>);
static_assert(!std::is_assignable_v<Pooling&, AvgPool2d>);
static_assert(!std::is_assignable_v<Pooling&, const Pooling&>);
static_assert(!std::is_assignable_v<MaxPool2d&, const AvgPool2d&>);
static_assert(!std::is_assignable_v<MaxPool2d&, const Pooling&>);
static_assert(!std::is_assignable_v<AdaptiveMaxPool2d&, const AdaptiveAvgPool2d&>);
static_assert(!std::is_constructible_v<AdaptiveMaxPool2d, const AdaptiveAvgPool2d&>);
static_assert(std::is_convertible_v<MaxPool2d&, const Pooling&>);

// Options lose their names, which are not taken for others.
TEST(MovedOptions, AreRefused) {
  const std::vector<float> weights(9);
  Conv2dOptions a{.in_channels = 1, .out_channels = 1, .kernel_size = 3};
  a.algorithm = "a name longer than a string holds in place";
  const Conv2dOptions b = std::move(a);
  EXPECT_TRUE(Throws([&] { Conv2d(a, weights); }, {"no convolution algorithm \"\""}));
  MaxPool2dOptions c{.kernel_size = 3};
  const MaxPool2dOptions d = std::move(c);
  EXPECT_TRUE(Throws([&] { MaxPool2d{c}; }, {"algorithm \"\""}));
}

template <typename View, typename From>
constexpr bool kTurnsInto = std::is_convertible_v<From, View>&& std::is_constructible_v<View, From>;
template <typename View, typename From>
constexpr bool kNever = !std::is_convertible_v<From, View> && !std::is_constructible_v<View, From>;

template <typename T>
constexpr bool Converts() {
  using Owner = BasicTensor<T>;
  static_assert(kTurnsInto<View<T>, Owner&>);
  static_assert(kTurnsInto<View<const T>, Owner&>);
  static_assert(kTurnsInto<View<const T>, const Owner&>);
  static_assert(kNever<View<T>, const Owner&>);
  static_assert(kNever<View<T>, Owner>);
  static_assert(kNever<View<const T>, Owner>);
  static_assert(kNever<View<T>, const Owner>);
  static_assert(kNever<View<const T>, const Owner>);
  // A view to write is one to read, and not the other way round.
  static_assert(kTurnsInto<View<const T>, View<T>> && kTurnsInto<View<const T>, const View<T>&>);
  static_assert(kNever<View<T>, View<const T>>);
  return true;
}
static_assert(Converts<float>() && Converts<int64_t>());
static_assert(kNever<ConstTensorView, IndexView> && kNever<ConstIndexView, TensorView>);
static_assert(kNever<ConstTensorView, IndexTensor&> && kNever<ConstIndexView, Tensor&>);

template <typename T>
concept HasView = requires(T&& t) {
  std::forward<T>(t).view();
};
static_assert(HasView<Tensor&> && HasView<const Tensor&>);
static_assert(!HasView<Tensor> && !HasView<const Tensor>);
static_assert(HasView<IndexTensor&> && HasView<const IndexTensor&>);
static_assert(!HasView<IndexTensor> && !HasView<const IndexTensor>);

template <typename Op, typename X, typename Y>
concept Runs = requires(const Op& op, X&& x, Y&& y) {
  op.Run(std::forward<X>(x), std::forward<Y>(y));
};
static_assert(Runs<Conv2d, Tensor&, Tensor&> && Runs<Conv2d, const Tensor&, Tensor&>);
static_assert(!Runs<Conv2d, Tensor&, Tensor> && !Runs<Conv2d, Tensor&, const Tensor&>);
static_assert(Runs<MaxPool2d, Tensor&, Tensor&> && Runs<MaxPool2d, const Tensor&, Tensor&>);
static_assert(!Runs<MaxPool2d, Tensor&, Tensor> && !Runs<MaxPool2d, Tensor&, const Tensor&>);

}  // namespace
}  // namespace windrow::test
