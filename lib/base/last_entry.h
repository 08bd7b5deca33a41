// A cache of one entry: what was found out last, for who asks the same again.
//
// Any number of threads may look and remember at once, and none waits. A version counts the
// changes, and is odd during one: who sees it change while reading has read nothing.
#ifndef WINDROW_LIB_BASE_LAST_ENTRY_H_
#define WINDROW_LIB_BASE_LAST_ENTRY_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

namespace windrow::internal {

// Both are taken for a number of words. A key has no padding, whose bits would be any. A value's
// first member, `used_bytes`, says how many of its bytes count: no more are copied.
template <typename Key, typename Value>
requires std::has_unique_object_representations_v<Key> && std::is_trivially_copyable_v<Value>
class LastEntry {
 public:
  // Whether the last entry has this key; then its value is put there, and else perhaps anything.
  bool Find(const Key& key, Value& value) const {
    const uint32_t version = version_.load(std::memory_order_acquire);
    if (version == 0 || version % 2 != 0) return false;
    const auto wanted = WordsOf(key);
    Word different = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      different |= key_[i].load(std::memory_order_acquire) ^ wanted[i];
    }
    if (different != 0) return false;
    static_assert(sizeof(Value) % sizeof(Word) == 0);
    auto* const to = reinterpret_cast<std::byte*>(&value);
    const Word used = value_[0].load(std::memory_order_acquire);  // its first member
    for (size_t i = 0; i < std::min<size_t>(used / sizeof(Word), value_.size()); ++i) {
      const Word word = value_[i].load(std::memory_order_acquire);
      std::memcpy(to + i * sizeof(Word), &word, sizeof(Word));
    }
    return version_.load(std::memory_order_relaxed) == version;
  }

  void Remember(const Key& key, const Value& value) {
    uint32_t version = version_.load(std::memory_order_relaxed);
    if (version % 2 != 0) return;  // somebody else is at it
    if (!version_.compare_exchange_strong(version, version + 1, std::memory_order_acquire)) return;
    const auto keys = WordsOf(key);
    const auto values = WordsOf(value);
    for (size_t i = 0; i < keys.size(); ++i) key_[i].store(keys[i], std::memory_order_release);
    for (size_t i = 0; i < values.size(); ++i) {
      value_[i].store(values[i], std::memory_order_release);
    }
    version_.store(version + 2, std::memory_order_release);
  }

 private:
  using Word = std::uintptr_t;
  template <typename T>
  using Words = std::array<Word, (sizeof(T) + sizeof(Word) - 1) / sizeof(Word)>;
  template <typename T>
  using AtomicWords = std::array<std::atomic<Word>, std::tuple_size_v<Words<T>>>;

  template <typename T>
  static Words<T> WordsOf(const T& value) {
    Words<T> words{};
    std::memcpy(words.data(), &value, sizeof(T));
    return words;
  }

  std::atomic<uint32_t> version_{0};  // 0: nothing was remembered yet
  AtomicWords<Key> key_{};
  AtomicWords<Value> value_{};
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_LAST_ENTRY_H_
