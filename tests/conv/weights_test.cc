// Packed weights: every weight in its place, zeros in the others.
#include "lib/conv/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
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

void ScalarTranspose(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                     float* to, ptrdiff_t to_row) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[c * to_row + r] = from[r * from_row + c];
  }
}

void ScalarCopy(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns, float* to,
                ptrdiff_t to_row) {
  for (int64_t r = 0; r < rows; ++r) std::copy_n(from + r * from_row, columns, to + r * to_row);
}

TileSet Tiles(int max_vecs) {
  TileSet tiles{};
  tiles.max_vecs = max_vecs;
  tiles.transpose = &ScalarTranspose;
  tiles.copy_rows = &ScalarCopy;
  return tiles;
}

void Set(ConvWeights& weights, const ConvOp& op, const std::vector<float>& w,
         const std::vector<float>& bias) {
  weights.Set(op, WeightsView::Dense(op, w.data()), bias);
}

void CheckPanels(const ConvOp& op) {
  const int64_t in = op.group_in(), taps = op.kernel.h * op.kernel.w;
  const std::vector<float> oihw = Counted(op.out_channels * in * taps);
  const std::vector<float> bias = Counted(op.out_channels);
  const ConvWeights weights(op, WeightsView::Dense(op, oihw.data()), bias);
  weights.NeedPanels();
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
  for (int max_vecs = 1; max_vecs <= 4; ++max_vecs) {
    const TileSet tiles = Tiles(max_vecs);
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
  const TileSet tiles = Tiles(2);
  const ConvOp op = Op(1, 2, 3, {1, 1}, 4, tiles);
  std::vector<float> w = Counted(6);
  ConvWeights weights(op, WeightsView::Dense(op, w.data()), {});
  EXPECT_TRUE(weights.finite());
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(weights.bias()[i], 0.0f);
  for (const float special :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    w[5] = special;
    Set(weights, op, w, {});
    EXPECT_FALSE(weights.finite());
  }
  w[5] = std::numeric_limits<float>::max();
  Set(weights, op, w, {});
  EXPECT_TRUE(weights.finite());
}

TEST(WeightsTest, SetLeavesNothingOfTheOld) {
  const TileSet tiles = Tiles(3);
  const ConvOp op = Op(1, 2, 7, {1, 1}, 4, tiles);
  ConvWeights weights(op, WeightsView::Dense(op, Counted(14).data()), Counted(7));
  weights.NeedPanels();
  Set(weights, op, std::vector<float>(14, -1.0f), {});
  const Panel p = weights.panel(0);
  for (int64_t i = 0; i < 2 * p.vecs * 4; ++i) {
    EXPECT_EQ(p.weights[i], i % (p.vecs * 4) < 7 ? -1.0f : 0.0f);
  }
  for (int64_t i = 0; i < p.vecs * 4; ++i) EXPECT_EQ(p.bias[i], 0.0f);
}

// The weights of the gradient by data: inputs and outputs exchanged in each group, both directions
// of the kernel backwards.
TEST(WeightsTest, AreReadTransposedAndFlipped) {
  constexpr int64_t kGroups = 2, kIn = 3, kOut = 5, kHigh = 2, kWide = 3, kTaps = kHigh * kWide;
  const TileSet tiles = Tiles(2);
  const ConvOp op = Op(kGroups, kGroups * kIn, kGroups * kOut, {kHigh, kWide}, 4, tiles);
  const std::vector<float> given = Counted(kGroups * kIn * kOut * kTaps);  // [group][in][out][tap]
  const WeightsView flipped{.data = given.data() + kTaps - 1,
                            .group = kIn * kOut * kTaps,
                            .output = kTaps,
                            .input = kOut * kTaps,
                            .h = -kWide,
                            .w = -1};
  const ConvWeights weights(op, flipped, {});
  for (int64_t g = 0; g < kGroups; ++g) {
    for (int64_t out = 0; out < kOut; ++out) {
      for (int64_t in = 0; in < kIn; ++in) {
        for (int64_t tap = 0; tap < kTaps; ++tap) {
          const int64_t from = ((g * kIn + in) * kOut + out) * kTaps + kTaps - 1 - tap;
          ASSERT_EQ(weights.oihw()[((g * kOut + out) * kIn + in) * kTaps + tap],
                    given[static_cast<size_t>(from)]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace windrow::internal
