// What a micro-kernel is called with directly: arguments drawn at random, in guarded memory, and
// what must be there afterwards.
#ifndef WINDROW_TESTS_KERNELS_FIXTURE_H_
#define WINDROW_TESTS_KERNELS_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/conv/problem.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/values.h"

namespace windrow::test {

// One call of a kernel. The reference goes first: it may need what the kernel writes to.
struct Trial {
  std::function<void()> reference, kernel;
  double work = 0;  // multiply-adds, taps or elements: what a benchmark counts
};

class Fixture {
 public:
  Fixture(int lanes, bool fused) : lanes_(lanes), fused_(fused) {}

  // Forget the trial before. That of a test is small, and random in all that may vary; that of a
  // benchmark is as large as a layer's, and always the same.
  void BeginTest(uint64_t seed);
  void BeginBenchmark();

  int lanes() const { return lanes_; }
  // In [low, high]; `typical` for a benchmark.
  int64_t Between(int64_t low, int64_t high, int64_t typical) {
    return benchmark_ ? typical : random_.Between(low, high);
  }
  bool OneIn(int64_t n) { return !benchmark_ && random_.OneIn(n); }
  bool finite() const {
    return values_ != Values::kNonFinite && values_ != Values::kWild && values_ != Values::kLow;
  }

  // Memory with guards at its ends. Whole vectors are aligned.
  float* Input(int64_t count, Role role);
  template <typename T>
  T* Input(const std::vector<T>& from) {
    return Copy(from).data();
  }
  // What a kernel writes, or some of it, with what is there before.
  float* Output(int64_t count, Role role);
  template <typename T>
  T* Output(const std::vector<T>& before) {
    return Write(Copy(before));
  }
  template <typename T>
  T* Output(int64_t count) {  // what shows that it was left alone
    return Write(Take<T>(count));
  }

  // Where the reference puts what belongs at `at`.
  template <typename T>
  T& Expected(const T* at) {
    return *reinterpret_cast<T*>(ExpectedBytes(reinterpret_cast<const std::byte*>(at)));
  }
  // The multiply-add of the class.
  float MultiplyAdd(float a, float b, float sum) const;
  // Where a NaN is expected, any will do: the outputs are no results yet.
  void AllowAnyNaN() { any_nan_ = true; }

  // What is wrong with a kernel besides what it wrote, or "".
  void Complain(std::string of) { complaint_ = std::move(of); }

  // What is not as expected, or "".
  std::string Difference() const;
  // Flips the last bit of the first element of the first output or the last, as of indices.
  void Break(bool last);

 private:
  struct Written {
    std::span<std::byte> memory;
    std::vector<std::byte> expected;
  };

  void Begin(uint64_t seed);
  template <typename T>
  std::span<T> Take(int64_t count);
  template <typename T>
  std::span<T> Copy(const std::vector<T>& from);
  template <typename T>
  T* Write(std::span<T> memory);
  std::byte* ExpectedBytes(const std::byte* at);

  const int lanes_;
  const bool fused_;
  Generator random_{0};
  bool benchmark_ = false, any_nan_ = false;
  Values values_ = Values::kPlain;
  int64_t next_value_ = 0;
  std::deque<GuardedBuffer> buffers_;  // kept for the next trial, since mapping memory takes time
  size_t taken_ = 0;
  std::vector<Written> outputs_;
  std::string complaint_;
};

template <typename T>
std::span<T> Fixture::Take(int64_t count) {
  if (taken_ == buffers_.size()) buffers_.emplace_back();
  return buffers_[taken_++].Take<T>(count, OneIn(3) ? Edge::kStart : Edge::kEnd);
}

template <typename T>
std::span<T> Fixture::Copy(const std::vector<T>& from) {
  const std::span<T> to = Take<T>(static_cast<int64_t>(from.size()));
  if (!from.empty()) std::memcpy(to.data(), from.data(), to.size_bytes());
  return to;
}

template <typename T>
T* Fixture::Write(std::span<T> memory) {
  const std::span<std::byte> bytes = std::as_writable_bytes(memory);
  outputs_.push_back({bytes, {bytes.begin(), bytes.end()}});
  return memory.data();
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_FIXTURE_H_
