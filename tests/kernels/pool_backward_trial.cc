// The kernels of poolings' gradients.
#include <algorithm>
#include <bit>

#include "tests/kernels/pool_trials.h"

namespace windrow::test {

Trial AddLinesTrial(Fixture& s, AddLinesFn add_lines) {
  internal::AddLinesArgs t{};
  t.lines = s.Between(1, 4, 16), t.pixels = s.Between(1, 6, 56);
  t.items = s.OneIn(3) ? 1 : s.Between(1, 70, 64);
  t.first = s.OneIn(2), t.last = s.OneIn(2), t.clear = s.OneIn(2);
  const int64_t pitch = t.pixels * t.items;
  t.from_line = !t.clear && s.OneIn(2) ? 0 : pitch + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.to_pixel = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.to_line = t.pixels * t.to_pixel + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.from = s.Output((t.lines - 1) * t.from_line + pitch, Role::kInput);
  t.to =
      s.Output((t.lines - 1) * t.to_line + (t.pixels - 1) * t.to_pixel + t.items, Role::kResidual);
  if (!t.last) s.AllowAnyNaN();
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.lines * pitch; ++i) {
                  const int64_t line = i / pitch, pixel = i % pitch / t.items;
                  const float* const from = t.from + line * t.from_line + i % pitch;
                  const float* const to =
                      t.to + line * t.to_line + pixel * t.to_pixel + i % t.items;
                  float sum = (t.first ? 0.0f : *to) + *from;
                  if (t.last && sum != sum) sum = std::bit_cast<float>(0x7FC00000u);
                  s.Expected(to) = sum;
                  if (t.clear) s.Expected(from) = 0;
                }
              },
          .kernel = [=] { add_lines(t); },
          .work = static_cast<double>(t.lines * pitch)};
}

Trial DivideTrial(Fixture& s, DivideFn divide) {
  internal::DivideArgs t{};
  t.pixels = s.Between(1, 40, 56), t.items = s.OneIn(3) ? 1 : s.Between(1, 70, 64);
  const bool in_place = s.OneIn(3);
  t.from_pixel = t.items + (in_place || s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  const auto divisor = [&s] { return static_cast<float>(s.OneIn(5) ? -3 : s.Between(1, 9, 9)); };
  t.divisor = divisor();
  if (s.OneIn(2)) {
    std::vector<float> divisors;
    for (int64_t p = 0; p < t.pixels; ++p) divisors.push_back(divisor());
    t.divisors = s.Input(divisors);
  }
  t.to = s.Output(t.pixels * t.items, Role::kInput);
  t.from = in_place ? t.to : s.Input((t.pixels - 1) * t.from_pixel + t.items, Role::kResidual);
  s.AllowAnyNaN();
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  const int64_t p = i / t.items;
                  const float d = t.divisors != nullptr ? t.divisors[p] : t.divisor;
                  s.Expected(t.to + i) = t.from[p * t.from_pixel + i % t.items] / d;
                }
              },
          .kernel = [=] { divide(t); },
          .work = static_cast<double>(t.pixels * t.items)};
}

Trial SpreadTrial(Fixture& s, SpreadFn spread) {
  internal::SpreadArgs t{};
  t.pixels = s.Between(1, 40, 56), t.items = s.OneIn(3) ? 1 : s.Between(1, 70, 64);
  t.step = s.Between(1, 3, 1);
  t.shifted_begin = s.Between(0, t.pixels, 1);
  t.shifted_end = s.Between(t.shifted_begin, t.pixels, t.pixels - 1);
  std::vector<int32_t> first, count;
  int64_t outputs = 1;
  for (int64_t p = 0; p < t.pixels; ++p) {
    const bool follows = p > t.shifted_begin && p < t.shifted_end;
    first.push_back(follows ? first.back() + 1 : static_cast<int32_t>(s.Between(0, 9, p)));
    count.push_back(follows ? count.back() : static_cast<int32_t>(s.Between(0, 4, 3)));
    if (count.back() > 0) {
      outputs = std::max(outputs, first.back() + (count.back() - 1) * t.step + 1);
    }
  }
  t.first = s.Input(first), t.count = s.Input(count);
  t.from = s.Input(outputs * t.items, Role::kInput);
  t.to = s.Output<float>(t.pixels * t.items);
  s.AllowAnyNaN();
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  float sum = 0;
                  for (int64_t k = 0; k < t.count[i / t.items]; ++k) {
                    const int64_t output = t.first[i / t.items] + k * t.step;
                    sum += t.from[output * t.items + i % t.items];
                  }
                  s.Expected(t.to + i) = sum;
                }
              },
          .kernel = [=] { spread(t); },
          .work = static_cast<double>(t.pixels * t.items)};
}

}  // namespace windrow::test
