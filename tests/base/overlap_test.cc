// Overlap of strided views, against the sets of their elements.
#include "lib/base/overlap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "tests/support/values.h"

namespace windrow::internal {
namespace {

std::vector<const float*> Elements(const ConstTensorView& v) {
  std::vector<const float*> all;
  const Shape& s = v.shape();
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) all.push_back(&v.at(n, c, h, w));
      }
    }
  }
  return all;
}

bool Overlap(const ConstTensorView& a, const ConstTensorView& b) {
  const std::vector<const float*> ea = Elements(a), eb = Elements(b);
  const std::set<const float*> set(ea.begin(), ea.end());
  return std::any_of(eb.begin(), eb.end(), [&](const float* p) { return set.count(p) != 0; });
}

bool OverlapsItself(const ConstTensorView& v) {
  const std::vector<const float*> all = Elements(v);
  return std::set<const float*>(all.begin(), all.end()).size() != all.size();
}

class OverlapTest : public testing::Test {
 protected:
  // Any view with small extents and strides.
  ConstTensorView RandomView() {
    const auto extent = [&] { return random_.OneIn(20) ? 0 : random_.Between(1, 3); };
    const Shape s(extent(), extent(), extent(), extent());
    const auto stride = [&] { return random_.Between(0, 12); };
    const bool nchw = random_.OneIn(2);
    const Strides st{stride(), nchw ? stride() : 1, stride(), nchw ? 1 : stride()};
    return {memory_.data() + random_.Between(0, 40), s, nchw ? Layout::kNchw : Layout::kNhwc, st};
  }
  // A part of one tensor.
  ConstTensorView RandomPart(const ConstTensorView& whole) {
    const auto range = [&](int64_t extent) {
      const int64_t first = random_.Between(0, extent - 1);
      return std::pair{first, random_.Between(1, extent - first)};
    };
    const auto [n, images] = range(whole.shape().n());
    const auto [c, channels] = range(whole.shape().c());
    const auto [h, height] = range(whole.shape().h());
    const auto [w, width] = range(whole.shape().w());
    return whole.Batch(n, images).Channels(c, channels).Crop(h, w, height, width);
  }

  std::vector<float> memory_ = std::vector<float>(1000);
  test::Generator random_{1};
};

TEST_F(OverlapTest, NeverMissesAnOverlap) {
  int64_t together = 0, apart = 0;
  for (int i = 0; i < 100'000; ++i) {
    const ConstTensorView a = RandomView(), b = RandomView();
    const bool overlap = Overlap(a, b);
    ++(overlap ? together : apart);
    ASSERT_TRUE(MayOverlap(a, b) || !overlap) << i;
    ASSERT_TRUE(MayOverlap(b, a) || !overlap) << i;
    ASSERT_TRUE(MayOverlapItself(a) || !OverlapsItself(a)) << i;
  }
  EXPECT_GT(together, 1000);
  EXPECT_GT(apart, 1000);
}

TEST_F(OverlapTest, PartsOfATensorNeverMissOne) {
  int64_t together = 0, seen_apart = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Shape s(2, random_.Between(1, 4), random_.Between(1, 5), random_.Between(1, 5));
    const ConstTensorView whole(memory_.data(), s, static_cast<Layout>(i % 2));
    const ConstTensorView a = RandomPart(whole), b = RandomPart(whole);
    const bool overlap = Overlap(a, b);
    together += overlap;
    seen_apart += !MayOverlap(a, b);
    ASSERT_TRUE(MayOverlap(a, b) || !overlap) << i;
    ASSERT_FALSE(MayOverlapItself(a)) << i;
  }
  EXPECT_GT(together, 1000);
  EXPECT_GT(seen_apart, 1000);
}

TEST_F(OverlapTest, SeesSlicesApart) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    const ConstTensorView whole(memory_.data(), Shape(2, 6, 5, 8), layout);
    EXPECT_FALSE(MayOverlap(whole.Channels(0, 2), whole.Channels(2, 4)));
    EXPECT_FALSE(MayOverlap(whole.Crop(0, 0, 5, 3), whole.Crop(0, 3, 5, 5)));
    EXPECT_FALSE(MayOverlap(whole.Crop(0, 0, 2, 8), whole.Crop(2, 0, 3, 8)));
    EXPECT_FALSE(MayOverlap(whole.Batch(0, 1), whole.Batch(1, 1)));
    EXPECT_TRUE(MayOverlap(whole.Channels(0, 3), whole.Channels(2, 4)));
    EXPECT_TRUE(MayOverlap(whole, whole));
    EXPECT_FALSE(MayOverlap(whole, whole.Channels(3, 0))) << "an empty view";
  }
}

TEST_F(OverlapTest, ItselfThroughStrides) {
  const auto view = [&](const Strides& st) {
    return ConstTensorView(memory_.data(), Shape(2, 3, 4, 5), Layout::kNhwc, st);
  };
  EXPECT_FALSE(MayOverlapItself(view({60, 1, 15, 3})));
  EXPECT_FALSE(MayOverlapItself(view({99, 1, 20, 4})));
  EXPECT_TRUE(MayOverlapItself(view({0, 1, 15, 3}))) << "broadcast over the batch";
  EXPECT_TRUE(MayOverlapItself(view({60, 1, 15, 2}))) << "pixels overlap";
  EXPECT_TRUE(MayOverlapItself(view({60, 1, 14, 3}))) << "rows overlap";
}

TEST_F(OverlapTest, SameElements) {
  const Shape s(1, 3, 4, 5);
  const ConstTensorView a(memory_.data(), s, Layout::kNhwc);
  EXPECT_TRUE(SameElements(a, a));
  EXPECT_TRUE(SameElements(a, ConstTensorView(memory_.data(), s, Layout::kNhwc, {7, 1, 15, 3})))
      << "the stride of one image does not matter";
  EXPECT_FALSE(SameElements(a, ConstTensorView(memory_.data() + 1, s, Layout::kNhwc)));
  EXPECT_FALSE(SameElements(a, ConstTensorView(memory_.data(), s, Layout::kNchw)));
  EXPECT_FALSE(SameElements(a, a.Crop(0, 0, 4, 4)));
}

}  // namespace
}  // namespace windrow::internal
