// The road of every operation's call: the plan of the last call like it, or one that is chosen now;
// scratch memory for it; its run.
#ifndef WINDROW_LIB_BASE_PLANNER_H_
#define WINDROW_LIB_BASE_PLANNER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/call_text.h"
#include "lib/base/last_entry.h"
#include "lib/base/parallel.h"
#include "lib/base/plan.h"
#include "lib/base/registry.h"
#include "lib/base/trials.h"
#include "lib/base/wisdom.h"
#include "lib/base/workspace.h"
#include "windrow/tuning.h"

namespace windrow::internal {

// What an object's options say of how plans are chosen.
struct PlannerOptions {
  std::string algorithm = "auto";
  Tuning tuning = Tuning::kEstimate;
  std::string target{};  // the bound one, as wisdom names it
};

// `Key` is all that the checks and the planning of a call depend on besides the object, without
// padding. `Call` has
//
//   int threads;                          that share the work, to be planned for
//   bool WorthThreads() const;            whether more than one should
//   void Describe(CallText&) const;       if wisdom knows such calls: all else that planning sees
//
// and `Buffers` a `std::byte* scratch`: the plan's scratch memory of every thread.
//
// A plan is the forced one, or that which wisdom knows, or else the fastest in a trial, or, where
// nothing is measured, the cheapest by estimate.
template <class Key, class Call, class Buffers>
class Planner {
 public:
  using Rows = Registry<Call, Buffers>;
  using Which = typename Rows::Which;
  using Choice = typename Rows::Choice;

  struct Planned {
    uintptr_t used_bytes;
    int64_t threads;  // of the arena; 0 if it was not asked, since there is little to do
    TrialRun run;
    Plan<Buffers> plan;

    int64_t bytes() const { return BytesOf(plan, std::max<int64_t>(threads, 1)); }
  };

  // Throws std::invalid_argument if there is no such algorithm or tuning.
  Planner(const Rows& registry, const PlannerOptions& options)
      : registry_(registry),
        target_(options.target),
        forced_(registry.Find(options.algorithm)),
        wisdom_(forced_.row == nullptr ? CurrentWisdom() : nullptr),
        trials_(options.tuning == Tuning::kMeasure ? std::make_unique<PlanTrials>() : nullptr) {
    RequireEnum("tuning", options.tuning, Tuning::kMeasure);
  }

  // Whether the last call was like this one, in an arena of as many threads.
  bool Find(const Key& key, Planned& planned) const {
    return last_.Find(key, planned) && (planned.threads == 0 || planned.threads == MaxThreads());
  }

  Planned Make(const Key& key, Call call) {
    const int64_t threads = call.WorthThreads() ? MaxThreads() : 0;
    call.threads = PlannedThreads(threads);
    Planned planned;
    if (trials_ == nullptr || !trials_->Next(key, threads, planned)) {
      planned = MakeFirst(key, call, threads);
    }
    if (planned.run.trial < 0) last_.Remember(key, planned);
    return planned;
  }

  // With the caller's workspace, or one of the object's if that is empty.
  void Run(const Planned& planned, Buffers buffers, std::span<std::byte> workspace) {
    const int64_t bytes = planned.bytes();
    const WorkspacePool::Lease lease(pool_, workspace.empty() ? bytes : 0);
    buffers.scratch =
        workspace.empty() ? lease.data() : PlaceWorkspace(workspace, bytes, planned.threads);
    if (planned.run.trial < 0) return planned.plan.Run(buffers);
    const int64_t start = TrialClock();
    planned.plan.Run(buffers);
    trials_->Report(planned.run, TrialClock() - start);
  }

  // The workspace of such calls on up to so many threads, whichever plan a trial may choose.
  size_t WorkspaceBytes(Call call, int threads) const {
    return MaxBytes(call.WorthThreads() ? threads : std::min(threads, 1), [&](int t) {
      call.threads = PlannedThreads(t);
      std::array<Choice, PlanTrials::kMaxPlans> choices;
      size_t bytes = 0;
      const size_t count = Choices(call, choices);
      for (size_t i = 0; i < count; ++i) {
        bytes = std::max(bytes, internal::WorkspaceBytes(BytesOf(choices[i].plan, t)));
      }
      return bytes;
    });
  }

  // What depends on the plan; the operation fills in the rest.
  Explanation Explain(const Key& key, Call call) const {
    const int64_t threads = call.WorthThreads() ? MaxThreads() : 0;
    call.threads = PlannedThreads(threads);
    Explanation e;
    CallText text;
    e.call = TextOf(call, text);
    Choice choice;
    if (wisdom_ != nullptr) e.wisdom_note = wisdom_->complaint;
    const bool known = FindKnown(call, choice, &e.wisdom_note);
    if (!known) choice = registry_.Choose(forced_, call);
    const bool variants = trials_ != nullptr || choice.which.variant != 0;
    e.candidates = registry_.Candidates(call, variants);
    if (known) {
      e.chosen_by = "wisdom";
    } else {
      e.chosen_by = forced_.row == nullptr ? "estimate" : "force";
      if (trials_ != nullptr && forced_.variant == 0) ExplainTrial(key, threads, call, choice, e);
    }
    e.algorithm = choice.which.Name();
    e.tile = choice.plan.Describe();
    return e;
  }

 private:
  using PlanTrials = Trials<Key, Planned, Which>;

  static int64_t BytesOf(const Plan<Buffers>& plan, int64_t threads) {
    return SaturatedProduct({plan.scratch_bytes(), threads});
  }

  // 0 counts as 1.
  static int PlannedThreads(int64_t threads) {
    return static_cast<int>(std::clamp<int64_t>(threads, 1, kMaxPlannedThreads));
  }

  static Planned PlannedOf(int64_t threads, const Choice& choice) {
    Planned planned{0, threads, {}, choice.plan};
    planned.used_bytes = offsetof(Planned, plan) + planned.plan.used_bytes();
    return planned;
  }

  // What wisdom knows the call by; "" if it does not.
  std::string_view TextOf([[maybe_unused]] const Call& call, CallText& text) const {
    if constexpr (requires { call.Describe(text); }) {
      text << target_ << " threads" << int64_t{call.threads} << ' ';
      call.Describe(text);
    }
    return text.view();
  }

  // Whether wisdom knows a plan of the call; if it knows one that there is not, the note says so.
  bool FindKnown(const Call& call, Choice& choice, std::string* note) const {
    if (wisdom_ == nullptr || wisdom_->plans.empty()) return false;
    CallText text;
    const auto known = wisdom_->plans.find(TextOf(call, text));
    if (known == wisdom_->plans.end()) return false;
    const Which which = registry_.Seek(known->second);
    const char* const reason = which.row == nullptr ? "there is no such plan"
                                                    : registry_.Consider(which, call, choice.plan);
    if (reason == nullptr) choice.which = which;
    if (reason != nullptr && note != nullptr) {
      *note = StrCat("knows the plan \"", known->second, "\" of this call, but ", reason);
    }
    return reason == nullptr;
  }

  // The plans that such calls may run, and how many.
  size_t Choices(const Call& call, std::span<Choice> choices) const {
    if (FindKnown(call, choices[0], nullptr)) return 1;
    if (trials_ != nullptr) return registry_.Rank(forced_, call, choices);
    choices[0] = registry_.Choose(forced_, call);
    return 1;
  }

  // Of calls that there is no trial of.
  Planned MakeFirst(const Key& key, const Call& call, int64_t threads) {
    Choice choice;
    if (!FindKnown(call, choice, nullptr)) {
      Planned planned;
      if (trials_ != nullptr) {
        BeginTrial(key, call, threads);
        if (trials_->Next(key, threads, planned)) return planned;
      }
      choice = registry_.Choose(forced_, call);
    }
    return PlannedOf(threads, choice);
  }

  void BeginTrial(const Key& key, const Call& call, int64_t threads) {
    std::array<Choice, PlanTrials::kMaxPlans> choices;
    std::array<typename PlanTrials::Tried, PlanTrials::kMaxPlans> plans;
    const size_t count = registry_.Rank(forced_, call, choices);
    for (size_t i = 0; i < count; ++i) {
      plans[i] = {choices[i].which, 0, PlanTrials::kNotYet, PlannedOf(threads, choices[i])};
    }
    trials_->Begin(key, threads, std::span(plans).first(count));
  }

  // How far a trial has come, and the plan it chose if it is over.
  void ExplainTrial(const Key& key, int64_t threads, const Call& call, Choice& choice,
                    Explanation& e) const {
    typename PlanTrials::Trial trial;
    if (!trials_->Look(key, threads, trial)) return;
    for (const auto& tried : std::span(trial.plans).first(trial.count)) {
      if (tried.nanoseconds == PlanTrials::kNotYet) continue;
      for (Explanation::Candidate& c : e.candidates) {
        if (c.algorithm != tried.which.Name()) continue;
        c.microseconds = static_cast<double>(tried.nanoseconds) * 1e-3;
      }
    }
    if (!trial.is_settled()) return;
    choice.which = trial.plans[trial.settled].which;
    registry_.Consider(choice.which, call, choice.plan);
    e.chosen_by = "measurement";
  }

  const Rows& registry_;
  const std::string target_;
  const Which forced_;  // no row: auto
  const std::shared_ptr<const Wisdom> wisdom_;
  const std::unique_ptr<PlanTrials> trials_;  // null: nothing is measured
  WorkspacePool pool_;
  LastEntry<Key, Planned> last_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_PLANNER_H_
