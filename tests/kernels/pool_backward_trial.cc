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

Trial NarrowTrial(Fixture& s, NarrowFn narrow) {
  internal::NarrowArgs t{};
  t.pixels = s.Between(1, 9, 56), t.items = s.OneIn(3) ? 1 : s.Between(1, 70, 64);
  t.from_pixel = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.plane = static_cast<int32_t>(s.OneIn(3) ? (1 << 30) - 1 : s.Between(1, 5000, 3136));
  std::vector<int64_t> from;
  for (int64_t i = 0; i < (t.pixels - 1) * t.from_pixel + t.items; ++i) {
    from.push_back(s.Between(-1, t.plane - 1, i % t.plane));
  }
  if (s.OneIn(2)) {
    constexpr int64_t kBad[] = {-2, int64_t{1} << 32, (int64_t{1} << 32) - 1, -(int64_t{1} << 40)};
    const int64_t which = s.Between(0, 4, 0);
    from[static_cast<size_t>(s.Between(0, std::ssize(from) - 1, 0))] =
        which == 4 ? int64_t{t.plane} : kBad[which];
  }
  t.from = s.Input(from);
  t.to = s.Output<int32_t>(t.pixels * t.items);
  int32_t* const good = s.Output<int32_t>(1);
  return {.reference =
              [=, &s] {
                s.Expected(good) = 1;
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  const int64_t v = t.from[i / t.items * t.from_pixel + i % t.items];
                  if (v < -1 || v >= t.plane) s.Expected(good) = 0;
                }
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  const int64_t v = t.from[i / t.items * t.from_pixel + i % t.items];
                  s.Expected(t.to + i) = s.Expected(good) != 0 ? static_cast<int32_t>(v) : 0;
                }
              },
          .kernel =
              [=] {
                *good = narrow(t) ? 1 : 0;
                if (*good == 0) std::fill_n(t.to, t.pixels * t.items, 0);  // nobody's business
              },
          .work = static_cast<double>(t.pixels * t.items)};
}

Trial StretchTrial(Fixture& s, StretchFn stretch) {
  internal::StretchArgs t{};
  t.count = s.Between(1, 70, 56), t.step = s.OneIn(2) ? 2 : s.Between(2, 5, 2);
  t.fill = s.OneIn(2) ? -1 : 0;
  std::vector<int32_t> from;
  for (int64_t i = 0; i < t.count; ++i) from.push_back(static_cast<int32_t>(s.Between(-9, 99, i)));
  t.from = s.Input(from);
  t.to = s.Output(std::vector<int32_t>(static_cast<size_t>(t.count * t.step), t.fill));
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.count; ++i) s.Expected(t.to + i * t.step) = t.from[i];
              },
          .kernel = [=] { stretch(t); },
          .work = static_cast<double>(t.count)};
}

Trial PickTrial(Fixture& s, PickFn pick) {
  internal::PickArgs t{};
  const bool plane = s.OneIn(2);
  t.pixels = s.Between(1, 40, 56), t.items = plane ? 1 : s.Between(1, 70, 64);
  t.from_pixel = t.items + (plane || s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.to_pixel = t.items + (plane || s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.step = s.Between(1, 3, 1), t.taps = s.Between(1, 4, 3);
  t.target = static_cast<int32_t>(s.Between(0, 99, 0));
  t.first_row = s.OneIn(2), t.last_row = s.OneIn(2);
  std::vector<int32_t> first, count, indices;
  int64_t outputs = plane ? t.pixels + (t.taps - 1) * t.step : 1;
  for (int64_t p = 0; p < t.pixels && !plane; ++p) {
    first.push_back(static_cast<int32_t>(s.Between(0, 9, p)));
    count.push_back(static_cast<int32_t>(s.Between(0, 4, 3)));
    if (count.back() > 0) {
      outputs = std::max(outputs, first.back() + (count.back() - 1) * t.step + 1);
    }
  }
  if (!plane) t.first = s.Input(first), t.count = s.Input(count);
  for (int64_t i = 0; i < outputs * t.items; ++i) {
    // Near the target of those that have it among their outputs.
    indices.push_back(t.target + static_cast<int32_t>(s.Between(-1, 3, 1) + i / t.items % 8));
  }
  t.indices = s.Input(indices);
  t.from = s.Input((outputs - 1) * t.from_pixel + t.items, Role::kInput);
  t.to = s.Output((t.pixels - 1) * t.to_pixel + t.items, Role::kResidual);
  if (!t.last_row) s.AllowAnyNaN();
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  const int64_t p = i / t.items, item = i % t.items;
                  const int64_t begin = plane ? p : t.first[p], taps = plane ? t.taps : t.count[p];
                  float sum = 0;
                  for (int64_t o = begin; o < begin + taps * t.step; o += t.step) {
                    if (t.indices[o * t.items + item] == t.target + p) {
                      sum += t.from[o * t.from_pixel + item];
                    }
                  }
                  const float* const to = t.to + p * t.to_pixel + item;
                  sum = (t.first_row ? 0.0f : *to) + sum;
                  if (t.last_row && sum != sum) sum = std::bit_cast<float>(0x7FC00000u);
                  s.Expected(to) = sum;
                }
              },
          .kernel = [=] { pick(t); },
          .work = static_cast<double>(t.pixels * t.items)};
}

}  // namespace windrow::test
