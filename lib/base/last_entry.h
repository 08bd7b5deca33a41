// A cache of one entry: what was found out last, for who asks the same again.
//
// Any number of threads may look and remember at once, and none waits. A version counts the
// changes, and is odd during one: who sees it change while reading has read nothing.
#ifndef WINDROW_LIB_BASE_LAST_ENTRY_H_
#define WINDROW_LIB_BASE_LAST_ENTRY_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

namespace windrow::internal {

// Both are taken for a number of words.
template <typename Key, typename Value>
class LastEntry {
 public:
  // Whether the last entry has this key; then its value is put there.
  bool Find(const Key& key, Value& value) const {
    const uint32_t version = version_.load(std::memory_order_acquire);
    if (version == 0 || version % 2 != 0) return false;
    const auto wanted = std::bit_cast<Words<Key>>(key);
    uint64_t different = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      different |= key_[i].load(std::memory_order_acquire) ^ wanted[i];
    }
    if (different != 0) return false;
    Words<Value> words;
    for (size_t i = 0; i < words.size(); ++i) words[i] = value_[i].load(std::memory_order_acquire);
    if (version_.load(std::memory_order_relaxed) != version) return false;
    value = std::bit_cast<Value>(words);
    return true;
  }

  void Remember(const Key& key, const Value& value) {
    uint32_t version = version_.load(std::memory_order_relaxed);
    if (version % 2 != 0) return;  // somebody else is at it
    if (!version_.compare_exchange_strong(version, version + 1, std::memory_order_acquire)) return;
    const auto keys = std::bit_cast<Words<Key>>(key);
    const auto values = std::bit_cast<Words<Value>>(value);
    for (size_t i = 0; i < keys.size(); ++i) key_[i].store(keys[i], std::memory_order_release);
    for (size_t i = 0; i < values.size(); ++i) {
      value_[i].store(values[i], std::memory_order_release);
    }
    version_.store(version + 2, std::memory_order_release);
  }

 private:
  // Without padding, whose bits would be any.
  template <typename T>
  requires std::has_unique_object_representations_v<T>
  using Words = std::array<uint64_t, sizeof(T) / sizeof(uint64_t)>;
  template <typename T>
  using AtomicWords = std::array<std::atomic<uint64_t>, std::tuple_size_v<Words<T>>>;

  std::atomic<uint32_t> version_{0};  // 0: nothing was remembered yet
  AtomicWords<Key> key_{};
  AtomicWords<Value> value_{};
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_LAST_ENTRY_H_
