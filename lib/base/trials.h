// What Tuning::kMeasure knows of an object's calls: which plans the first Runs of a shape try, one
// a Run, how long those took, and in the end which is the fastest.
//
// For each of the last few shapes: plans 0, 1, ..., 0, 1, ... run in turn, kRounds times each. The
// fastest Run of a plan counts, so that the first one, which packs weights, does not, nor one that
// something else has disturbed. One that is much slower than another runs twice.
#ifndef WINDROW_LIB_BASE_TRIALS_H_
#define WINDROW_LIB_BASE_TRIALS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <span>

namespace windrow::internal {

// The time, in nanoseconds from any point on.
int64_t TrialClock();

// For tests, while nothing runs: TrialClock() is this function, or the real one if that is null.
void SetTrialClockForTest(int64_t (*clock)());

// Which plan of which trial a Run is.
struct TrialRun {
  int64_t trial = -1;  // -1: none, the plan is settled
  int64_t plan = 0;
};

// A `Planned` has a `TrialRun run` and the `int64_t threads` it is for; the rest is kept as it is,
// as is `Which`, what it is called by.
template <class Key, class Planned, class Which>
class Trials {
 public:
  static constexpr size_t kMaxPlans = 4;
  static constexpr int kRounds = 4;
  static constexpr size_t kShapes = 8;
  static constexpr int64_t kNotYet = std::numeric_limits<int64_t>::max();

  struct Tried {
    Which which;
    int64_t runs, nanoseconds;  // begun; the fastest that ended
    Planned planned;
  };
  struct Trial {
    Key key;
    int64_t number = -1, threads;
    size_t count, settled;  // the plans; which is the fastest, or `count`
    std::array<Tried, kMaxPlans> plans;

    bool is_settled() const { return settled < count; }
  };

  // What such a call runs now. False if there is no trial of such calls on so many threads.
  bool Next(const Key& key, int64_t threads, Planned& planned) {
    const std::lock_guard lock(mutex_);
    Trial* const t = Seek(key, threads);
    if (t == nullptr) return false;
    if (!t->is_settled()) {
      Tried* const next = NextOf(*t);
      if (next != nullptr) {
        ++next->runs;
        planned = next->planned;
        planned.run = {t->number, next - t->plans.data()};
        return true;
      }
      Settle(*t);
    }
    planned = t->plans[t->settled].planned;
    return true;
  }

  // Begins a trial of these plans in place of the oldest, unless somebody else just has.
  void Begin(const Key& key, int64_t threads, std::span<const Tried> plans) {
    const std::lock_guard lock(mutex_);
    if (Seek(key, threads) != nullptr) return;
    Trial& t = trials_[static_cast<size_t>(begun_) % kShapes];
    t.key = key;
    t.number = begun_++;
    t.threads = threads;
    t.count = plans.size();
    t.settled = t.count == 1 ? 0 : t.count;
    std::copy(plans.begin(), plans.end(), t.plans.begin());
  }

  void Report(const TrialRun& run, int64_t nanoseconds) {
    const std::lock_guard lock(mutex_);
    Trial& t = trials_[static_cast<size_t>(run.trial) % kShapes];
    if (t.number != run.trial) return;  // forgotten meanwhile
    int64_t& fastest = t.plans[static_cast<size_t>(run.plan)].nanoseconds;
    fastest = std::min(fastest, std::max<int64_t>(nanoseconds, 1));
  }

  bool Look(const Key& key, int64_t threads, Trial& found) const {
    const std::lock_guard lock(mutex_);
    const Trial* const t = const_cast<Trials*>(this)->Seek(key, threads);
    if (t != nullptr) found = *t;
    return t != nullptr;
  }

 private:
  Trial* Seek(const Key& key, int64_t threads) {
    for (Trial& t : trials_) {
      if (t.number >= 0 && t.threads == threads && std::memcmp(&t.key, &key, sizeof(key)) == 0) {
        return &t;
      }
    }
    return nullptr;
  }

  // The plan that ran the least often, or null: all have, or are much too slow to go on with.
  static Tried* NextOf(Trial& t) {
    constexpr int64_t kTooSlow = 2;  // as many times as long as the fastest
    const auto plans = std::span(t.plans).first(t.count);
    int64_t fastest = kNotYet;
    for (const Tried& p : plans) fastest = std::min(fastest, p.nanoseconds);
    Tried* next = nullptr;
    for (Tried& p : plans) {
      const bool too_slow =
          p.runs > 1 && p.nanoseconds != kNotYet && p.nanoseconds / kTooSlow > fastest;
      if (p.runs == kRounds || too_slow) continue;
      if (next == nullptr || p.runs < next->runs) next = &p;
    }
    return next;
  }

  // The estimate's choice, unless another is clearly faster.
  static void Settle(Trial& t) {
    constexpr double kClearly = 0.97;
    t.settled = 0;
    auto fastest = static_cast<double>(t.plans[0].nanoseconds) * kClearly;
    for (size_t i = 1; i < t.count; ++i) {
      const auto time = static_cast<double>(t.plans[i].nanoseconds);
      if (time < fastest) t.settled = i, fastest = time;
    }
  }

  mutable std::mutex mutex_;
  int64_t begun_ = 0;
  std::array<Trial, kShapes> trials_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_TRIALS_H_
