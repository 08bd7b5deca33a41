// Problems whose strides, paddings and dilations are of any size that fits 41 bits: what a loop
// over pixels never sees, but arithmetic does.
#include <algorithm>
#include <cmath>

#include "tests/conv/sweeps.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

constexpr int kMaxBits = 40;

// From 1 on; each number of bits is as likely.
int64_t LogUniform(Generator& random, int max_bits) {
  const int64_t low = int64_t{1} << random.Between(0, max_bits);
  return random.OneIn(4) ? low : random.Between(low, 2 * low - 1);
}

struct ExtremeLine {
  int64_t in, kernel, stride, dilation;
  Sides pad;
};

// One direction, with at most about `max_out` outputs. The kernel fits the padded input as a rule.
ExtremeLine RandomLine(Generator& random, bool same, int64_t max_out) {
  ExtremeLine l{};
  l.in = LogUniform(random, 5);
  l.kernel = random.OneIn(30) ? LogUniform(random, 11) : random.Between(1, 5);
  l.dilation = random.OneIn(2) ? 1 : LogUniform(random, kMaxBits);
  const int64_t reach = (l.kernel - 1) * l.dilation;
  const auto side = [&] {
    switch (random.Between(0, 4)) {
      case 0:
        return int64_t{0};
      case 1:
        return LogUniform(random, kMaxBits);
      default:  // about half of what the kernel covers
        return std::max<int64_t>(reach / 2 + random.Between(-3, 3), 0);
    }
  };
  l.pad = {side(), side()};
  const Sides pad = same ? problems::SamePadding(l.in, l.kernel, 1, l.dilation) : l.pad;
  const int64_t room = std::max<int64_t>(l.in + pad.before + pad.after - reach, 1);
  const int64_t stride = random.OneIn(2) ? 1 : LogUniform(random, kMaxBits);
  l.stride = std::max(stride, room / max_out);
  return l;
}

}  // namespace

Problem ExtremeProblem(Generator& random) {
  const bool same = random.OneIn(8);
  const ExtremeLine h = RandomLine(random, same, 40), w = RandomLine(random, same, 90);
  Problem p;
  p.g = random.OneIn(3) ? random.Between(1, 20) : 1;
  p.ic = p.g * (random.OneIn(3) ? 1 : LogUniform(random, 5));
  p.oc = p.g * (random.OneIn(3) ? 1 : LogUniform(random, 5));
  p.ih = h.in;
  p.iw = w.in;
  p.kernel = {h.kernel, w.kernel};
  p.stride = {h.stride, w.stride};
  p.dilation = {h.dilation, w.dilation};
  p.padding =
      same ? Padding::Same() : Padding::Sides(h.pad.before, h.pad.after, w.pad.before, w.pad.after);
  p.mode = static_cast<PaddingMode>(std::max<int64_t>(random.Between(-4, 3), 0));
  VaryTheRest(p, random.Next());
  p.values = ConvValues(random);
  return p;
}

bool IsLegal(const Problem& p) {
  const auto max = [](Size2 s) { return std::max(s.h, s.w); };
  const int64_t pad =
      p.padding.is_same()
          ? 0
          : std::max({p.padding.top(), p.padding.bottom(), p.padding.left(), p.padding.right()});
  return std::max({max(p.kernel), max(p.stride), max(p.dilation), pad}) <= kMaxExtent && IsValid(p);
}

std::vector<Problem> ExtremeProblems(uint64_t seed, int64_t count, int64_t max) {
  Generator random(seed);
  std::vector<Problem> all;
  while (static_cast<int64_t>(all.size()) < count) {
    const Problem p = ExtremeProblem(random);
    if (IsLegal(p) && p.multiply_adds() + p.weights() <= max) all.push_back(p);
  }
  return all;
}

}  // namespace windrow::test
