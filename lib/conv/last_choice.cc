#include "lib/conv/last_choice.h"

namespace windrow::internal {

// All that a refusal or an estimate may depend on, besides the object.
LastChoice::Key LastChoice::KeyOf(const ConvCall& c) {
  const bool residual = c.residual != nullptr;
  const Strides rs = residual ? c.rs : Strides{};
  const int64_t place = !residual ? 0 : c.residual == c.y ? 1 : 2;
  return {c.n,    c.h.in, c.w.in, c.xs.n, c.xs.c, c.xs.h, c.xs.w, c.ys.n,    c.ys.c,
          c.ys.h, c.ys.w, rs.n,   rs.c,   rs.h,   rs.w,   place,  c.threads, c.weights->finite()};
}

const ConvAlgorithm* LastChoice::Find(const ConvCall& call) const {
  const uint32_t version = version_.load(std::memory_order_acquire);
  if (version % 2 != 0) return nullptr;
  const Key key = KeyOf(call);
  for (size_t i = 0; i < kFields; ++i) {
    if (key_[i].load(std::memory_order_acquire) != key[i]) return nullptr;
  }
  const ConvAlgorithm* const algorithm = algorithm_.load(std::memory_order_acquire);
  return version_.load(std::memory_order_relaxed) == version ? algorithm : nullptr;
}

void LastChoice::Remember(const ConvCall& call, const ConvAlgorithm& algorithm) {
  uint32_t version = version_.load(std::memory_order_relaxed);
  if (version % 2 != 0) return;  // somebody else is at it
  if (!version_.compare_exchange_strong(version, version + 1, std::memory_order_acquire)) return;
  const Key key = KeyOf(call);
  for (size_t i = 0; i < kFields; ++i) key_[i].store(key[i], std::memory_order_release);
  algorithm_.store(&algorithm, std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

}  // namespace windrow::internal
