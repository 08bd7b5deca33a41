// Tests of the fuzz loop: it finds one wrong bit of one tile, and says how to see it again.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>

#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/conv/variants.h"
#include "tests/fuzz/fuzz_loop.h"

namespace windrow::test {
namespace {

// While it lives, the smallest tiles of a target's own class get their first output wrong: that of
// pixels and that of a single pixel. One at a time.
class WrongTile {
 public:
  explicit WrongTile(const std::string& target) : target_(internal::FindTarget(target)) {
    tiles_ = internal::Tiles(target_.index, target_.fused);
    true_tile_ = tiles_.tile[1][1];
    true_panels_ = tiles_.panels.tile[1][1];
    tiles_.tile[1][1] = [](const internal::TileArgs& args) {
      true_tile_(args);
      FlipBit(args.y);
    };
    tiles_.panels.tile[1][1] = [](const internal::TileArgs& args) {
      true_panels_(args);
      FlipBit(args.y);
    };
    internal::ReplaceTilesForTest(target_.index, target_.fused, &tiles_);
  }
  ~WrongTile() { internal::ReplaceTilesForTest(target_.index, target_.fused, nullptr); }
  WrongTile(const WrongTile&) = delete;
  WrongTile& operator=(const WrongTile&) = delete;

 private:
  static void FlipBit(float* y) {
    uint32_t bits;
    std::memcpy(&bits, y, sizeof(bits));
    bits ^= 1;
    std::memcpy(y, &bits, sizeof(bits));
  }

  static inline internal::TileFn true_tile_ = nullptr, true_panels_ = nullptr;
  internal::Target target_;
  internal::TileSet tiles_;
};

// The number after `name` in what the loop printed.
int64_t NumberAfter(const std::string& name, const std::string& log) {
  const size_t at = log.find(name);
  return at == std::string::npos ? -1 : std::stoll(log.substr(at + name.size()));
}

class FuzzTargets : public testing::TestWithParam<std::string> {};

TEST_P(FuzzTargets, FindsAWrongBitAndRepeatsIt) {
  constexpr uint64_t kSeed = 7;
  constexpr int64_t kEnough = 2000;
  std::ostringstream log, again;
  FuzzOptions repeat{.op = FuzzOp::kConv, .seed = kSeed, .count = 1};
  {
    const WrongTile wrong(GetParam());
    EXPECT_EQ(Fuzz({.op = FuzzOp::kConv, .seed = kSeed, .count = kEnough}, log).different, 1);
    EXPECT_TRUE(log.str().starts_with("DIFFERS: " + GetParam())) << log.str();
    EXPECT_NE(log.str().find("--seed 7 --skip"), std::string::npos) << log.str();
    repeat.skip = NumberAfter("--skip ", log.str());
    EXPECT_EQ(Fuzz(repeat, again).different, 1);
    EXPECT_EQ(again.str(), log.str());
  }
  const FuzzResult right = Fuzz(repeat, again);
  EXPECT_EQ(right.problems, 1);
  EXPECT_EQ(right.different, 0);
}

TEST(FuzzLoop, GoesOnIfTold) {
  const WrongTile wrong(UsableNames().front());
  std::ostringstream log;
  const FuzzResult result =
      Fuzz({.op = FuzzOp::kConv, .seed = 7, .count = 500, .keep_going = true}, log);
  EXPECT_EQ(result.problems, 500);
  EXPECT_GE(result.different, 1);
}

TEST(FuzzLoop, TakesTurns) {
  std::ostringstream log;
  const auto pooled = [&](FuzzOp op) {
    int64_t runs = 0;
    for (const auto& [what, count] : Fuzz({.op = op, .seed = 3, .count = 60}, log).runs) {
      if (what.second.starts_with("pool ")) runs += count;
    }
    return runs;
  };
  EXPECT_EQ(pooled(FuzzOp::kBoth), 30);
  EXPECT_EQ(pooled(FuzzOp::kConv), 0);
  EXPECT_EQ(pooled(FuzzOp::kPool), 60);
  EXPECT_EQ(log.str(), "");
}

INSTANTIATE_TEST_SUITE_P(All, FuzzTargets, testing::ValuesIn(UsableNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
