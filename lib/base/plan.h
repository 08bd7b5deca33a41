// A plan: all that a strategy decides about calls of one shape, so that a call like it only runs.
#ifndef WINDROW_LIB_BASE_PLAN_H_
#define WINDROW_LIB_BASE_PLAN_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace windrow::internal {

// The size of a strategy's own plan, and of one that has another as its member `inner`.
inline constexpr size_t kMaxInnerPlan = 512, kMaxPlan = 1024;

// Plans of what runs on some buffers may be larger, if they have several inner ones.
template <class Buffers>
inline constexpr size_t kMaxPlanBytes = kMaxPlan;

// Holds a strategy's own plan, a struct with
//
//   double cycles;                     about what a run costs on one thread; the least is chosen
//   int64_t ScratchBytes() const;      of each thread
//   std::string Describe() const;      the tile, for Explain
//   void Run(const Buffers&) const;
//   void Prepare() const;              optional: what Run does first and may lack memory for; apart
//                                      for who runs it in the midst of tasks
//
// by value, so that it can be kept without allocating and copied by threads that do not wait.
template <class Buffers, size_t kMaxBytes = kMaxPlanBytes<Buffers>>
class Plan {
 public:
  Plan() = default;
  template <class Decided>
  explicit Plan(const Decided& decided)
      : size_(sizeof(decided)), cycles_(decided.cycles), scratch_bytes_(decided.ScratchBytes()) {
    constexpr bool kHasInner = requires { decided.inner; };
    static_assert(std::is_trivially_copyable_v<Decided>);
    constexpr bool kMayBeLarger = kHasInner || kMaxPlanBytes<Buffers> != kMaxPlan;
    static_assert(sizeof(Decided) % sizeof(uintptr_t) == 0 &&
                      sizeof(Decided) <= (kMayBeLarger ? kMaxBytes : kMaxInnerPlan),
                  "plans are copied with every call: keep them small");
    std::memcpy(memory_.data(), &decided, sizeof(decided));
    // A plan's last member is copied as far as it goes, too.
    if constexpr (kHasInner) size_ -= sizeof(decided.inner) - decided.inner.used_bytes();
    run_ = [](const void* p, const Buffers& b) { static_cast<const Decided*>(p)->Run(b); };
    describe_ = [](const void* p) { return static_cast<const Decided*>(p)->Describe(); };
    prepare_ = [](const void* p) {
      if constexpr (requires(const Decided& d) { d.Prepare(); }) {
        static_cast<const Decided*>(p)->Prepare();
      }
    };
  }
  // Of a strategy's own plan, as all are but those with an inner one.
  template <size_t kOther>
  static Plan Inner(const Plan<Buffers, kOther>& other) {
    static_assert(kMaxBytes >= kMaxInnerPlan);
    Plan plan;
    std::memcpy(static_cast<void*>(&plan), &other, std::min(other.used_bytes(), sizeof(plan)));
    return plan;
  }

  // From the start of this object on.
  size_t used_bytes() const { return sizeof(Plan) - kMaxBytes + size_; }
  double cycles() const { return cycles_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }
  std::string Describe() const { return describe_(memory_.data()); }
  void Prepare() const { prepare_(memory_.data()); }
  void Run(const Buffers& buffers) const { run_(memory_.data(), buffers); }

 private:
  size_t size_ = 0;
  double cycles_ = 0;
  int64_t scratch_bytes_ = 0;
  void (*run_)(const void*, const Buffers&) = nullptr;
  std::string (*describe_)(const void*) = nullptr;
  void (*prepare_)(const void*) = nullptr;
  alignas(8) std::array<std::byte, kMaxBytes> memory_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_PLAN_H_
