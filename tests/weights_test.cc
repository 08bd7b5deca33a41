// Packed weights: every weight in its place, zeros in the others.
#include "lib/conv/weights.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "lib/conv/problem.h"
#include "lib/simd/kernels.h"

namespace windrow::internal {
namespace {

// Numbers that name their place.
std::vector<float> Counted(int64_t count) {
  std::vector<float> v;
  for (int64_t i = 1; i <= count; ++i) v.push_back(static_cast<float>(i));
  return v;
}

ConvOp Op(int64_t groups, int64_t in, int64_t out, Size2 kernel, int lanes, const TileSet& tiles) {
  ConvOp op{};
  op.groups = groups;
  op.in_channels = in;
  op.out_channels = out;
  op.kernel = kernel;
  op.lanes = lanes;
  op.tiles = &tiles;
  return op;
}

void CheckPanels(const ConvOp& op) {
  const int64_t in = op.group_in(), taps = op.kernel.h * op.kernel.w;
  const std::vector<float> oihw = Counted(op.out_channels * in * taps);
  const std::vector<float> bias = Counted(op.out_channels);
  const ConvWeights weights(op, oihw, bias);
  int64_t next = 0;  // output channel
  for (int64_t i = 0; i < weights.panels(); ++i) {
    const Panel p = weights.panel(i);
    const int64_t width = p.vecs * op.lanes;
    ASSERT_EQ(p.out_channel, next);
    ASSERT_EQ(p.in_channel, p.out_channel / op.group_out() * in);
    ASSERT_LE(p.vecs, op.tiles->max_vecs);
    ASSERT_EQ((p.vecs - 1) * op.lanes + p.tail, p.out_channels);
    ASSERT_GE(p.tail, 1);
    for (int64_t lane = 0; lane < width; ++lane) {
      const int64_t oc = p.out_channel + lane;
      const bool exists = lane < p.out_channels;
      ASSERT_EQ(p.bias[lane], exists ? bias[static_cast<size_t>(oc)] : 0.0f);
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t c = 0; c < in; ++c) {
          const auto from = static_cast<size_t>((oc * in + c) * taps + tap);
          ASSERT_EQ(p.weights[(tap * in + c) * width + lane], exists ? oihw[from] : 0.0f);
        }
      }
    }
    next += p.out_channels;
  }
  EXPECT_EQ(next, op.out_channels);
}

TEST(WeightsTest, EveryWeightIsInItsPlace) {
  TileSet tiles{};
  for (tiles.max_vecs = 1; tiles.max_vecs <= 4; ++tiles.max_vecs) {
    for (const int lanes : {1, 4, 8, 16}) {
      for (int64_t out = 1; out <= 70; ++out) {
        CheckPanels(Op(1, 3, out, {2, 3}, lanes, tiles));
        CheckPanels(Op(3, 6, 3 * out, {1, 2}, lanes, tiles));
        if (HasFatalFailure()) FAIL() << lanes << " lanes, " << out << " channels a group";
      }
    }
  }
}

TEST(WeightsTest, KnowsWhetherAllAreFinite) {
  TileSet tiles{};
  tiles.max_vecs = 2;
  const ConvOp op = Op(1, 2, 3, {1, 1}, 4, tiles);
  std::vector<float> w = Counted(6);
  ConvWeights weights(op, w, {});
  EXPECT_TRUE(weights.finite());
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(weights.bias()[i], 0.0f);
  for (const float special :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    w[5] = special;
    weights.Set(op, w, {});
    EXPECT_FALSE(weights.finite());
  }
  w[5] = std::numeric_limits<float>::max();
  weights.Set(op, w, {});
  EXPECT_TRUE(weights.finite());
}

TEST(WeightsTest, SetLeavesNothingOfTheOld) {
  TileSet tiles{};
  tiles.max_vecs = 3;
  const ConvOp op = Op(1, 2, 7, {1, 1}, 4, tiles);
  ConvWeights weights(op, Counted(14), Counted(7));
  weights.Set(op, std::vector<float>(14, -1.0f), {});
  const Panel p = weights.panel(0);
  for (int64_t i = 0; i < 2 * p.vecs * 4; ++i) {
    EXPECT_EQ(p.weights[i], i % (p.vecs * 4) < 7 ? -1.0f : 0.0f);
  }
  for (int64_t i = 0; i < p.vecs * 4; ++i) EXPECT_EQ(p.bias[i], 0.0f);
}

}  // namespace
}  // namespace windrow::internal
