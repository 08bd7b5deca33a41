// Problems by chance: the attributes a systematic sweep leaves at one value, all at once.
#include <algorithm>
#include <iterator>

#include "tests/conv/sweeps.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

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

// Families of sizes. Each sets the channels and the image, some the kernel as well.

void Anything(Generator& random, Problem& p) {
  const bool depthwise = random.OneIn(6);
  p.g = depthwise ? random.Between(2, 40) : random.OneIn(3) ? random.Between(2, 6) : 1;
  const auto channels = [&](int64_t max) {
    return random.OneIn(4) ? random.Between(1, 3) : random.Between(1, std::max<int64_t>(max, 1));
  };
  p.ic = p.g * (depthwise ? 1 : channels(40 / p.g));
  p.oc = p.g * (depthwise ? random.Between(1, 2) : channels(140 / p.g));
}

// A network's last layer: many inputs, a few outputs.
void Head(Generator& random, Problem& p) {
  p.ic = random.Between(64, 700);
  p.oc = random.Between(1, 8);
  p.kernel = random.OneIn(2) ? 1 : 3;
}

// So many weights that they leave the caches before the image is done.
void Deep(Generator& random, Problem& p) {
  p.ic = random.Between(200, 1500);
  p.oc = random.Between(1, 40);
  p.ih = random.Between(3, 9);
  p.iw = random.Between(3, 9);
  p.kernel = 3;
}

// Groups narrower than a vector, as in ResNeXt.
void SmallGroups(Generator& random, Problem& p) {
  const int64_t size = random.OneIn(2) ? 4 : 8;
  p.g = random.Between(2, 32);
  p.ic = p.g * size;
  p.oc = p.g * (random.OneIn(4) ? random.Between(1, 20) : size);
}

void DepthwiseMultiplier(Generator& random, Problem& p) {
  p.g = p.ic = random.Between(2, 80);
  p.oc = p.g * random.Between(1, 4);
  p.ih = random.Between(1, 40);
}

// A filter of a grey or a colour image.
void Filter(Generator& random, Problem& p) {
  p.ic = random.OneIn(3) ? 3 : 1;
  p.oc = random.OneIn(3) ? random.Between(1, 16) : 1;
  p.ih = random.Between(1, 100);
  p.iw = random.Between(1, 300);
  p.kernel = random.Pair(1, 11);
}

void Pointwise(Generator& random, Problem& p) {
  p.ic = random.Between(1, 400);
  p.oc = random.Between(1, 400);
  p.ih = random.Between(1, 30);
  p.kernel = 1;
}

// One dimension, as in speech.
void Row(Generator& random, Problem& p) {
  p.ic = random.Between(1, 32);
  p.oc = random.Between(1, 32);
  p.ih = 1;
  p.iw = random.Between(1, 2000);
  p.kernel = Size2(1, random.Between(1, 15));
}

void LargeImage(Generator& random, Problem& p) {
  Anything(random, p);
  p.ih = random.Between(20, 80);
  p.iw = random.Between(20, 80);
}

Problem RandomProblem(Generator& random) {
  Problem p;
  // One pixel is a corner case of its own: strides of that dimension mean nothing.
  const auto side = [&random] { return random.OneIn(8) ? 1 : random.Between(1, 20); };
  p.ih = side();
  p.iw = side();
  p.kernel = random.OneIn(16) ? Size2(11) : random.Pair(1, 7);
  p.stride = random.OneIn(2) ? Size2(1) : random.Pair(1, 4);
  p.dilation = random.OneIn(2) ? Size2(1) : random.Pair(1, 3);
  p.padding = RandomPadding(random);
  p.mode = random.OneIn(2) ? PaddingMode::kZeros : static_cast<PaddingMode>(random.Between(0, 3));
  constexpr void (*kFamilies[])(Generator&, Problem&) = {
      Head, Deep, SmallGroups, DepthwiseMultiplier, Filter, Pointwise, Row, LargeImage};
  const auto family = random.Between(0, 2 * std::ssize(kFamilies) - 1);
  (family < std::ssize(kFamilies) ? kFamilies[family] : Anything)(random, p);
  VaryTheRest(p, random.Next());
  if (random.OneIn(5)) p.gaps = Gaps::kElements;
  if (random.OneIn(40)) p.mb = 0;
  p.values = ConvValues(random);
  return p;
}

// What a comparison costs, about: the multiply-adds, and every number is made and looked at a few
// times.
int64_t Work(const Problem& p) {
  constexpr int64_t kTimesLooked = 2;
  return p.multiply_adds() +
         kTimesLooked * (p.input().elements() + p.output().elements() + p.weights());
}

}  // namespace

Values ConvValues(Generator& random) {
  constexpr Values kSpecial[] = {Values::kDenormal, Values::kNonFinite};
  return random.OneIn(3) ? kSpecial[random.Between(0, 1)] : Values::kPlain;
}

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
  if (random.OneIn(4)) p.epilogue.activation = static_cast<Activation>(random.Between(1, 5));
  if (random.OneIn(8)) p.epilogue.negative_slope = random.OneIn(2) ? -1.5f : 0.0f;
  p.scale = random.OneIn(6);
}

std::vector<Problem> RandomProblems(uint64_t seed, int64_t count, int64_t max) {
  Generator random(seed);
  std::vector<Problem> all;
  while (static_cast<int64_t>(all.size()) < count) {
    const Problem p = RandomProblem(random);
    if (IsValid(p) && Work(p) <= max) all.push_back(p);
  }
  return all;
}

}  // namespace windrow::test
