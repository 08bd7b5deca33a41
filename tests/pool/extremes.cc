#include "tests/pool/extremes.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>

#include "tests/pool/sweeps.h"

namespace windrow::test {
namespace {

constexpr int64_t kMaxPoolExtent = int64_t{1} << 31;  // of a kernel, stride or dilation
constexpr int64_t kMaxReach = int64_t{1} << 60;       // of a window
constexpr int64_t kMaxOutputs = 24;                   // in one direction

// Of any magnitude up to `max`: as often of few bits as of many.
int64_t AnyMagnitude(Generator& random, int64_t max) {
  const auto bits = static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(max)));
  const int64_t high = max >> random.Between(0, bits - 1);
  return random.OneIn(4) ? high : random.Between(1, high);
}

// One direction.
struct Axis {
  int64_t in, kernel, stride, dilation, before = 0, after = 0;
};

// Each side's padding, so that there is at least a window and there are not many.
Axis RandomAxis(Generator& random) {
  Axis a{};
  a.in = random.OneIn(4) ? random.Between(1, 2) : random.Between(1, 20);
  a.kernel = random.OneIn(3) ? random.Between(1, 5) : AnyMagnitude(random, kMaxPoolExtent);
  a.dilation = random.OneIn(2) ? 1 : AnyMagnitude(random, kMaxPoolExtent);
  while (a.dilation > kMaxReach / a.kernel) a.dilation /= 2;
  a.stride = random.OneIn(4) ? random.Between(1, 3) : AnyMagnitude(random, kMaxPoolExtent);
  const int64_t max = (a.kernel - 1) * a.dilation;  // of a side
  a.before = max == 0 ? 0 : random.OneIn(4) ? max : AnyMagnitude(random, max);
  const int64_t needed = std::max<int64_t>(max + 1 - a.in - a.before, 0);
  const int64_t more = random.Between(0, kMaxOutputs / 3) * std::min(a.stride, kMaxReach / 32);
  a.after = std::min(needed + random.Between(0, more), max);
  return a;
}

bool HasFewOutputs(const Axis& a) {
  const int64_t room = a.in + a.before + a.after - (a.kernel - 1) * a.dilation - 1;
  return room >= 0 && room / a.stride < kMaxOutputs;
}

}  // namespace

PoolProblem ExtremePoolProblem(Generator& random) {
  for (;;) {
    const Axis h = RandomAxis(random), w = RandomAxis(random);
    PoolProblem p{.c = random.OneIn(2) ? random.Between(1, 4) : random.Between(1, 70)};
    p.reduction = kReductions[random.Between(0, std::ssize(kReductions) - 1)];
    p.ih = h.in, p.iw = w.in;
    p.kernel = Size2(h.kernel, w.kernel);
    p.stride = Size2(h.stride, w.stride);
    p.dilation = Size2(h.dilation, w.dilation);
    p.padding = Padding::Sides(h.before, h.after, w.before, w.after);
    p.ceil_mode = random.OneIn(2);
    VaryTheRest(p, random.Next());
    const auto layout = [&random] { return static_cast<Layout>(random.Between(0, 1)); };
    p.SetLayout(layout());
    if (random.OneIn(4)) p.y_layout = layout(), p.index_layout = layout();
    if (random.OneIn(8)) {
      p.padding = Padding::Same();
    } else if (random.OneIn(8)) {
      p.dilation = 1;
      p.padding = Padding(h.kernel / 2, w.kernel / 2);
    } else if (!HasFewOutputs(h) || !HasFewOutputs(w)) {
      continue;
    }
    p = WithReduction(p, p.reduction);
    if (p.average() && random.OneIn(3)) p.divisor_override = AnyMagnitude(random, INT64_MAX);
    if (IsValid(p)) return p;
  }
}

}  // namespace windrow::test
