// The road of every operation's call: the plan of the last call like it, or the cheapest one made
// now; scratch memory for it; its run.
#ifndef WINDROW_LIB_BASE_PLANNER_H_
#define WINDROW_LIB_BASE_PLANNER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/last_entry.h"
#include "lib/base/parallel.h"
#include "lib/base/plan.h"
#include "lib/base/registry.h"
#include "lib/base/workspace.h"

namespace windrow::internal {

// `Key` is all that the checks and the planning of a call depend on besides the object, without
// padding. `Call` has
//
//   int threads;                          that share the work, to be planned for
//   bool WorthThreads() const;            whether more than one should
//
// and `Buffers` a `std::byte* scratch`: the plan's scratch memory of every thread.
template <class Key, class Call, class Buffers>
class Planner {
 public:
  using Rows = Registry<Call, Buffers>;

  struct Planned {
    uintptr_t used_bytes;
    int64_t threads;  // of the arena; 0 if it was not asked, since there is little to do
    Plan<Buffers> plan;

    int64_t bytes() const { return BytesOf(plan, std::max<int64_t>(threads, 1)); }
  };

  // Throws std::invalid_argument if there is no such algorithm.
  Planner(const Rows& registry, std::string_view algorithm)
      : registry_(registry), forced_(registry.Find(algorithm)) {}

  // Whether the last call was like this one, in an arena of as many threads.
  bool Find(const Key& key, Planned& planned) const {
    return last_.Find(key, planned) && (planned.threads == 0 || planned.threads == MaxThreads());
  }

  Planned Make(const Key& key, Call call) {
    const int64_t threads = call.WorthThreads() ? MaxThreads() : 0;
    Planned planned{0, threads, Choose(call, threads).plan};
    planned.used_bytes = offsetof(Planned, plan) + planned.plan.used_bytes();
    last_.Remember(key, planned);
    return planned;
  }

  // With the caller's workspace, or one of the object's if that is empty.
  void Run(const Planned& planned, Buffers buffers, std::span<std::byte> workspace) {
    const int64_t bytes = planned.bytes();
    const WorkspacePool::Lease lease(pool_, workspace.empty() ? bytes : 0);
    buffers.scratch =
        workspace.empty() ? lease.data() : PlaceWorkspace(workspace, bytes, planned.threads);
    planned.plan.Run(buffers);
  }

  // The workspace of such calls on up to so many threads.
  size_t WorkspaceBytes(const Call& call, int threads) const {
    return MaxBytes(call.WorthThreads() ? threads : std::min(threads, 1), [&](int t) {
      return internal::WorkspaceBytes(BytesOf(Choose(call, t).plan, t));
    });
  }

  // What depends on the plan; the operation fills in the rest.
  Explanation Explain(Call call) const {
    call.threads = PlannedThreads(call.WorthThreads() ? MaxThreads() : 1);
    const typename Rows::Choice choice = registry_.Choose(forced_, call);
    Explanation e;
    e.algorithm = choice.row->name;
    e.tile = choice.plan.Describe();
    e.candidates = registry_.Candidates(call);
    return e;
  }

 private:
  static int64_t BytesOf(const Plan<Buffers>& plan, int64_t threads) {
    return SaturatedProduct({plan.scratch_bytes(), threads});
  }

  static int PlannedThreads(int64_t threads) {
    return static_cast<int>(std::clamp<int64_t>(threads, 1, kMaxPlannedThreads));
  }

  // On so many threads; 0 counts as 1.
  typename Rows::Choice Choose(Call call, int64_t threads) const {
    call.threads = PlannedThreads(threads);
    return registry_.Choose(forced_, call);
  }

  const Rows& registry_;
  const typename Rows::Row* forced_;  // null: auto
  WorkspacePool pool_;
  LastEntry<Key, Planned> last_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_PLANNER_H_
