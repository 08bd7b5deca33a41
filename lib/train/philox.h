// Philox4x32-10: a counter of 128 bits and a key of 64 to 128 random bits, without a state.
//
// John K. Salmon, Mark A. Moraes, Ron O. Dror, David E. Shaw: Parallel random numbers: as easy as
// 1, 2, 3 (SC 2011), section 3.3 and table 2.
#ifndef WINDROW_LIB_TRAIN_PHILOX_H_
#define WINDROW_LIB_TRAIN_PHILOX_H_

#include <array>
#include <cstdint>

namespace windrow::internal {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

constexpr PhiloxCounter Philox(PhiloxCounter c, PhiloxKey key) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * c[0], b = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return c;
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_PHILOX_H_
