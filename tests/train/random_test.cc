// Random numbers: Philox's published answers, and what is made of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "lib/train/philox.h"
#include "tests/train/tensors.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

using internal::Philox;
using internal::PhiloxCounter;

// The answers that come with Random123, the authors' own library.
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  constexpr uint32_t kAll = 0xFFFFFFFF;
  EXPECT_EQ(Philox({kAll, kAll, kAll, kAll}, {kAll, kAll}),
            (PhiloxCounter{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(Philox({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}),
            (PhiloxCounter{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(Random, IsAFunctionOfAllThatItIsGiven) {
  const train::Random random(1, 2, 3);
  EXPECT_EQ(random.Bits(5), train::Random(1, 2, 3).Bits(5));
  EXPECT_EQ(random.Bits(5), random.Block(1)[1]);
  EXPECT_EQ(random.At(4).Bits(5), train::Random(1, 2, 4).Bits(5));
  std::vector<uint32_t> all;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
    for (const uint32_t stream : {0u, 1u, 0xFFFFFFFFu}) {
      for (const int64_t step : {int64_t{0}, int64_t{1}, int64_t{1} << 32, int64_t{1} << 47}) {
        for (const int64_t index :
             {int64_t{0}, int64_t{1}, int64_t{4}, int64_t{1} << 34, int64_t{1} << 49}) {
          all.push_back(train::Random(seed, stream, step).Bits(index));
        }
      }
    }
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(Random, UniformFillsItsRangeWhateverTheLayout) {
  const Shape s(2, 5, 40, 50);
  Tensor planes(s), pixels(s, Layout::kNhwc);
  train::Random(3, 1).Uniform(planes, -2, 6);
  train::Random(3, 1).Uniform(pixels, -2, 6);
  EXPECT_TRUE(HaveSameBits(planes, pixels));
  const Numbers v = ValuesOf(planes);
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  EXPECT_GE(*low, -2);
  EXPECT_LT(*low, -1.99f);
  EXPECT_LT(*high, 6);
  EXPECT_GT(*high, 5.99f);
  EXPECT_NEAR(std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()), 2, 0.05);
}

TEST(Random, PermutationsHoldEachNumberAndDiffer) {
  std::vector<int64_t> order(1000), again(1000), other(1000), sorted;
  const train::Random random(7, 0);
  random.At(1).Permutation(order);
  random.At(1).Permutation(again);
  random.At(2).Permutation(other);
  EXPECT_EQ(order, again);
  EXPECT_NE(order, other);
  sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i) EXPECT_EQ(sorted[static_cast<size_t>(i)], i);
  // Each place gets each number about as often.
  std::vector<int> first(10);
  for (int64_t epoch = 0; epoch < 10'000; ++epoch) {
    std::vector<int64_t> ten(10);
    random.At(epoch).Permutation(ten);
    ++first[static_cast<size_t>(ten[0])];
  }
  for (const int count : first) EXPECT_NEAR(count, 1000, 150);
  std::vector<int64_t> none, one(1, 5);
  random.Permutation(none);
  random.Permutation(one);
  EXPECT_EQ(one[0], 0);
}

}  // namespace
}  // namespace windrow::test
