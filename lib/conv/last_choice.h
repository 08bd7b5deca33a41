// The strategy that was chosen last, so that a call like the last one need not ask for estimates
// again, which takes longer than a very small convolution.
//
// Any number of threads may look and remember at once. A version counts the changes, and is odd
// during one: who sees it change while reading has read nothing.
#ifndef WINDROW_LIB_CONV_LAST_CHOICE_H_
#define WINDROW_LIB_CONV_LAST_CHOICE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/conv/registry.h"

namespace windrow::internal {

class LastChoice {
 public:
  // Null if the last call that was remembered was of another kind.
  const ConvAlgorithm* Find(const ConvCall& call) const;
  void Remember(const ConvCall& call, const ConvAlgorithm& algorithm);

 private:
  static constexpr size_t kFields = 18;
  using Key = std::array<int64_t, kFields>;
  static Key KeyOf(const ConvCall& call);

  std::atomic<uint32_t> version_{0};
  std::array<std::atomic<int64_t>, kFields> key_{};
  std::atomic<const ConvAlgorithm*> algorithm_{nullptr};
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_LAST_CHOICE_H_
