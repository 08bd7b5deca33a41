// The strategies of one operation. One row gives a strategy its name in the options' `algorithm`,
// its tests, its benchmarks and its line in Explain.
#ifndef WINDROW_LIB_BASE_REGISTRY_H_
#define WINDROW_LIB_BASE_REGISTRY_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/plan.h"
#include "windrow/explanation.h"

namespace windrow::internal {

// `Call` is the shape of a call: all that planning may look at. `Buffers` are its pointers.
template <class Call, class Buffers>
struct Strategy {
  const char* name;
  const char* summary;
  // Plans such calls; or says why the strategy does not do them, and null if it does.
  const char* (*consider)(const Call&, Plan<Buffers>& plan);
};

template <class Call, class Buffers>
class Registry {
 public:
  using Row = Strategy<Call, Buffers>;
  struct Choice {
    const Row* row;
    Plan<Buffers> plan;
  };

  // The last row is the reference, which does every call. It runs if it is forced, or nobody else
  // does the call.
  constexpr Registry(const char* operation, std::span<const Row> rows)
      : operation_(operation), rows_(rows) {}

  // The row of this name, or null for "auto". Throws std::invalid_argument, naming the choices.
  const Row* Find(std::string_view name) const {
    if (name == "auto") return nullptr;
    std::string names = "auto";
    for (const Row& row : rows_) {
      if (name == row.name) return &row;
      names += StrCat(", ", row.name);
    }
    throw std::invalid_argument(
        StrCat("there is no ", operation_, " algorithm \"", name, "\"; there are ", names));
  }

  // The forced one, or of those that do the call the cheapest. Throws std::invalid_argument if the
  // forced one does not, with its reason.
  Choice Choose(const Row* forced, const Call& call) const {
    Choice best{}, other{};
    if (forced == nullptr) {
      for (const Row& row : rows_.first(rows_.size() - 1)) {
        Choice& next = best.row == nullptr ? best : other;
        if (row.consider(call, next.plan) != nullptr) continue;
        next.row = &row;
        if (other.row != nullptr && other.plan.cycles() < best.plan.cycles()) best = other;
      }
      if (best.row != nullptr) return best;
    }
    best.row = forced != nullptr ? forced : &rows_.back();
    const char* reason = best.row->consider(call, best.plan);
    Require(reason == nullptr, "the algorithm \"", best.row->name, "\" cannot run this: ", reason);
    return best;
  }

  std::vector<Explanation::Candidate> Candidates(const Call& call) const {
    std::vector<Explanation::Candidate> all;
    for (const Row& row : rows_) {
      Plan<Buffers> plan;
      const char* reason = row.consider(call, plan);
      all.push_back({row.name, reason == nullptr, reason == nullptr ? row.summary : reason,
                     reason == nullptr ? plan.cycles() : 0});
    }
    return all;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Row& row : rows_) names.emplace_back(row.name);
    return names;
  }

 private:
  const char* operation_;
  std::span<const Row> rows_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_REGISTRY_H_
