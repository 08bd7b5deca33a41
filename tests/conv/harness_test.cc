// Tests of the tests: a kernel with one wrong bit, or one stray access, is found and named.
#include "tests/conv/harness.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/conv/problem.h"
#include "tests/conv/variants.h"
#include "tests/support/guarded_buffer.h"

namespace windrow::test {
namespace {

using Fault = std::function<void(const internal::TileArgs&)>;

// While it lives, objects that are built have a tile of 1 vector x 3 rows that does what it should
// and then `fault`. One at a time.
class BrokenTile {
 public:
  BrokenTile(const std::string& target, bool fused, Fault fault)
      : index_(internal::FindTarget(target).index), fused_(fused) {
    fault_ = std::move(fault);
    tiles_ = internal::Tiles(index_, fused_);
    true_tile_ = std::exchange(tiles_.tile[1][3], &Run);
    internal::ReplaceTilesForTest(index_, fused_, &tiles_);
  }
  ~BrokenTile() { internal::ReplaceTilesForTest(index_, fused_, nullptr); }
  BrokenTile(const BrokenTile&) = delete;
  BrokenTile& operator=(const BrokenTile&) = delete;

 private:
  static void Run(const internal::TileArgs& args) {
    true_tile_(args);
    fault_(args);
  }

  static inline Fault fault_;
  static inline internal::TileFn true_tile_ = nullptr;
  size_t index_;
  bool fused_;
  internal::TileSet tiles_;
};

void FlipLowestBit(float* f) {
  uint32_t bits;
  std::memcpy(&bits, f, sizeof(bits));
  bits ^= 1;
  std::memcpy(f, &bits, sizeof(bits));
}

// The float that a tile may only read, as one it may write.
float* Writable(const float* f) { return const_cast<float*>(f); }

void Read(const float& f) { (void)*static_cast<const volatile float*>(&f); }

class Harness : public testing::TestWithParam<Variant> {
 protected:
  // Three pixels of one vector of channels: one call of the 1 x 3 tile.
  static Problem ThreePixels() {
    Problem p{.ic = 2, .oc = GetParam().target.lanes, .ih = 1, .iw = 3};
    p.numerics = GetParam().numerics;
    return p;
  }
  static std::string FailureWith(const Problem& p, const Fault& fault) {
    const BrokenTile broken(GetParam().target.name, GetParam().fused(), fault);
    return CheckBits(p, GetParam().target.name, "direct").failure;
  }
  static std::string Failure(const Problem& p) {
    return CheckBits(p, GetParam().target.name, "direct").failure;
  }
};

TEST_P(Harness, NamesTheOneWrongBit) {
  const int64_t lanes = GetParam().target.lanes;
  for (int64_t row = 0; row < 3; ++row) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const Problem p = ThreePixels();
      const std::string failure = FailureWith(
          p, [&](const internal::TileArgs& t) { FlipLowestBit(t.y + row * t.y_row + lane); });
      const std::string context =
          GetParam().target.name + " direct " + ToString(p) + ": output n 0";
      const std::string place =
          " c " + std::to_string(lane) + " h 0 w " + std::to_string(row) + " is ";
      EXPECT_TRUE(failure.starts_with(context + place)) << failure;
      EXPECT_TRUE(failure.ends_with("; 1 of " + std::to_string(3 * lanes) + " elements differ"))
          << failure;
    }
  }
  EXPECT_EQ(Failure(ThreePixels()), "") << "the true tile is back";
}

TEST_P(Harness, FindsTheWrongSignOfAZero) {
  Problem p = ThreePixels();
  p.epilogue.clamp_min = p.epilogue.clamp_max = 0.0f;  // all outputs are +0
  const std::string failure = FailureWith(p, [](const internal::TileArgs& t) { *t.y = -0.0f; });
  EXPECT_NE(failure.find("output n 0 c 0 h 0 w 0 is 80000000 (-0), expected 00000000 (0)"),
            std::string::npos)
      << failure;
}

TEST_P(Harness, FindsAWriteBetweenPixels) {
  Problem p = ThreePixels();
  p.gaps = Gaps::kPixels;
  const int64_t lanes = GetParam().target.lanes;
  const std::string failure =
      FailureWith(p, [&](const internal::TileArgs& t) { t.y[lanes] = 1.0f; });
  EXPECT_NE(failure.find("the red zone at offset " + std::to_string(lanes) +
                         " of y is 3F800000 (1), expected 7FE5C3A5"),
            std::string::npos)
      << failure;
}

TEST_P(Harness, FindsAChangedInput) {
  const std::string failure =
      FailureWith(ThreePixels(), [](const internal::TileArgs& t) { FlipLowestBit(Writable(t.a)); });
  EXPECT_TRUE(failure.ends_with(": x was changed")) << failure;
}

TEST_P(Harness, FindsAChangedResidual) {
  Problem p = ThreePixels();
  p.residual = Residual::kSeparate;
  const std::string failure =
      FailureWith(p, [](const internal::TileArgs& t) { FlipLowestBit(Writable(t.residual)); });
  EXPECT_TRUE(failure.ends_with(": the residual was changed")) << failure;
}

using HarnessDeathTest = Harness;

TEST_P(HarnessDeathTest, FaultsOutsideAView) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const int64_t lanes = GetParam().target.lanes;
  Problem p = ThreePixels();
  EXPECT_DEATH(FailureWith(p, [](const internal::TileArgs& t) { Read(t.a[2 * t.a_row + 2]); }), "");
  EXPECT_DEATH(FailureWith(p, [&](const internal::TileArgs& t) { t.y[3 * lanes] = 1.0f; }), "");
  p.edge = Edge::kStart;
  EXPECT_DEATH(FailureWith(p, [](const internal::TileArgs& t) { Read(t.a[-1]); }), "");
  EXPECT_DEATH(FailureWith(p, [](const internal::TileArgs& t) { t.y[-1] = 1.0f; }), "");
}

// The tiles are those of "direct" in nhwc.
std::vector<Variant> DirectNhwc() {
  std::vector<Variant> kept;
  for (const Variant& v : Variants()) {
    if (v.algorithm == "direct" && v.layout == Layout::kNhwc) kept.push_back(v);
  }
  return kept;
}

std::string TileName(const testing::TestParamInfo<Variant>& test) { return test.param.Name(); }

INSTANTIATE_TEST_SUITE_P(All, Harness, testing::ValuesIn(DirectNhwc()), TileName);
INSTANTIATE_TEST_SUITE_P(All, HarnessDeathTest, testing::ValuesIn(DirectNhwc()), TileName);

}  // namespace
}  // namespace windrow::test
