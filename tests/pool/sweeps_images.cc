// Sweeps of large windows, of images that leave the caches, and of many small ones.
#include <algorithm>
#include <array>
#include <tuple>

#include "lib/base/machine.h"
#include "lib/base/math.h"
#include "tests/pool/sweeps.h"

namespace windrow::test {
namespace {

using internal::CeilDiv;

// Windows of many taps: global ones, those of pyramids, and as large as the image.
std::vector<PoolProblem> LargeWindows(int64_t lanes) {
  std::vector<PoolProblem> all;
  for (const int64_t c : {int64_t{1}, int64_t{3}, lanes, 5 * lanes + 3}) {
    const auto append = [&](Size2 image, Size2 kernel, Size2 stride, const Padding& padding) {
      PoolProblem p{.c = c, .ih = image.h, .iw = image.w, .kernel = kernel, .stride = stride};
      p.padding = padding;
      Append(all, p);
      p.ceil_mode = true;
      Append(all, p);
    };
    for (const int64_t kernel : {5, 7, 9, 13}) append(19, kernel, 1, kernel / 2);
    append(7, 7, 7, 0);
    append(Size2(12, 33), Size2(12, 33), 1, 0);
    append(Size2(6, 9), Size2(6, 9), Size2(2, 3), Padding(3, 4));
    append(Size2(5, 70), Size2(1, 31), 1, Padding(0, 15));
    append(Size2(70, 5), Size2(31, 1), 1, Padding(15, 0));
    append(Size2(25, 26), Size2(11, 10), Size2(5, 4), Padding::Sides(5, 0, 1, 5));
    append(Size2(3, 40), Size2(3, 20), Size2(1, 20), 0);
  }
  return all;
}

// One window an image: of planes whose rows follow each other or not, of taps a few more or less
// than fours, of channels about a vector or more than are done at a time.
std::vector<PoolProblem> Global(int64_t lanes) {
  const int64_t l1 = internal::ThisMachine().l1d / static_cast<int64_t>(sizeof(float));
  std::vector<PoolProblem> all;
  for (const int64_t c : {int64_t{1}, lanes - 1, lanes, lanes + 1, 2 * lanes, 5 * lanes + 3}) {
    if (c == 0) continue;
    for (int64_t iw = 1; iw <= 9; ++iw) {
      for (const int64_t ih : {1, 2, 3, 7}) {
        PoolProblem p{.c = c, .ih = ih, .iw = iw, .kernel = Size2(ih, iw)};
        Append(all, p);
        p.adaptive = true;
        Append(all, p);
        p.adaptive = false;
        p.kernel = Size2(ih + 1, iw + 2);  // partly on padding
        p.padding = Padding::Sides(ih > 1, ih == 1, iw > 1, iw > 1 ? 1 : 2);
        Append(all, p);
        p.padding = 0;
        p.kernel = Size2(CeilDiv(ih, 2), CeilDiv(iw, 2));  // some of the image
        p.stride = Size2(ih, iw);
        Append(all, p);
        p.dilation = Size2(2);
        Append(all, p);
      }
    }
  }
  Append(all, {.adaptive = true, .c = l1 / 3 + lanes + 1, .ih = 3, .iw = 2});
  Append(all, {.adaptive = true, .mb = 3, .c = l1, .ih = 2, .iw = 3});
  return all;
}

// Sums of several parts: of rows, of columns and of both, at every strategy's strides, on padding
// of any width, and of windows larger than the image.
std::vector<PoolProblem> Parts(int64_t lanes) {
  constexpr int64_t kMaxTaps = 3'000'000;
  std::vector<PoolProblem> all;
  for (const int64_t kernel : {63, 64, 65, 66, 67, 127, 128, 129, 130, 200}) {
    for (const int64_t in : {int64_t{9}, int64_t{70}, kernel, kernel + 37}) {
      for (const int64_t stride : {int64_t{1}, int64_t{2}, int64_t{50}, kernel}) {
        const auto index = static_cast<int64_t>(all.size());
        const int64_t other = 1 + index % 4;
        PoolProblem p{.stride = stride};
        p.c =
            std::array<int64_t, 4>{1, 3, lanes, 2 * lanes + 1}[static_cast<size_t>(index / 4 % 4)];
        const int64_t before = index % kernel, after = std::max<int64_t>(kernel - in, index % 3);
        const auto append = [&](Size2 image, Size2 window, const Padding& padding) {
          p.ih = image.h, p.iw = image.w;
          p.kernel = window;
          p.padding = padding;
          p.ceil_mode = !p.ceil_mode;
          if (IsValid(p) && p.taps() <= kMaxTaps) Append(all, p);
        };
        append(Size2(4, in), Size2(other, kernel), Padding::Sides(0, 0, before, after));
        append(Size2(in, 5), Size2(kernel, other), Padding::Sides(before, after, 0, other - 1));
        if (in > 70 || (stride == 1 && index % 3 != 0)) continue;
        append(in, kernel, Padding::Sides(before, after, kernel / 2, kernel / 2));
        append(in, Size2(kernel, 66), Padding::Sides(kernel - 1, kernel - 1, 65, 60));
      }
    }
  }
  // A few taps that lie across the end of a part.
  for (int64_t before = 61; before < 66; ++before) {
    for (const int64_t side : {2, 3}) {
      PoolProblem p{.c = lanes + 1, .ih = side, .iw = side, .stride = 300};
      p.kernel = Size2(side, 140), p.padding = Padding::Sides(0, 0, before, 80);
      Append(all, p);
      p.kernel = Size2(140, side), p.padding = Padding::Sides(before, 80, 0, 0);
      Append(all, p);
    }
  }
  for (const int64_t c : {int64_t{1}, lanes, 2 * lanes + 3}) {
    for (const auto& [ih, iw] : {std::array<int64_t, 2>{1, 65}, {3, 64}, {65, 3}, {130, 200}}) {
      PoolProblem p{.adaptive = true, .c = c, .ih = ih, .iw = iw};
      Append(all, p);
      p.output_size = Size2(1, 2);
      Append(all, p);
      p.output_size = Size2(2, 1), ++p.iw;
      Append(all, p);
      p.adaptive = false;
      p.kernel = Size2(ih, iw);  // one window, partly on padding
      p.padding = Padding::Sides(ih - 1, 0, 0, iw / 2);
      p.stride = Size2(2 * ih, 2 * iw);
      Append(all, p);
      p.kernel = Size2(CeilDiv(ih, 2), CeilDiv(iw, 2)), p.dilation = Size2(2), p.padding = 0;
      Append(all, p);
    }
  }
  return all;
}

// An image of more than the L2 cache, cut in every way: wide, tall, of many channels.
std::vector<PoolProblem> LargeImages(int64_t) {
  const int64_t l2 = internal::ThisMachine().l2 / static_cast<int64_t>(sizeof(float));
  std::vector<PoolProblem> all;
  for (const auto& [c, ih, kernel, stride, padding] :
       {std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t>{1, 3, 3, 1, 1},
        {7, 61, 2, 2, 0},
        {40, 9, 3, 2, 1},
        {701, 4, 3, 1, 1}}) {
    PoolProblem p{.c = c, .ih = ih, .kernel = kernel, .stride = stride, .padding = padding};
    p.iw = l2 / (c * ih) + 5;
    Append(all, p);
    all.back().mb = 1;
  }
  PoolProblem global{.adaptive = true, .c = 19, .ih = 100};
  global.iw = l2 / (global.c * global.ih) + 5;
  Append(all, global);
  all.back().mb = 1;
  // Windows so high that not all of their rows' results are kept.
  const int64_t high = l2 / 8 + 3;
  Append(all, {.adaptive = true, .c = 3, .ih = high, .iw = 5});
  Append(all, {.c = 3, .ih = 2 * high, .iw = 4, .kernel = Size2(high, 2), .dilation = Size2(2, 1)});
  return all;
}

// Windows a pixel apart of every length up to 13 and a few more, longer than the image too, at
// every start: of lines that are a few blocks of that length, and less than one.
std::vector<PoolProblem> RunningWindows(int64_t lanes) {
  std::vector<PoolProblem> all;
  for (int64_t kernel = 3; kernel <= 40; kernel += kernel < 13 ? 1 : 9) {
    for (const int64_t in : {int64_t{1}, int64_t{4}, kernel - 1, kernel, kernel + 1, 2 * kernel,
                             3 * kernel + kernel / 2}) {
      for (const int64_t before : {int64_t{0}, int64_t{1}, kernel / 2}) {
        const auto index = static_cast<int64_t>(all.size());
        const int64_t after = index % (kernel / 2 + 1), other = 1 + index % 6;
        const std::array<int64_t, 6> channels = {1, 3, lanes - 1, lanes, 2 * lanes + 1, 5 * lanes};
        PoolProblem p{.c = std::max<int64_t>(channels[static_cast<size_t>(index / 3 % 6)], 1)};
        p.stride = 1;
        p.ih = in, p.iw = 2 + other;
        p.kernel = Size2(kernel, std::min(other, int64_t{3}));
        p.padding = Padding::Sides(before, after, 0, index % 2);
        Append(all, p);
        p.ih = 2 + other, p.iw = in;
        p.kernel = Size2(std::min(other, int64_t{3}), kernel);
        p.padding = Padding::Sides(0, index % 2, before, after);
        Append(all, p);
        if (kernel > 13) continue;
        p.ih = in;
        p.kernel = kernel;
        p.padding = Padding::Sides(after, before, before, after);
        Append(all, p);
      }
    }
  }
  return all;
}

std::vector<PoolProblem> ManyPlanes(int64_t) {
  std::vector<PoolProblem> all;
  for (const int64_t size : {1, 2, 3, 4, 7}) {
    for (const int64_t mb : {1, 2, 9}) {
      for (const int64_t c : {33, 301, 1029}) {
        if (mb * c * size * size > 60'000) continue;
        for (const int64_t kernel : {1, 2, 3, 7}) {
          PoolProblem p{.c = c, .ih = size, .iw = size, .kernel = kernel, .stride = 1};
          p.padding = std::min<int64_t>(kernel / 2, size / 2);
          Append(all, p);
          if (!IsValid(p)) continue;
          all.back().mb = mb;
        }
      }
    }
  }
  return all;
}

// Windows of two by two and nothing else, in planes up to and over half a vector wide, as many that
// the last rows of outputs are some of a vector, all of it or more; the rows of half of them follow
// each other.
std::vector<PoolProblem> NarrowPlanes(int64_t lanes) {
  std::vector<PoolProblem> all;
  for (int64_t iw = 2; iw <= lanes + 2; iw += 2) {
    for (const int64_t ih : {2, 4, 6, 10, 26}) {
      for (const int64_t c : {1, 2, 3, 5, 8}) {
        PoolProblem p{.c = c, .ih = ih, .iw = iw, .kernel = 2};
        Append(all, p);
        all.back().gaps = Gaps::kNone;
        p.adaptive = true;
        p.output_size = Size2(ih / 2, iw / 2);
        Append(all, p);
      }
    }
  }
  return all;
}

// Windows of three by three in planes as large as their outputs, without gaps, of a vector to three
// a row; of few rows, and of more than fit the L1 cache with what they give.
void AppendDense(std::vector<PoolProblem>& all, int64_t lanes) {
  for (int64_t iw = lanes; iw <= 3 * lanes; ++iw) {
    for (const int64_t ih : {int64_t{1}, int64_t{2}, int64_t{3}, int64_t{8}, 8192 / iw}) {
      PoolProblem p{.c = 1 + iw % 3, .ih = ih, .iw = iw, .kernel = 3, .stride = 1};
      p.padding = Padding(1, 1);
      Append(all, p);
      all.back().gaps = Gaps::kNone;
    }
  }
}

// Windows of three by three, one or two apart, with and without padding on each side, in planes up
// to a few columns more than a vector of outputs: of one, two or three planes, and more.
std::vector<PoolProblem> Neighbours(int64_t lanes) {
  std::vector<PoolProblem> all;
  for (const int64_t stride : {1, 2}) {
    for (int64_t iw = 1; iw <= stride * lanes + 4; ++iw) {
      for (int pads = 0; pads < 4; ++pads) {
        const auto index = static_cast<int64_t>(all.size());
        PoolProblem p{.ih = 1 + index % 5, .iw = iw, .kernel = 3, .stride = stride};
        p.c = std::array<int64_t, 5>{2, 3, 1, 4, 7}[static_cast<size_t>(index % 5)];
        p.padding = Padding::Sides((iw + pads / 2) % 2, 1, pads % 2, pads / 2);
        Append(all, p);
        p.ih = 7, p.c = 5 - p.c % 2;
        Append(all, p);
      }
    }
  }
  AppendDense(all, lanes);
  return all;
}

}  // namespace

std::vector<PoolSweep> PoolImageSweeps() {
  return {
      {"LargeWindows", LargeWindows},     {"Global", Global},
      {"LargeImages", LargeImages},       {"ManyPlanes", ManyPlanes},
      {"RunningWindows", RunningWindows}, {"NarrowPlanes", NarrowPlanes},
      {"Neighbours", Neighbours},         {"Parts", Parts},
  };
}

}  // namespace windrow::test
