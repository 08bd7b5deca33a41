// Poolings by chance: the attributes a systematic sweep leaves at one value, all at once.
#include <algorithm>
#include <iterator>

#include "tests/pool/sweeps.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

Padding RandomPadding(Generator& random, Size2 kernel, Size2 dilation) {
  const auto h = [&] { return random.Between(0, kernel.h / 2); };
  const auto w = [&] { return random.Between(0, kernel.w / 2); };
  switch (random.Between(0, 4)) {
    case 0:
      return 0;
    case 1:
      return Padding::Same();
    case 2: {
      const int64_t top = h(), bottom = h(), left = w(), right = w();
      if (top > bottom) return Padding::Sides(top, bottom, left, right);
      const auto wide = [](int64_t n, int64_t size, int64_t step) {  // up to all but a pixel
        return std::min(2 * n, size - 1) * step;
      };
      return Padding::Sides(wide(top, kernel.h, dilation.h), wide(bottom, kernel.h, dilation.h),
                            wide(left, kernel.w, dilation.w), wide(right, kernel.w, dilation.w));
    }
    default:
      return Padding(kernel.h / 2, kernel.w / 2);
  }
}

// Families of sizes and windows.

void AnyWindow(Generator& random, PoolProblem& p) {
  const auto side = [&random] { return random.OneIn(8) ? 1 : random.Between(1, 24); };
  p.ih = side(), p.iw = side();
  p.c = random.OneIn(3) ? random.Between(1, 3) : random.Between(1, 80);
  p.kernel = random.Pair(1, 6);
  p.stride = random.OneIn(3) ? Size2(0) : random.Pair(1, 5);
  p.dilation = random.OneIn(3) ? random.Pair(1, 3) : Size2(1);
}

// As networks have them.
void Everyday(Generator& random, PoolProblem& p) {
  p.ih = random.Between(2, 60), p.iw = random.OneIn(2) ? p.ih : random.Between(2, 60);
  p.c = random.OneIn(2) ? 16 * random.Between(1, 20) : random.Between(1, 300);
  p.kernel = random.Between(2, 3);
  p.stride = random.Between(1, 2);
}

void LargeWindow(Generator& random, PoolProblem& p) {
  p.ih = random.Between(5, 40), p.iw = random.Between(5, 40);
  p.c = random.Between(1, 40);
  p.kernel = random.Pair(5, 21);
  p.stride = random.OneIn(2) ? Size2(1) : random.Pair(1, 9);
}

void Global(Generator& random, PoolProblem& p) {
  p.ih = random.Between(1, 30), p.iw = random.Between(1, 30);
  p.c = random.Between(1, 500);
  p.kernel = Size2(p.ih, p.iw);
}

void WidePlane(Generator& random, PoolProblem& p) {
  p.ih = random.Between(1, 12), p.iw = random.Between(60, 1500);
  p.c = random.Between(1, 3);
  p.kernel = Size2(random.Between(1, 5), random.Between(1, 9));
  p.stride = Size2(random.Between(1, 4), random.Between(1, 5));
}

void LargeImage(Generator& random, PoolProblem& p) {
  AnyWindow(random, p);
  p.ih = random.Between(30, 300), p.iw = random.Between(30, 300);
}

void Adaptive(Generator& random, PoolProblem& p) {
  AnyWindow(random, p);
  p.adaptive = true;
  p.output_size = random.OneIn(6) ? Size2(1) : random.Pair(1, 20);
  if (random.OneIn(8)) p.output_size.w = AdaptivePool2dOptions::kAsInput;
}

PoolProblem RandomPooling(Generator& random) {
  PoolProblem p;
  constexpr void (*kFamilies[])(Generator&, PoolProblem&) = {Everyday,  LargeWindow, Global,
                                                             WidePlane, LargeImage,  Adaptive};
  const auto family = random.Between(0, 2 * std::ssize(kFamilies) - 1);
  (family < std::ssize(kFamilies) ? kFamilies[family] : AnyWindow)(random, p);
  p.reduction = kReductions[random.Between(0, std::ssize(kReductions) - 1)];
  p.padding = RandomPadding(random, p.kernel, p.dilation);
  p.ceil_mode = random.OneIn(2);
  VaryTheRest(p, random.Next());
  if (random.OneIn(5)) p.gaps = Gaps::kElements;
  if (random.OneIn(40)) p.mb = 0;
  if (random.OneIn(80)) p.c = 0;
  const auto layout = [&random] { return static_cast<Layout>(random.Between(0, 1)); };
  p.SetLayout(layout());
  if (random.OneIn(2)) p.y_layout = layout(), p.index_layout = layout();
  return WithReduction(p, p.reduction);
}

// What a comparison costs, about: the taps, and every number is made and looked at a few times.
int64_t Work(const PoolProblem& p) {
  constexpr int64_t kTimesLooked = 4;
  return p.taps() + kTimesLooked * (p.input().elements() + p.output().elements());
}

}  // namespace

void VaryTheRest(PoolProblem& p, uint64_t index) {
  Generator random(index);
  p.mb = random.OneIn(4) ? random.Between(2, 3) : 1;
  p.count_include_pad = random.OneIn(2);
  if (random.OneIn(5)) p.divisor_override = random.OneIn(3) ? -3 : random.Between(1, 50);
  p.gaps = random.OneIn(2) ? Gaps::kNone : static_cast<Gaps>(random.Between(0, 4));
  p.edge = random.OneIn(3) ? Edge::kStart : Edge::kEnd;
  p.values = static_cast<Values>(std::max<int64_t>(random.Between(-2, 7), 0));
}

std::vector<PoolProblem> RandomPoolProblems(uint64_t seed, int64_t count, int64_t max) {
  Generator random(seed);
  std::vector<PoolProblem> all;
  while (static_cast<int64_t>(all.size()) < count) {
    const PoolProblem p = RandomPooling(random);
    if (IsValid(p) && Work(p) <= max) all.push_back(p);
  }
  return all;
}

}  // namespace windrow::test
