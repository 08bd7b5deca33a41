// The kernels of poolings' gradients.
#include <algorithm>
#include <bit>

#include "tests/kernels/pool_trials.h"

namespace windrow::test {

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

Trial SearchTrial(Fixture& s, SearchFn search) {
  internal::SearchArgs t{};
  t.pixels = s.Between(1, 40, 56), t.items = s.OneIn(3) ? 1 : s.Between(1, 70, 64);
  t.rows = s.Between(0, 3, 2), t.step = s.Between(1, 3, 1);
  t.from_pixel = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.to_pixel = t.items + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.target = static_cast<int32_t>(s.Between(0, 99, 0));
  std::vector<int32_t> first, count, indices;
  int64_t outputs = 1;
  for (int64_t p = 0; p < t.pixels; ++p) {
    first.push_back(static_cast<int32_t>(s.Between(0, 9, p)));
    count.push_back(static_cast<int32_t>(s.Between(0, 4, 3)));
    if (count.back() > 0) {
      outputs = std::max(outputs, first.back() + (count.back() - 1) * t.step + 1);
    }
  }
  t.first = s.Input(first), t.count = s.Input(count);
  t.from_row = outputs * t.from_pixel + (s.OneIn(2) ? 0 : s.Between(0, 9, 0));
  t.indices_row = outputs * t.items;
  const int64_t rows = std::max<int64_t>(t.rows, 1);
  for (int64_t i = 0; i < rows * t.indices_row; ++i) {
    // Near the target of those that have it among their outputs.
    indices.push_back(t.target + static_cast<int32_t>(s.Between(-1, 3, 1) + i / t.items % 8));
  }
  t.indices = s.Input(indices);
  t.from = s.Input((rows - 1) * t.from_row + (outputs - 1) * t.from_pixel + t.items, Role::kInput);
  t.to = s.Output<float>((t.pixels - 1) * t.to_pixel + t.items);
  return {.reference =
              [=, &s] {
                for (int64_t i = 0; i < t.pixels * t.items; ++i) {
                  const int64_t p = i / t.items, item = i % t.items;
                  float sum = 0;
                  for (int64_t r = 0; r < t.rows; ++r) {
                    float of_row = 0;
                    for (int64_t k = 0; k < t.count[p]; ++k) {
                      const int64_t o = t.first[p] + k * t.step;
                      const bool here = t.indices[r * t.indices_row + o * t.items + item] ==
                                        t.target + static_cast<int32_t>(p);
                      if (here) of_row += t.from[r * t.from_row + o * t.from_pixel + item];
                    }
                    sum += of_row;
                  }
                  if (sum != sum) sum = std::bit_cast<float>(0x7FC00000u);
                  s.Expected(t.to + p * t.to_pixel + item) = sum;
                }
              },
          .kernel = [=] { search(t); },
          .work = static_cast<double>(t.pixels * t.items)};
}

}  // namespace windrow::test
