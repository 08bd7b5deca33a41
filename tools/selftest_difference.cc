// Outputs compared element by element, and the result as text and as a line between processes.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "tools/selftest_unit.h"

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

float FloatOf(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }

// Its place in the order of all floats, with +0 and -0 in one.
int64_t PlaceOf(uint64_t bits) {
  const auto magnitude = static_cast<int64_t>(bits & 0x7FFFFFFF);
  return (bits & 0x80000000) != 0 ? -magnitude : magnitude;
}

std::string Described(const Difference& d, uint64_t bits) {
  if (d.of_index) return fmt::format("index {}", static_cast<int64_t>(bits));
  return fmt::format("{:08x} ({})", bits, FloatOf(bits));
}

}  // namespace

uint64_t Difference::ulps() const {
  if (of_index || std::isnan(FloatOf(expected)) || std::isnan(FloatOf(computed))) return 0;
  return static_cast<uint64_t>(std::abs(PlaceOf(expected) - PlaceOf(computed)));
}

std::string Difference::ToString() const {
  std::string text = fmt::format(
      "{} element{} differ{}, the first at n {} c {} h {} w {}: expected {}, computed {}", elements,
      elements == 1 ? "" : "s", elements == 1 ? "s" : "", n, c, h, w, Described(*this, expected),
      Described(*this, computed));
  if (ulps() != 0) text += fmt::format(", {} ulp apart", ulps());
  return text;
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

std::string ToLine(const std::optional<Finding>& finding) {
  if (!finding) return "right";
  if (!finding->difference) return "wrong " + finding->what;
  const Difference& d = *finding->difference;
  return fmt::format("differs {} {} {} {} {} {} {} {} {}", d.n, d.c, d.h, d.w, d.elements,
                     d.of_index ? 1 : 0, d.expected, d.computed, finding->what);
}

std::optional<Finding> FindingOf(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word == "right") return std::nullopt;
  Finding finding;
  if (word == "differs") {
    Difference d;
    words >> d.n >> d.c >> d.h >> d.w >> d.elements >> d.of_index >> d.expected >> d.computed;
    finding.difference = d;
  }
  std::getline(words >> std::ws, finding.what);
  return finding;
}

}  // namespace windrow::tool
