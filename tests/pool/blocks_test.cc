// Cutting blocks of a pooling ends, whatever the length of vectors.
#include "lib/pool/blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace windrow::internal {
namespace {

TEST(PoolBlockCut, HalvesUntilNothingIsLeft) {
  for (const int64_t lanes : {1, 4, 16, 64}) {
    for (const int64_t channels : {1, 5, 17, 40, 64, 100, 1000}) {
      PoolBlockCut cut{9, 7, channels, 9, 7};
      const auto added = [&cut]() -> AddedWork {
        return {cut.channels > 1 ? 0 : kNever, cut.rows > 1 ? 1 : kNever,
                cut.columns > 1 ? 2 : kNever};
      };
      for (int halvings = 0; cut.Halve(added(), kAny, lanes); ++halvings) {
        ASSERT_LT(halvings, 30) << channels << " channels, " << lanes << " lanes";
      }
      EXPECT_LE(cut.channels, std::min(channels, lanes));
      EXPECT_EQ(cut.rows, 1);
      EXPECT_EQ(cut.columns, 1);
    }
  }
}

}  // namespace
}  // namespace windrow::internal
