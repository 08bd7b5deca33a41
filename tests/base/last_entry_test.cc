#include "lib/base/last_entry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace windrow::internal {
namespace {

struct Key {
  int64_t a, b;
};
struct Value {
  uintptr_t used_bytes;
  int64_t sum, difference, product;
  int64_t unused[5];
};
constexpr uintptr_t kUsed = offsetof(Value, unused);

Value ValueOf(const Key& k) { return {kUsed, k.a + k.b, k.a - k.b, k.a * k.b, {}}; }

TEST(LastEntry, IsFoundByItsKeyOnly) {
  LastEntry<Key, Value> last;
  Value v{};
  EXPECT_FALSE(last.Find({0, 0}, v)) << "nothing was remembered";
  last.Remember({3, 4}, ValueOf({3, 4}));
  ASSERT_TRUE(last.Find({3, 4}, v));
  EXPECT_EQ(v.product, 12);
  EXPECT_FALSE(last.Find({4, 3}, v));
  last.Remember({4, 3}, ValueOf({4, 3}));
  EXPECT_FALSE(last.Find({3, 4}, v));
  ASSERT_TRUE(last.Find({4, 3}, v));
  EXPECT_EQ(v.difference, 1);
}

// Of a size that is no multiple of a word, and with padding: as pointers have where they are short.
TEST(LastEntry, HasValuesWithPadding) {
  struct Padded {
    char first;
    int64_t second;
    char third[5];
  };
  LastEntry<Key, Padded> last;
  last.Remember({1, 2}, {.first = 'a', .second = 3, .third = "bcde"});
  Padded found{};
  ASSERT_TRUE(last.Find({1, 2}, found));
  EXPECT_EQ(found.first, 'a');
  EXPECT_EQ(found.second, 3);
  EXPECT_STREQ(found.third, "bcde");
  EXPECT_FALSE(last.Find({2, 1}, found));
}

// What is found is what was remembered for that key, never a mixture.
TEST(LastEntry, IsWholeWhateverOthersRemember) {
  LastEntry<Key, Value> last;
  std::atomic<int> mixed = 0, found = 0;
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int64_t round = 0; round < 5000; ++round) {
        const Key key{(i + round / 4) % 3, 7};  // a few times, lest a thread alone finds nothing
        Value v{};
        if (!last.Find(key, v)) {
          last.Remember(key, ValueOf(key));
          continue;
        }
        ++found;
        const Value expected = ValueOf(key);
        mixed += v.sum != expected.sum || v.difference != expected.difference ||
                 v.product != expected.product;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace windrow::internal
