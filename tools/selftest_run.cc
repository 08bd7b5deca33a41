#include "tools/selftest_run.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace windrow::tool {
namespace {

// `bits(i)` is an element's {expected, computed}.
template <typename Bits>
std::optional<Difference> FirstDifference(const Shape& s, const Bits& bits) {
  Difference d;
  for (int64_t i = s.elements(); i-- > 0;) {
    const auto [expected, computed] = bits(i);
    if (expected == computed) continue;
    ++d.elements;
    d.expected = expected;
    d.computed = computed;
    d.w = i % s.w();
    d.h = i / s.w() % s.h();
    d.c = i / (s.w() * s.h()) % s.c();
    d.n = i / (s.w() * s.h() * s.c());
  }
  if (d.elements == 0) return std::nullopt;
  return d;
}

std::optional<Difference> Compare(const Output& expected, const Output& computed) {
  using Pair = std::pair<uint64_t, uint64_t>;
  const Shape& s = expected.y.shape();
  auto d = FirstDifference(s, [&](int64_t i) {
    return Pair{std::bit_cast<uint32_t>(expected.y.data()[i]),
                std::bit_cast<uint32_t>(computed.y.data()[i])};
  });
  if (d || expected.indices.empty()) return d;
  d = FirstDifference(s, [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    return Pair{static_cast<uint64_t>(expected.indices[at]),
                static_cast<uint64_t>(computed.indices[at])};
  });
  if (d) d->of_index = true;
  return d;
}

}  // namespace

void Add(const Output& output, Digest& digest) {
  digest.Add(output.y);
  digest.Add(std::span<const int64_t>(output.indices));
}

void Poison(Tensor& y) {
  constexpr uint32_t kPoison = 0x7FA5A5A5;  // a NaN
  std::fill_n(y.data(), y.shape().elements(), std::bit_cast<float>(kPoison));
}

Tally::Tally(const std::string& target, BitsClass bits_class, bool portable) {
  result_.target = target;
  result_.bits_class = bits_class;
  result_.portable = portable;
}

void Tally::Run(const std::string& problem, const Output& expected, const Algorithms& algorithms,
                const Compute& compute) {
  const auto start = std::chrono::steady_clock::now();
  Output hashed;
  bool differs = false;
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const std::string& algorithm : algorithms(layout)) {
      Output computed = compute(layout, algorithm);
      ++result_.runs;
      if (auto difference = Compare(expected, computed)) {
        difference->algorithm = algorithm;
        difference->layout = layout;
        difference->problem = problem;
        result_.differences.push_back(*difference);
        if (!differs) hashed = std::move(computed);
        differs = true;
      } else if (!differs) {
        hashed = std::move(computed);
      }
    }
  }
  Add(hashed, digest_);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result_.problem_seconds.push_back(seconds.count());
  result_.seconds += seconds.count();
}

TargetResult Tally::Finish() {
  result_.digest = digest_.Finish();
  return std::move(result_);
}

}  // namespace windrow::tool
