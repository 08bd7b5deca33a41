// Problems by chance: the attributes a systematic sweep leaves at one value, all at once.
#include <algorithm>

#include "tests/sweeps.h"
#include "tests/values.h"

namespace windrow::test {
namespace {

Size2 RandomPair(Generator& random, int64_t low, int64_t high) {
  const int64_t h = random.Between(low, high);
  return random.OneIn(3) ? Size2(h, random.Between(low, high)) : Size2(h);
}

Padding RandomPadding(Generator& random) {
  const auto side = [&] { return random.OneIn(8) ? random.Between(3, 12) : random.Between(0, 3); };
  switch (random.Between(0, 4)) {
    case 0:
      return Padding(0);
    case 1:
      return Padding::Same();
    case 2:
      return Padding::Sides(side(), side(), side(), side());
    default:
      return Padding(side());
  }
}

Problem RandomProblem(Generator& random) {
  Problem p;
  p.ih = random.Between(1, 20);
  p.iw = random.Between(1, 20);
  p.kernel = random.OneIn(16) ? Size2(11) : RandomPair(random, 1, 7);
  p.stride = random.OneIn(2) ? Size2(1) : RandomPair(random, 1, 4);
  p.dilation = random.OneIn(2) ? Size2(1) : RandomPair(random, 1, 3);
  p.padding = RandomPadding(random);
  p.mode = random.OneIn(2) ? PaddingMode::kZeros : static_cast<PaddingMode>(random.Between(0, 3));
  const bool depthwise = random.OneIn(6);
  p.g = depthwise ? random.Between(2, 40) : random.OneIn(3) ? random.Between(2, 6) : 1;
  const auto channels = [&](int64_t most) {
    return random.OneIn(4) ? random.Between(1, 3) : random.Between(1, std::max<int64_t>(most, 1));
  };
  p.ic = p.g * (depthwise ? 1 : channels(40 / p.g));
  p.oc = p.g * (depthwise ? random.Between(1, 2) : channels(140 / p.g));
  VaryTheRest(p, random.Next());
  if (random.OneIn(40)) p.mb = 0;
  p.values = static_cast<Values>(std::max<int64_t>(random.Between(-3, 2), 0));
  return p;
}

}  // namespace

void VaryTheRest(Problem& p, uint64_t index) {
  Generator random(index);
  p.mb = random.OneIn(4) ? random.Between(2, 3) : 1;
  p.bias = random.OneIn(2);
  p.residual = random.OneIn(3)   ? Residual::kSeparate
               : random.OneIn(3) ? Residual::kInPlace
                                 : Residual::kNone;
  if (random.OneIn(4)) p.epilogue.clamp_min = random.OneIn(2) ? 0.0f : -1.5f;
  if (random.OneIn(4)) p.epilogue.clamp_max = random.OneIn(2) ? 6.0f : 0.25f;
  p.gaps = random.OneIn(2) ? Gaps::kNone : static_cast<Gaps>(random.Between(0, 4));
  p.edge = random.OneIn(3) ? Edge::kStart : Edge::kEnd;
}

std::vector<Problem> RandomProblems(uint64_t seed, int64_t count, int64_t most) {
  Generator random(seed);
  std::vector<Problem> all;
  while (static_cast<int64_t>(all.size()) < count) {
    const Problem p = RandomProblem(random);
    if (IsValid(p) && p.multiply_adds() <= most) all.push_back(p);
  }
  return all;
}

}  // namespace windrow::test
