// Windrow against torch.nn's pooling: the recorded answers, and that the check would see a wrong
// one.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/pytorch/answer.h"
#include "tests/pytorch/pool_check.h"
#include "tests/pytorch/pool_oracle.h"
#include "tests/pytorch/recording.h"
#include "tests/support/expect_throw.h"

namespace windrow::test {
namespace {

enum class Kind : uint8_t { kMax, kAvg, kAdaptiveMax, kAdaptiveAvg };

Kind KindOf(const PoolProblem& p) {
  if (p.adaptive) return p.average() ? Kind::kAdaptiveAvg : Kind::kAdaptiveMax;
  return p.average() ? Kind::kAvg : Kind::kMax;
}

const std::vector<RecordedPool>& Poolings() {
  static const std::vector<RecordedPool> all = [] {
    std::ifstream in(WINDROW_PYTORCH "/pool2d.txt");
    std::vector<RecordedPool> read;
    while (const auto line = NextLine(in)) read.push_back(ParseRecordedPool(*line));
    return read;
  }();
  return all;
}

int64_t CountPoolings(const std::function<bool(const RecordedPool&)>& which) {
  return std::count_if(Poolings().begin(), Poolings().end(), which);
}

// The first failure of a problem, in its first `ways` ways.
std::string Failure(const RecordedPool& p, size_t ways) {
  const PytorchPoolCheck check(p);
  std::string failure = check.Recording();
  for (size_t i = 0; i < ways && failure.empty(); ++i) failure = check.Run(PytorchPoolWays()[i]);
  return failure;
}

TEST(PytorchPool, TheRecordingHasEveryAttribute) {
  EXPECT_GE(Poolings().size(), 4000u);
  EXPECT_GE(CountPoolings([](const auto& p) { return p.refused && !p.facts.empty(); }), 150);
  const auto expect = [](int64_t least, Kind kind, const auto& has) {
    EXPECT_GE(CountPoolings([&](const auto& r) {
                return !r.refused && KindOf(r.problem) == kind && has(r.problem);
              }),
              least);
  };
  for (const Kind kind : {Kind::kMax, Kind::kAvg, Kind::kAdaptiveMax, Kind::kAdaptiveAvg}) {
    expect(300, kind, [](const auto&) { return true; });
    expect(5, kind, [](const auto& p) { return p.mb == 0; });
    expect(100, kind, [](const auto& p) { return p.x_layout == Layout::kNhwc; });
    for (const Values values :
         {Values::kPlain, Values::kTies, Values::kZeros, Values::kWild, Values::kLow}) {
      expect(30, kind, [&](const auto& p) { return p.values == values; });
    }
  }
  for (const Kind kind : {Kind::kMax, Kind::kAvg}) {
    expect(100, kind, [](const auto& p) { return p.stride == Size2(0); });
    expect(100, kind, [](const auto& p) { return p.padding.top() + p.padding.left() > 0; });
    expect(100, kind, [](const auto& p) { return p.ceil_mode; });
  }
  for (const Kind kind : {Kind::kAdaptiveMax, Kind::kAdaptiveAvg}) {
    expect(100, kind,
           [](const auto& p) { return p.output_size.h == AdaptivePool2dOptions::kAsInput; });
    expect(30, kind, [](const auto& p) { return p.output_size == Size2(1); });
  }
  expect(100, Kind::kMax, [](const auto& p) { return p.dilation != Size2(1); });
  expect(500, Kind::kMax, [](const auto& p) { return p.indices(); });
  expect(100, Kind::kAvg, [](const auto& p) { return !p.count_include_pad; });
  expect(100, Kind::kAvg, [](const auto& p) { return p.divisor_override > 0; });
  expect(50, Kind::kAvg, [](const auto& p) { return p.divisor_override < 0; });
}

TEST(PytorchPool, WindrowDoesTheSame) {
  for (const RecordedPool& p : Poolings()) {
    const PytorchPoolCheck check(p);
    ASSERT_EQ(check.Recording(), "") << p.text;
    for (const PytorchPoolWay& way : PytorchPoolWays()) ASSERT_EQ(check.Run(way), "") << p.text;
  }
}

// Each exception is there to be seen, and is not refused or taken by both.
TEST(PytorchPool, TheExceptionsAreMet) {
  const auto refused = [](const auto& p) { return p.refused && TakenHereOnly(p); };
  EXPECT_GE(CountPoolings([&](const auto& p) { return refused(p) && p.problem.c == 0; }), 3);
  EXPECT_GE(CountPoolings([&](const auto& p) { return refused(p) && p.problem.c > 0; }), 3);
  const auto taken = [](const auto& p) { return !p.refused && TakenByPytorchOnly(p.problem); };
  EXPECT_GE(
      CountPoolings([&](const auto& p) { return taken(p) && p.problem.output_size == Size2(1); }),
      1);
  EXPECT_GE(
      CountPoolings([&](const auto& p) { return taken(p) && p.problem.output_size != Size2(1); }),
      3);
  EXPECT_GE(CountPoolings([](const auto& p) {
              if (p.refused || p.problem.average()) return false;
              const std::vector<Maximum> all = ExactMaxima(p.problem);
              return std::any_of(all.begin(), all.end(), [&](const Maximum& m) {
                return OtherIndex(p.problem, m) != nullptr;
              });
            }),
            10);
}

// What the check must see, or it would prove nothing.
TEST(PytorchPoolCheck, SeesAWrongAnswer) {
  int64_t checked = 0;
  for (const RecordedPool& good : Poolings()) {
    if (good.refused || TakenByPytorchOnly(good.problem) || OutputOf(good.problem).elements() == 0)
      continue;
    if (++checked > 500) break;
    RecordedPool bad = good;
    bad.digest ^= uint64_t{1} << 62;
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    ++bad.shape[3];
    EXPECT_NE(Failure(bad, 0), "") << good.text;
    bad = good;
    bad.refused = true;
    EXPECT_NE(Failure(bad, 1), "") << good.text;
    if (!good.problem.average()) continue;
    bad = good;
    const float value = bad.values.front();
    bad.values.front() = value != value ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    EXPECT_NE(Failure(bad, 0), "") << good.text;
  }
  EXPECT_GT(checked, 500);
}

// The maxima of a live problem, each with its index.
TEST(PytorchPoolCheck, SeesAWrongMaximum) {
  RecordedPool p = ParseRecordedPool("maxpool c1 ih3 iw2 k3x2 indices values=ties = 1x1x1x1 0 0@0");
  const Maximum m = ExactMaxima(p.problem).front();
  p.values[0] = std::bit_cast<float>(m.bits), p.indices[0] = m.index;
  EXPECT_NE(Failure(p, 1), "");
  PytorchPoolHash hash;
  hash.Add(m.bits, m.index);
  p.digest = hash.value();
  EXPECT_EQ(Failure(p, 1), "");
  ++p.indices[0];
  EXPECT_NE(Failure(p, 0), "");
  p.indices[0] = m.index, p.values[0] = -p.values[0];
  EXPECT_NE(Failure(p, 0), "");
}

// A pooling with another attribute gives other values, unless the data are alike.
TEST(PytorchPoolCheck, SeesAnotherAttribute) {
  const auto expect = [](Kind kind, const std::function<bool(PoolProblem&)>& spoil) {
    int64_t seen = 0, missed = 0;
    for (RecordedPool r : Poolings()) {
      PoolProblem& p = r.problem;
      if (r.refused || KindOf(p) != kind || p.mb == 0 || p.values != Values::kPlain) continue;
      if (!IsPossible(p) || !spoil(p) || !IsPossible(p)) continue;
      ++(Failure(r, 0).empty() ? missed : seen);
      if (seen + missed == 100) break;
    }
    EXPECT_GE(seen, 30) << missed;
    EXPECT_LE(missed, 10) << seen;
  };
  const auto swapped = [](Size2& s) {
    std::swap(s.h, s.w);
    return s.h != s.w;
  };
  expect(Kind::kMax, [&](auto& p) { return swapped(p.stride); });
  expect(Kind::kMax, [&](auto& p) {
    p.padding = Padding(p.padding.left(), p.padding.top());
    return p.padding.top() != p.padding.left();
  });
  expect(Kind::kMax,
         [&](auto& p) { return std::min(p.kernel.h, p.kernel.w) > 1 && swapped(p.dilation); });
  expect(Kind::kAvg, [](auto& p) {
    p.count_include_pad = !p.count_include_pad;
    return p.padding.top() + p.padding.left() > 0 && !p.divisor_override;
  });
  expect(Kind::kAvg, [](auto& p) {
    const bool had =
        p.divisor_override.has_value() && *p.divisor_override != p.kernel.h * p.kernel.w;
    p.divisor_override.reset();
    return had;
  });
  expect(Kind::kAdaptiveAvg, [&](auto& p) { return swapped(p.output_size); });
}

TEST(PytorchPoolCheck, SeesAMissingRefusalAndAMissingFact) {
  EXPECT_NE(Failure(ParseRecordedPool("maxpool c1 ih3 iw3 k2 ! ! no"), 1), "");
  EXPECT_NE(Failure(ParseRecordedPool("maxpool c1 ih3 iw3 k4 ! window 5 ! no"), 1), "");
  EXPECT_EQ(Failure(ParseRecordedPool("maxpool c1 ih3 iw3 k4 ! window 4 height 3 ! no"), 1), "");
}

TEST(PytorchPoolRecording, RejectsWhatItDoesNotKnow) {
  for (const char* line :
       {"maxpool c1 ih3 iw3 k2", "maxpool c1 ih3 iw3 k2 q1 ! ! no", "least c1 ih3 iw3 k2 ! ! no",
        "maxpool c1 ih3 iw3 ! ! no", "adaptiveavg c1 ih3 iw3 k2 ! ! no",
        "maxpool c1 ih3 iw3 k2 = 1x1x2 0", "maxpool c1 ih3 iw3 k2 = 1x1x1x1 0 3f800000@z"}) {
    EXPECT_TRUE(Throws<std::runtime_error>([&] { ParseRecordedPool(line); }, {line})) << line;
  }
}

}  // namespace
}  // namespace windrow::test
