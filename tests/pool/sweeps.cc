#include "tests/pool/sweeps.h"

#include <algorithm>
#include <array>

#include "tests/support/values.h"

namespace windrow::test {
namespace {

// One direction of a small window.
struct SmallAxis {
  int64_t in, kernel, stride, padding;
};

std::vector<SmallAxis> SmallAxes() {
  std::vector<SmallAxis> all;
  for (int64_t in = 1; in <= 9; ++in) {
    for (int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (int64_t stride = 1; stride <= 4; ++stride) {
        for (int64_t padding = 0; padding <= kernel / 2; ++padding) {
          all.push_back({in, kernel, stride, padding});
        }
      }
    }
  }
  return all;
}

// A number of channels: few, or about a vector of them.
int64_t SomeChannels(Generator& random, int64_t lanes) {
  return random.OneIn(3) ? std::max<int64_t>(lanes + random.Between(-1, 1), 1)
                         : random.Between(1, 4);
}

// Every small size, kernel, stride and padding of the width, and of the height: as the two do not
// interact, each with a few of the other's.
std::vector<PoolProblem> Sizes(int64_t lanes) {
  constexpr int kRounds = 3;
  const std::vector<SmallAxis> axes = SmallAxes();
  Generator random(1);
  std::vector<PoolProblem> all;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<SmallAxis> rows = axes;
    for (size_t i = rows.size() - 1; i > 0; --i) {
      std::swap(rows[i], rows[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i)))]);
    }
    for (size_t i = 0; i < axes.size(); ++i) {
      const SmallAxis &h = rows[i], &w = axes[i];
      for (const bool ceil_mode : {false, true}) {
        Append(all, {.c = SomeChannels(random, lanes),
                     .ih = h.in,
                     .iw = w.in,
                     .kernel = Size2(h.kernel, w.kernel),
                     .stride = Size2(h.stride, w.stride),
                     .padding = Padding(h.padding, w.padding),
                     .ceil_mode = ceil_mode});
      }
    }
  }
  return all;
}

// Numbers about the multiples of a vector.
std::vector<int64_t> Counts() {
  std::vector<int64_t> all;
  for (int64_t i = 1; i <= 70; ++i) all.push_back(i);
  for (const int64_t i : {127, 128, 129, 255, 256, 257}) all.push_back(i);
  return all;
}

std::vector<PoolProblem> Channels(int64_t) {
  std::vector<PoolProblem> all;
  for (const int64_t c : Counts()) {
    const PoolProblem p{.c = c, .ih = 5, .iw = 6};
    PoolProblem halves = p, same = p, overlapping = p, global = p;
    halves.kernel = 2;
    same.kernel = 3, same.stride = 1, same.padding = 1;
    overlapping.kernel = 3, overlapping.stride = 2, overlapping.ceil_mode = true;
    global.kernel = Size2(5, 6);
    for (const PoolProblem& each : {halves, same, overlapping, global}) Append(all, each);
  }
  return all;
}

std::vector<PoolProblem> Widths(int64_t) {
  std::vector<PoolProblem> all;
  for (const int64_t iw : Counts()) {
    for (const auto& [kernel, stride, padding] : {std::array<int64_t, 3>{2, 2, 0},
                                                  {3, 1, 1},
                                                  {3, 2, 1},
                                                  {5, 1, 2},
                                                  {3, 3, 0},
                                                  {4, 3, 2},
                                                  {7, 2, 3},
                                                  {1, 2, 0}}) {
      const auto ih = static_cast<int64_t>(4 + all.size() % 5);
      Append(all, {.c = 2,
                   .ih = ih,
                   .iw = iw,
                   .kernel = Size2(std::min(kernel, ih), kernel),
                   .stride = stride,
                   .padding = Padding(kernel < ih ? padding : 0, padding),
                   .ceil_mode = all.size() % 2 == 0});
    }
    for (int sides = 0; sides < 16; ++sides) {  // of padding
      Append(all, {.c = 2,
                   .ih = 3 + sides % 5,
                   .iw = iw,
                   .kernel = 3,
                   .stride = 1 + static_cast<int64_t>(all.size()) % 2,
                   .padding = Padding::Sides(sides % 2, sides / 2 % 2, sides / 4 % 2, sides / 8)});
    }
  }
  return all;
}

// Images so small that windows have no tap at all are among these.
std::vector<PoolProblem> Dilations(int64_t) {
  std::vector<PoolProblem> all;
  for (int64_t kernel = 1; kernel <= 4; ++kernel) {
    for (int64_t dilation = 2; dilation <= 4; ++dilation) {
      for (int64_t stride = 1; stride <= 3; ++stride) {
        for (const int64_t ih : {1, 2, 3, 5, 9, 14}) {
          for (const int64_t iw : {1, 2, 4, 7, 13, 40}) {
            PoolProblem p{.c = 3, .ih = ih, .iw = iw, .kernel = kernel, .stride = stride};
            p.dilation = all.size() % 3 == 0 ? Size2(1, dilation) : Size2(dilation);
            p.padding = static_cast<int64_t>(all.size()) % (kernel / 2 + 1);
            p.ceil_mode = all.size() % 2 == 0;
            Append(all, p);
            p.padding = Padding::Same();
            Append(all, p);
            const Size2 reach(p.dilation.h * (kernel - 1), p.dilation.w * (kernel - 1));
            p.padding = Padding::Sides(reach.h, reach.h / 2, reach.w / 3, reach.w);
            Append(all, p);
            // Three rows high, and between its columns a narrow image.
            p.padding = Padding::Same();
            p.kernel = Size2(3, kernel), p.dilation = Size2(1, dilation);
            Append(all, p);
          }
        }
      }
    }
  }
  for (int64_t iw = 1; iw <= 3; ++iw) {  // three rows high, and no tap in a row
    for (int64_t stride = 1; stride <= 2; ++stride) {
      Append(all, {.c = 3,
                   .ih = 7,
                   .iw = iw,
                   .kernel = Size2(3, 2),
                   .stride = stride,
                   .dilation = Size2(1, iw + 1),
                   .padding = 1,
                   .ceil_mode = true});
    }
  }
  return all;
}

// Each side its own, up to all of a window but a pixel, and "same".
std::vector<PoolProblem> Paddings(int64_t) {
  std::vector<PoolProblem> all;
  for (int64_t kernel = 2; kernel <= 5; ++kernel) {
    for (int64_t stride = 1; stride <= 3; ++stride) {
      PoolProblem p{.c = 3, .ih = 6, .iw = 7, .kernel = kernel, .stride = stride};
      for (int sides = 0; sides < 81; ++sides) {
        p.padding = Padding::Sides(sides % 3, sides / 3 % 3, sides / 9 % 3, sides / 27);
        p.ceil_mode = !p.ceil_mode;
        Append(all, p);
        const int64_t max = kernel - 1;
        p.padding = Padding::Sides(sides % 3 * max / 2, sides / 3 % 3 * max / 2,
                                   sides / 9 % 3 * max / 2, sides / 27 * max / 2);
        PoolProblem small = p;
        small.ih = 1 + sides % 4, small.iw = 1 + sides % 5;
        small.c = sides % 2 == 0 ? 1 : 19;
        Append(all, small);
      }
      p.padding = Padding::Same();
      for (p.ih = 1; p.ih <= 9; ++p.ih) {
        for (p.iw = 1; p.iw <= 9; p.iw += 2) {
          p.ceil_mode = !p.ceil_mode;
          Append(all, p);
        }
      }
    }
  }
  return all;
}

std::vector<PoolProblem> Adaptive(int64_t lanes) {
  std::vector<PoolProblem> all;
  Generator random(2);
  PoolProblem p{.adaptive = true};
  for (p.iw = 1; p.iw <= 9; ++p.iw) {
    for (p.output_size.w = 1; p.output_size.w <= 9; ++p.output_size.w) {
      for (int round = 0; round < 4; ++round) {
        p.ih = random.Between(1, 9);
        p.output_size.h = random.OneIn(8) ? AdaptivePool2dOptions::kAsInput : random.Between(1, 9);
        p.c = SomeChannels(random, lanes);
        Append(all, p);
      }
    }
  }
  for (const auto& [in, out] : {std::array<int64_t, 2>{7, 1},
                                {14, 7},
                                {13, 6},
                                {60, 7},
                                {40, 40},
                                {31, 4},
                                {10, 33},
                                {1, 50}}) {
    for (const int64_t c : {int64_t{1}, lanes, 4 * lanes + 1}) {
      Append(all, {.adaptive = true, .c = c, .ih = in, .iw = in + 3, .output_size = out});
    }
  }
  return all;
}

// What an average divides by.
std::vector<PoolProblem> Divisors(int64_t) {
  constexpr std::optional<int64_t> kOverrides[] = {
      {}, {}, 1, 3, -1, -2, 7, 16'777'217, int64_t{1} << 40};
  std::vector<PoolProblem> all;
  for (const std::optional<int64_t>& divisor : kOverrides) {
    for (const bool count_include_pad : {false, true}) {
      for (const bool ceil_mode : {false, true}) {
        for (int64_t kernel = 2; kernel <= 5; ++kernel) {
          for (int64_t stride = 1; stride <= 4; ++stride) {
            PoolProblem p{.c = 2, .ih = 8, .iw = 9, .kernel = kernel, .stride = stride};
            p.padding = Padding(kernel / 2, static_cast<int64_t>(all.size()) % (kernel / 2 + 1));
            p.ceil_mode = ceil_mode;
            VaryTheRest(p, all.size());
            p.count_include_pad = count_include_pad;
            p.divisor_override = divisor;
            if (IsValid(p)) all.push_back(p);
          }
        }
      }
    }
  }
  return all;
}

// Kinds of numbers in windows of every size: each of a window's taps is the one NaN now and then,
// since windows overlap.
std::vector<PoolProblem> Numbers(int64_t lanes) {
  std::vector<PoolProblem> all;
  for (int values = 0; values <= static_cast<int>(Values::kLow); ++values) {
    for (const int64_t c : {int64_t{1}, lanes, 2 * lanes + 1, 4 * lanes}) {
      for (const Size2 kernel : {Size2(1), Size2(2), Size2(3), Size2(1, 3), Size2(3, 1), Size2(5),
                                 Size2(9), Size2(11, 14)}) {
        for (const int64_t dilation : {1, 2}) {
          PoolProblem p{.c = c, .ih = 11, .iw = 14, .kernel = kernel, .stride = 1};
          p.dilation = dilation;
          p.padding = Padding(kernel.h / 2, kernel.w / 2);
          VaryTheRest(p, all.size());
          p.values = static_cast<Values>(values);
          if (IsValid(p)) all.push_back(p);
        }
      }
    }
  }
  return all;
}

}  // namespace

void Append(std::vector<PoolProblem>& all, PoolProblem p) {
  VaryTheRest(p, all.size());
  if (IsValid(p)) all.push_back(p);
}

std::vector<PoolProblem> ProblemsOf(const PoolSweep& sweep, int64_t lanes, Reduction reduction) {
  std::vector<PoolProblem> all;
  for (const PoolProblem& p : sweep.problems(lanes)) {
    all.push_back(WithReduction(p, reduction));
    if (!IsValid(all.back())) all.pop_back();
  }
  return all;
}

bool TakesNone(std::string_view sweep, Reduction reduction) {
  return sweep == "Divisors" && reduction != Reduction::kAverage;
}

std::vector<PoolSweep> PoolSweeps() {
  std::vector<PoolSweep> all = {
      {"Sizes", Sizes},
      {"Channels", Channels},
      {"Widths", Widths},
      {"Dilations", Dilations},
      {"Paddings", Paddings},
      {"Adaptive", Adaptive},
      {"Divisors", Divisors},
      {"Numbers", Numbers},
      {"Random1", [](int64_t) { return RandomPoolProblems(1, 800, 20'000); }},
      {"Random2", [](int64_t) { return RandomPoolProblems(2, 12, 1'000'000); }},
  };
  const std::vector<PoolSweep> images = PoolImageSweeps();
  all.insert(all.end(), images.begin(), images.end());
  return all;
}

}  // namespace windrow::test
