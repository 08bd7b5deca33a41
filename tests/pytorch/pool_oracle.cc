#include "tests/pytorch/pool_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/pool/harness.h"

namespace windrow::test {
namespace {

// One window in one direction.
struct Taps {
  std::vector<int64_t> inside;  // positions in the input
  int64_t start = 0;            // of the first tap that is not before the input
  int64_t counted = 0;          // taps inside the input and its padding
};

std::vector<Taps> AdaptiveWindows(int64_t in, int64_t out) {
  std::vector<Taps> all(static_cast<size_t>(out == AdaptivePool2dOptions::kAsInput ? in : out));
  const auto n = std::ssize(all);
  for (int64_t i = 0; i < in; ++i) {
    for (int64_t o = 0; o < n; ++o) {  // whether [i, i + 1) and [o, o + 1) / n * in overlap
      if (i * n < (o + 1) * in && o * in < (i + 1) * n) {
        all[static_cast<size_t>(o)].inside.push_back(i);
      }
    }
  }
  for (Taps& t : all) t.start = t.inside.front(), t.counted = std::ssize(t.inside);
  return all;
}

std::vector<Taps> RegularWindows(const PoolProblem& p, int64_t in, int64_t kernel, int64_t stride,
                                 int64_t pad, int64_t dilation) {
  const int64_t extent = dilation * (kernel - 1) + 1, end = in + pad;
  // In ceil_mode there is another window if the one before leaves pixels, unless it starts past
  // the input.
  const auto exists = [&](int64_t start) {
    return p.ceil_mode ? start - stride + extent < end && start < in : start + extent <= end;
  };
  std::vector<Taps> all;
  for (int64_t start = -pad; exists(start); start += stride) {
    Taps t;
    t.start = start;
    while (t.start < 0) t.start += dilation;
    for (int64_t i = start; i < start + extent; i += dilation) {
      if (i >= 0 && i < in) t.inside.push_back(i);
      if (i < end) ++t.counted;
    }
    all.push_back(t);
  }
  return all;
}

struct Windows {
  explicit Windows(const PoolProblem& p)
      : h(p.adaptive
              ? AdaptiveWindows(p.ih, p.output_size.h)
              : RegularWindows(p, p.ih, p.kernel.h, p.step().h, p.padding.top(), p.dilation.h)),
        w(p.adaptive
              ? AdaptiveWindows(p.iw, p.output_size.w)
              : RegularWindows(p, p.iw, p.kernel.w, p.step().w, p.padding.left(), p.dilation.w)) {}
  std::vector<Taps> h, w;
};

// f(plane, rows, columns) for every output.
template <typename F>
void ForEachOutput(const PoolProblem& p, const F& f) {
  const Tensor x = PoolInput(InLayout(p, Layout::kNchw));
  const Windows windows(p);
  for (int64_t plane = 0; plane < p.mb * p.c; ++plane) {
    for (const Taps& h : windows.h) {
      for (const Taps& w : windows.w) f(x.data() + plane * p.ih * p.iw, h, w);
    }
  }
}

double DivisorOf(const PoolProblem& p, const Taps& rows, const Taps& columns) {
  if (p.divisor_override) return static_cast<double>(*p.divisor_override);
  if (p.count_include_pad) return static_cast<double>(rows.counted * columns.counted);
  return static_cast<double>(rows.inside.size() * columns.inside.size());
}

}  // namespace

bool IsPossible(const PoolProblem& p) {
  if (p.ih < 1 || p.iw < 1 || p.divisor_override == 0) return false;
  if (p.adaptive) {
    const auto is_size = [](int64_t out) {
      return out >= 1 || out == AdaptivePool2dOptions::kAsInput;
    };
    return is_size(p.output_size.h) && is_size(p.output_size.w);
  }
  const auto is_window = [](int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
    return kernel >= 1 && stride >= 1 && dilation >= 1 && pad >= 0 && pad <= kernel / 2;
  };
  const Size2 stride = p.step();
  if (!is_window(p.kernel.h, stride.h, p.padding.top(), p.dilation.h)) return false;
  if (!is_window(p.kernel.w, stride.w, p.padding.left(), p.dilation.w)) return false;
  const Windows windows(p);
  return !windows.h.empty() && !windows.w.empty();
}

Shape OutputOf(const PoolProblem& p) {
  const Windows windows(p);
  return Shape(p.mb, p.c, std::ssize(windows.h), std::ssize(windows.w));
}

std::vector<Maximum> ExactMaxima(const PoolProblem& p) {
  std::vector<Maximum> all;
  ForEachOutput(p, [&](const float* plane, const Taps& rows, const Taps& columns) {
    float max = -std::numeric_limits<float>::infinity();
    int64_t index = -1;
    for (const int64_t h : rows.inside) {
      for (const int64_t w : columns.inside) {
        const float v = plane[h * p.iw + w];
        if (index < 0 || std::isnan(v) || v > max) max = v, index = h * p.iw + w;
      }
    }
    const uint32_t bits = std::isnan(max) ? 0x7FC00000u : std::bit_cast<uint32_t>(max);
    all.push_back({bits, index, rows.start * p.iw + columns.start});
  });
  return all;
}

std::vector<Bounded> ExactAverages(const PoolProblem& p) {
  std::vector<Bounded> all;
  ForEachOutput(p, [&](const float* plane, const Taps& rows, const Taps& columns) {
    double sum = 0, magnitude = 0;
    for (const int64_t h : rows.inside) {
      for (const int64_t w : columns.inside) {
        const double v = plane[h * p.iw + w];
        sum += v;
        magnitude += std::abs(v);
      }
    }
    const auto taps = static_cast<double>(rows.inside.size() * columns.inside.size());
    const double divisor = DivisorOf(p, rows, columns);
    // Each of the sums, the divisor and the quotient rounds by at most half a unit, 2^-24.
    all.push_back({sum / divisor, 1.01 * (taps + 2) * 0x1p-24 * magnitude / std::abs(divisor)});
  });
  return all;
}

std::vector<Bounded> ExactPoolGradient(const PoolProblem& p, const std::vector<float>& dy) {
  struct Sum {
    double value = 0, magnitude = 0;
    int64_t terms = 0;
    void Add(double term) { value += term, magnitude += std::abs(term), ++terms; }
  };
  std::vector<Sum> sums(static_cast<size_t>(p.input().elements()));
  if (p.average()) {
    const auto outputs = static_cast<size_t>(OutputOf(p).h() * OutputOf(p).w());
    size_t i = 0;
    ForEachOutput(p, [&](const float*, const Taps& rows, const Taps& columns) {
      Sum* const plane = sums.data() + static_cast<int64_t>(i / outputs) * p.ih * p.iw;
      const double term = dy[i++] / DivisorOf(p, rows, columns);
      for (const int64_t h : rows.inside) {
        for (const int64_t w : columns.inside) plane[h * p.iw + w].Add(term);
      }
    });
  } else {
    const std::vector<Maximum> maxima = ExactMaxima(p);
    const auto outputs = static_cast<int64_t>(maxima.size()) / std::max<int64_t>(p.mb * p.c, 1);
    for (int64_t i = 0; i < std::ssize(maxima); ++i) {
      const int64_t index = maxima[static_cast<size_t>(i)].index;
      if (index < 0) continue;
      sums[static_cast<size_t>(i / outputs * p.ih * p.iw + index)].Add(dy[static_cast<size_t>(i)]);
    }
  }
  std::vector<Bounded> all;
  for (const Sum& s : sums) {
    // Each sum, a divisor and a quotient round by at most half a unit, 2^-24.
    const auto roundings = static_cast<double>(s.terms + 2);
    all.push_back({s.value, 1.01 * roundings * 0x1p-24 * s.magnitude + roundings * 0x1p-149});
  }
  return all;
}

}  // namespace windrow::test
