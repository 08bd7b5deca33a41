#include "tests/pool/oracle.h"

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "tests/support/placed.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

// The places of one direction that a window looks at, on padding or not, and how many of them an
// average divides by.
struct Line {
  std::vector<int64_t> places;
  int64_t padded = 0;    // inside the input and the padding, which ceil_mode may leave
  int64_t at_input = 0;  // inside the input
};

Line RegularLine(int64_t out, int64_t in, Sides pad, int64_t kernel, int64_t stride,
                 int64_t dilation) {
  Line line;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t place = out * stride - pad.before + k * dilation;
    line.places.push_back(place);
    line.padded += place < in + pad.after;
    line.at_input += place >= 0 && place < in;
  }
  return line;
}

// PyTorch's start_index and end_index.
Line AdaptiveLine(int64_t out, int64_t size, int64_t in) {
  const int64_t start = (out / size) * in + ((out % size) * in) / size;
  const int64_t end = 1 + ((out + 1) * in - 1) / size;
  Line line;
  for (int64_t place = start; place < end; ++place) line.places.push_back(place);
  line.padded = line.at_input = end - start;
  return line;
}

Line Rows(const PoolProblem& p, const Shape& y, int64_t oh) {
  if (p.adaptive) return AdaptiveLine(oh, y.h(), p.ih);
  return RegularLine(oh, p.ih, p.vertical().pad, p.kernel.h, p.step().h, p.dilation.h);
}

Line Columns(const PoolProblem& p, const Shape& y, int64_t ow) {
  if (p.adaptive) return AdaptiveLine(ow, y.w(), p.iw);
  return RegularLine(ow, p.iw, p.horizontal().pad, p.kernel.w, p.step().w, p.dilation.w);
}

bool Inside(const PoolProblem& p, int64_t h, int64_t w) {
  return h >= 0 && h < p.ih && w >= 0 && w < p.iw;
}

int64_t Divisor(const PoolProblem& p, const Line& rows, const Line& columns) {
  if (p.divisor_override) return *p.divisor_override;
  if (p.count_include_pad) return rows.padded * columns.padded;
  return rows.at_input * columns.at_input;
}

// Calls f(n, c, rows, columns) for each output, in logical order.
template <typename F>
void ForEachWindow(const PoolProblem& p, const F& f) {
  const Shape y = p.output();
  ForEach(y, [&](int64_t n, int64_t c, int64_t oh, int64_t ow) {
    f(n, c, Rows(p, y, oh), Columns(p, y, ow));
  });
}

float Canonical(float v) {
  if (!std::isnan(v)) return v;
  const uint32_t canonical = 0x7FC00000u;
  std::memcpy(&v, &canonical, sizeof(v));
  return v;
}

// As max_pool2d's loop: the index is first that of the first tap, and then that of each that is
// larger or NaN.
float MaxOf(const PoolProblem& p, const Line& rows, const Line& columns, int64_t& index,
            const auto& x) {
  float max = -std::numeric_limits<float>::infinity();
  index = -1;
  for (const int64_t h : rows.places) {
    for (const int64_t w : columns.places) {
      if (!Inside(p, h, w)) continue;
      if (index == -1) index = h * p.iw + w;
      const float v = x(h, w);
      if (v > max || std::isnan(v)) {
        max = v;
        index = h * p.iw + w;
      }
    }
  }
  return Canonical(max);
}

// In parts of 64.
float SumOf(const std::vector<float>& terms) {
  std::vector<float> parts;
  for (size_t i = 0; i < terms.size(); ++i) {
    if (i % 64 == 0) parts.push_back(0.0f);
    parts.back() = parts.back() + terms[i];
  }
  float sum = 0.0f;
  for (const float part : parts) sum = sum + part;
  return sum;
}

// Padding is zeros here, which must change nothing.
float AverageOf(const PoolProblem& p, const Line& rows, const Line& columns, const auto& x) {
  std::vector<float> sums;
  for (const int64_t h : rows.places) {
    std::vector<float> row;
    for (const int64_t w : columns.places) row.push_back(Inside(p, h, w) ? x(h, w) : 0.0f);
    sums.push_back(SumOf(row));
  }
  return Canonical(SumOf(sums) / static_cast<float>(Divisor(p, rows, columns)));
}

// How often each term of a sum of so many may be rounded.
double Roundings(size_t terms) {
  return static_cast<double>(terms <= 64 ? terms : 64 + terms / 64 + 1);
}

Tensor Image(const PoolProblem& p) {
  Tensor image(p.input());
  Fill(image.view(), Role::kInput, p.values);
  return image;
}

}  // namespace

PoolOutputs PoolOracle(const PoolProblem& p) {
  const Tensor image = Image(p);
  PoolOutputs outputs{Tensor(p.output()), {}};
  float* y = outputs.y.data();
  ForEachWindow(p, [&](int64_t n, int64_t c, const Line& rows, const Line& columns) {
    const auto x = [&](int64_t h, int64_t w) { return image.at(n, c, h, w); };
    int64_t index = 0;
    const float result =
        p.average() ? AverageOf(p, rows, columns, x) : MaxOf(p, rows, columns, index, x);
    std::memcpy(y++, &result, sizeof(result));
    if (p.indices()) outputs.indices.push_back(index);
  });
  return outputs;
}

// Each row of outputs adds to an image of its own, and that to dx.
Tensor PoolGradientOracle(const PoolProblem& p, const Tensor& dy,
                          const std::vector<int64_t>& indices) {
  Tensor dx(p.input());
  const Shape& y = dy.shape();
  std::vector<float> image(static_cast<size_t>(p.ih * p.iw), 0.0f);
  const auto at = [&](int64_t h, int64_t w) -> float& {
    return image[static_cast<size_t>(h * p.iw + w)];
  };
  int64_t next = 0;
  for (int64_t row = 0; row < y.n() * y.c() * y.h(); ++row) {
    const int64_t n = row / y.h() / y.c(), c = row / y.h() % y.c(), oh = row % y.h();
    const Line rows = Rows(p, y, oh);
    for (int64_t ow = 0; ow < y.w(); ++ow, ++next) {
      const Line columns = Columns(p, y, ow);
      const float v = dy.data()[next];
      for (const int64_t h : rows.places) {
        for (const int64_t w : columns.places) {
          if (!Inside(p, h, w)) continue;
          if (p.average()) {
            at(h, w) += v / static_cast<float>(Divisor(p, rows, columns));
          } else if (indices[static_cast<size_t>(next)] == h * p.iw + w) {
            at(h, w) += v;
          }
        }
      }
    }
    for (const int64_t h : rows.places) {
      for (int64_t w = 0; w < p.iw && h >= 0 && h < p.ih; ++w) {
        dx.at(n, c, h, w) += std::exchange(at(h, w), 0.0f);
      }
    }
  }
  for (int64_t i = 0; i < dx.shape().elements(); ++i) dx.data()[i] = Canonical(dx.data()[i]);
  return dx;
}

std::vector<Bounded> PoolOracleDouble(const PoolProblem& p) {
  const Tensor image = Image(p);
  std::vector<Bounded> all;
  ForEachWindow(p, [&](int64_t n, int64_t c, const Line& rows, const Line& columns) {
    double sum = 0, magnitude = 0;
    for (const int64_t h : rows.places) {
      for (const int64_t w : columns.places) {
        if (!Inside(p, h, w)) continue;
        sum += static_cast<double>(image.at(n, c, h, w));
        magnitude += std::abs(static_cast<double>(image.at(n, c, h, w)));
      }
    }
    const auto divisor = static_cast<double>(Divisor(p, rows, columns));
    // A sum of so many, row by row, then the division and the divisor itself: each rounds by at
    // most half a unit in the last place, 2^-24, or half a denormal.
    const double roundings = Roundings(rows.places.size()) + Roundings(columns.places.size()) + 2;
    all.push_back(
        {sum / divisor, 1.01 * roundings * 0x1p-24 * magnitude / std::abs(divisor) + 0x1p-149});
  });
  return all;
}

}  // namespace windrow::test
