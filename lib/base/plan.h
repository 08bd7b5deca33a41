// A plan: all that a strategy decides about calls of one shape, so that a call like it only runs.
#ifndef WINDROW_LIB_BASE_PLAN_H_
#define WINDROW_LIB_BASE_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace windrow::internal {

// The largest plan of what runs on these buffers. Plans are copied with every call: keep them
// small.
template <class Buffers>
inline constexpr size_t kMaxPlanBytes = 512;

// Holds a strategy's own plan, a struct with
//
//   double cycles;                     about what a run costs on one thread; the least is chosen
//   int64_t ScratchBytes() const;      of each thread
//   std::string Describe() const;      the tile, for Explain
//   void Run(const Buffers&) const;
//
// by value, so that it can be kept without allocating and copied by threads that do not wait.
template <class Buffers>
class Plan {
 public:
  Plan() = default;
  template <class Decided>
  explicit Plan(const Decided& decided)
      : size_(sizeof(decided)), cycles_(decided.cycles), scratch_bytes_(decided.ScratchBytes()) {
    static_assert(std::is_trivially_copyable_v<Decided>);
    static_assert(sizeof(Decided) % sizeof(uintptr_t) == 0 && sizeof(Decided) <= kMaxBytes,
                  "a plan is larger than kMaxPlanBytes");
    std::memcpy(memory_.data(), &decided, sizeof(decided));
    run_ = [](const void* p, const Buffers& b) { static_cast<const Decided*>(p)->Run(b); };
    describe_ = [](const void* p) { return static_cast<const Decided*>(p)->Describe(); };
  }

  // From the start of this object on.
  size_t used_bytes() const { return sizeof(Plan) - kMaxBytes + size_; }
  double cycles() const { return cycles_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }
  std::string Describe() const { return describe_(memory_.data()); }
  void Run(const Buffers& buffers) const { run_(memory_.data(), buffers); }

 private:
  static constexpr size_t kMaxBytes = kMaxPlanBytes<Buffers>;

  size_t size_ = 0;
  double cycles_ = 0;
  int64_t scratch_bytes_ = 0;
  void (*run_)(const void*, const Buffers&) = nullptr;
  std::string (*describe_)(const void*) = nullptr;
  alignas(8) std::array<std::byte, kMaxBytes> memory_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_PLAN_H_
