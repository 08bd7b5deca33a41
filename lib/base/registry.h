// The strategies of one operation. One row gives a strategy its name in the options' `algorithm`,
// its tests, its benchmarks and its line in Explain.
#ifndef WINDROW_LIB_BASE_REGISTRY_H_
#define WINDROW_LIB_BASE_REGISTRY_H_

#include <algorithm>
#include <cstddef>
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
  // The names of other plans than the one that it estimates to be the best, each of which takes one
  // decision differently: number i plans calls whose `variant` is i + 1.
  std::span<const char* const> variants{};
};

template <class Call, class Buffers>
class Registry {
 public:
  using Row = Strategy<Call, Buffers>;
  // One of a strategy's plans: its best by estimate, 0, or a variant of that.
  struct Which {
    const Row* row = nullptr;
    size_t variant = 0;

    std::string Name() const {
      return variant == 0 ? row->name : StrCat(row->name, '/', row->variants[variant - 1]);
    }
  };
  struct Choice {
    Which which;
    Plan<Buffers> plan;
  };

  // The last row is the reference, which does every call. It runs if it is forced, or nobody else
  // does the call.
  constexpr Registry(const char* operation, std::span<const Row> rows)
      : operation_(operation), rows_(rows) {}

  // The plan of this name, "NAME" or "NAME/VARIANT"; no row if there is none.
  Which Seek(std::string_view name) const {
    const size_t slash = std::min(name.find('/'), name.size());
    for (const Row& row : rows_) {
      if (name.substr(0, slash) != row.name) continue;
      if (slash == name.size()) return {&row, 0};
      for (size_t i = 0; i < row.variants.size(); ++i) {
        if (name.substr(slash + 1) == row.variants[i]) return {&row, i + 1};
      }
    }
    return {};
  }

  // The same, and no row for "auto". Throws std::invalid_argument, naming the choices.
  Which Find(std::string_view name) const {
    if (name == "auto") return {};
    const Which which = Seek(name);
    if (which.row != nullptr) return which;
    std::string names = "auto";
    for (const Row& row : rows_) names += StrCat(", ", row.name);
    throw std::invalid_argument(
        StrCat("there is no ", operation_, " algorithm \"", name, "\"; there are ", names));
  }

  // Plans the call, or says why there is no such plan.
  const char* Consider(const Which& which, Call call, Plan<Buffers>& plan) const {
    if constexpr (requires { call.variant; }) {
      call.variant = static_cast<decltype(call.variant)>(which.variant);
    }
    return which.row->consider(call, plan);
  }

  // The forced one, or of the strategies that do the call the cheapest. Throws
  // std::invalid_argument if the forced one does not, with its reason.
  Choice Choose(const Which& forced, const Call& call) const {
    Choice best{}, other{};
    if (forced.row == nullptr) {
      for (const Row& row : rows_.first(rows_.size() - 1)) {
        Choice& next = best.which.row == nullptr ? best : other;
        if (row.consider(call, next.plan) != nullptr) continue;
        next.which.row = &row;
        if (other.which.row != nullptr && other.plan.cycles() < best.plan.cycles()) best = other;
      }
      if (best.which.row != nullptr) return best;
    }
    best.which = forced.row != nullptr ? forced : Which{&rows_.back()};
    const char* reason = Consider(best.which, call, best.plan);
    Require(reason == nullptr, "the algorithm \"", best.which.Name(),
            "\" cannot run this: ", reason);
    return best;
  }

  // The plans that are worth trying, as many as fit `best`, and how many that are: Choose()'s
  // first, then the other strategies', then variants, the cheapest of each kind first; none much
  // more expensive than the first.
  size_t Rank(const Which& forced, const Call& call, std::span<Choice> best) const {
    constexpr double kMaxTimes = 2.5;
    best[0] = Choose(forced, call);
    size_t count = 1;
    if (forced.variant != 0 || best[0].which.row == &rows_.back()) return count;
    const double max = kMaxTimes * best[0].plan.cycles();
    const auto offer = [&](const Which& which) {
      Choice next{which, {}};
      const bool chosen = which.row == best[0].which.row && which.variant == 0;
      if (chosen || Consider(which, call, next.plan) != nullptr || next.plan.cycles() > max) return;
      const auto after = [&](const Choice& c) {
        if ((c.which.variant == 0) != (which.variant == 0)) return c.which.variant != 0;
        return c.plan.cycles() > next.plan.cycles();
      };
      Choice* const first = best.data();
      Choice* const place = std::find_if(first + 1, first + count, after);
      if (place == first + best.size()) return;
      count = std::min(count + 1, best.size());
      std::move_backward(place, first + count - 1, first + count);
      *place = next;
    };
    for (const Row& row : rows_.first(rows_.size() - 1)) {
      if (forced.row != nullptr && forced.row != &row) continue;
      for (size_t variant = 0; variant <= row.variants.size(); ++variant) offer({&row, variant});
    }
    return count;
  }

  // All strategies, and the variants that they have of this call if those are asked for.
  std::vector<Explanation::Candidate> Candidates(const Call& call, bool variants) const {
    std::vector<Explanation::Candidate> all;
    Plan<Buffers> plan;
    for (const Row& row : rows_) {
      const char* reason = row.consider(call, plan);
      const bool accepts = reason == nullptr;
      all.push_back(
          {row.name, accepts, accepts ? row.summary : reason, accepts ? plan.cycles() : 0});
      for (size_t i = 0; variants && accepts && i < row.variants.size(); ++i) {
        const Which which{&row, i + 1};
        if (Consider(which, call, plan) != nullptr) continue;
        all.push_back({which.Name(), true, plan.Describe(), plan.cycles()});
      }
    }
    return all;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Row& row : rows_) names.emplace_back(row.name);
    return names;
  }

  // Of all plans: those names, and those with a variant.
  std::vector<std::string> PlanNames() const {
    std::vector<std::string> names;
    for (const Row& row : rows_) {
      for (size_t i = 0; i <= row.variants.size(); ++i) names.push_back(Which{&row, i}.Name());
    }
    return names;
  }

 private:
  const char* operation_;
  std::span<const Row> rows_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_REGISTRY_H_
