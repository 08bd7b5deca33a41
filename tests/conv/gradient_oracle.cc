#include "tests/conv/gradient_oracle.h"

#include <bit>
#include <cstdint>

#include "lib/conv/exact_fma.h"

namespace windrow::test {
namespace {

float MultiplyAddOf(bool fused, float a, float b, float acc) {
  if (fused) return internal::ExactFma(a, b, acc);
  const float product = a * b;
  return acc + product;
}

float FinishedSum(float v) {
  v += 0.0f;
  return v != v ? std::bit_cast<float>(0x7FC00000u) : v;
}

// The pixel that this position of the padded input shows, or -1.
int64_t ShownBy(PaddingMode mode, int64_t position, int64_t in) {
  if (position >= 0 && position < in) return position;
  switch (mode) {
    case PaddingMode::kZeros:
      return -1;
    case PaddingMode::kReflect:
      return position < 0 ? -position : 2 * in - 2 - position;
    case PaddingMode::kReplicate:
      return position < 0 ? 0 : in - 1;
    case PaddingMode::kCircular:
      return (position + in) % in;
  }
  return -1;
}

// Calls f(oc, ic, kh, kw) for every weight, and gives its place in PyTorch's order.
template <typename F>
void ForWeights(const Problem& p, const F& f) {
  int64_t place = 0;
  for (int64_t oc = 0; oc < p.oc; ++oc) {
    for (int64_t i = 0; i < p.ic / p.g; ++i) {
      const int64_t ic = oc / (p.oc / p.g) * (p.ic / p.g) + i;
      for (int64_t kh = 0; kh < p.kernel.h; ++kh) {
        for (int64_t kw = 0; kw < p.kernel.w; ++kw) f(oc, ic, kh, kw, place++);
      }
    }
  }
}

// PartBegins of even parts of at most `max`; the longer ones come first.
std::vector<int64_t> PartBegins(int64_t count, int64_t max) {
  const int64_t parts = count == 0 ? 1 : (count + max - 1) / max;
  std::vector<int64_t> begins{0};
  for (int64_t i = 0; i < parts; ++i) {
    begins.push_back(begins.back() + count / parts + (i < count % parts ? 1 : 0));
  }
  return begins;
}

}  // namespace

Tensor ScatteredData(const Problem& p, bool fused, std::span<const float> weights,
                     const ConstTensorView& dy) {
  const Shape out = p.output();
  const Sides high = p.vertical().pad, wide = p.horizontal().pad;
  const int64_t top = high.before, left = wide.before;
  const bool zeros = p.mode == PaddingMode::kZeros;
  Tensor dx(p.input());
  // Of padding that copies pixels, that of the copies comes first.
  Tensor padded(zeros ? p.input()
                      : Shape(p.mb, p.ic, p.ih + top + high.after, p.iw + left + wide.after));
  const auto at = [&](int64_t n, int64_t c, int64_t ph, int64_t pw) -> float* {
    if (!zeros) return &padded.view().at(n, c, ph, pw);
    const int64_t h = ph - top, w = pw - left;
    return h < 0 || h >= p.ih || w < 0 || w >= p.iw ? nullptr : &padded.view().at(n, c, h, w);
  };
  const int64_t group_in = p.ic / p.g, group_out = p.oc / p.g;
  for (int64_t n = 0; n < p.mb; ++n) {
    for (int64_t oh = 0; oh < out.h(); ++oh) {
      for (int64_t ow = 0; ow < out.w(); ++ow) {
        for (int64_t ic = 0; ic < p.ic; ++ic) {
          for (int64_t kh = 0; kh < p.kernel.h; ++kh) {
            for (int64_t kw = 0; kw < p.kernel.w; ++kw) {
              float* const to = at(n, ic, oh * p.stride.h + kh * p.dilation.h,
                                   ow * p.stride.w + kw * p.dilation.w);
              if (to == nullptr) continue;
              for (int64_t o = 0; o < group_out; ++o) {
                const int64_t oc = ic / group_in * group_out + o;
                const int64_t place =
                    ((oc * group_in + ic % group_in) * p.kernel.h + kh) * p.kernel.w + kw;
                *to = MultiplyAddOf(fused, dy.at(n, oc, oh, ow),
                                    weights[static_cast<size_t>(place)], *to);
              }
            }
          }
        }
      }
    }
  }
  float* const all = padded.data();
  for (int64_t i = 0; i < padded.shape().elements(); ++i) all[i] = FinishedSum(all[i]);
  if (zeros) return padded;
  for (int64_t n = 0; n < p.mb; ++n) {
    for (int64_t c = 0; c < p.ic; ++c) {
      for (int64_t h = 0; h < padded.shape().h(); ++h) {
        for (int64_t w = 0; w < padded.shape().w(); ++w) {
          dx.view().at(n, c, ShownBy(p.mode, h - top, p.ih), ShownBy(p.mode, w - left, p.iw)) +=
              padded.view().at(n, c, h, w);
        }
      }
    }
  }
  for (int64_t i = 0; i < dx.shape().elements(); ++i) dx.data()[i] = FinishedSum(dx.data()[i]);
  return dx;
}

WeightGradients ScatteredWeights(const Problem& p, bool fused, const ConstTensorView& x,
                                 const ConstTensorView& dy) {
  const Shape out = p.output();
  const int64_t top = p.vertical().pad.before, left = p.horizontal().pad.before;
  constexpr int64_t kChunk = 1024;
  const auto columns = PartBegins(out.w(), kChunk);
  const auto rows = PartBegins(out.h(), columns.size() > 2 ? 1 : kChunk / out.w());
  const bool parts = columns.size() > 2 || rows.size() > 2;
  const auto images = PartBegins(p.mb, parts ? 1 : kChunk / (out.h() * out.w()));
  WeightGradients sums{std::vector<float>(static_cast<size_t>(p.weights())),
                       std::vector<float>(static_cast<size_t>(p.oc))};
  const auto chunk = [&](size_t i, size_t r, size_t c) {
    WeightGradients a{std::vector<float>(sums.dw.size()), std::vector<float>(sums.db.size())};
    for (int64_t n = images[i]; n < images[i + 1]; ++n) {
      for (int64_t oh = rows[r]; oh < rows[r + 1]; ++oh) {
        for (int64_t ow = columns[c]; ow < columns[c + 1]; ++ow) {
          ForWeights(p, [&](int64_t oc, int64_t ic, int64_t kh, int64_t kw, int64_t place) {
            const int64_t h = ShownBy(p.mode, oh * p.stride.h + kh * p.dilation.h - top, p.ih);
            const int64_t w = ShownBy(p.mode, ow * p.stride.w + kw * p.dilation.w - left, p.iw);
            if (h < 0 || w < 0) return;
            float& to = a.dw[static_cast<size_t>(place)];
            to = MultiplyAddOf(fused, x.at(n, ic, h, w), dy.at(n, oc, oh, ow), to);
          });
          for (int64_t oc = 0; oc < p.oc; ++oc)
            a.db[static_cast<size_t>(oc)] += dy.at(n, oc, oh, ow);
        }
      }
    }
    const auto add = [](const std::vector<float>& from, std::vector<float>& to) {
      for (size_t k = 0; k < to.size(); ++k) to[k] = FinishedSum(to[k] + from[k]);
    };
    add(a.dw, sums.dw);
    add(a.db, sums.db);
  };
  for (size_t i = 0; i + 1 < images.size(); ++i) {
    for (size_t r = 0; r + 1 < rows.size(); ++r) {
      for (size_t c = 0; c + 1 < columns.size(); ++c) chunk(i, r, c);
    }
  }
  return sums;
}

}  // namespace windrow::test
