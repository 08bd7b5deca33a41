#include "tests/pytorch/pool_problem.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "tests/support/values.h"

namespace windrow::test {
namespace {

constexpr const char* kKinds[] = {"max", "avg", "adaptive_max", "adaptive_avg"};
constexpr const char* kData[] = {"finite", "ties", "zeros", "special", "low"};

// Of all kinds of data but the first.
constexpr std::array<uint32_t, 16> kTables[] = {
    {0xC0000000, 0xBF800000, 0xBF800000, 0x80000000, 0x00000000, 0x3F000000, 0x3F000000, 0x3F800000,
     0x3F800000, 0x3F800000, 0x40000000, 0x40000000, 0x40000000, 0x40400000, 0x40400000,
     0x40400000},
    {0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x00000000, 0x00000000, 0x00000000,
     0x00000000, 0xBF800000, 0xBF800000, 0xBF800000, 0xBF800000, 0xC0000000, 0xC0000000,
     0x80000000},
    {0x7FC00000, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0xFF800000, 0x80000000, 0x00000000,
     0x3F800000, 0x3F800000, 0xBF800000, 0x40000000, 0x40490FDB, 0xC0490FDB, 0x3DCCCCCD,
     0x41200000},
    {0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000,
     0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFFC00000, 0xF149F2CA,
     0x80000000},
};

uint32_t InputBits(PytorchPoolData data, int64_t index) {
  if (data == PytorchPoolData::kFinite) return ValueBits(Role::kInput, Values::kFinite, index);
  const uint64_t bits = Mix(static_cast<uint64_t>(index) * 4);
  return kTables[static_cast<size_t>(data) - 1][(bits >> 40) % 16];
}

template <typename T, size_t N>
T OneOf(const char* const (&names)[N], const std::string& name) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) throw std::runtime_error("not a pooling: \"" + name + '"');
  return static_cast<T>(found - std::begin(names));
}

std::string FirstWord(const std::string& line) { return line.substr(0, line.find(' ')); }

void ParseProblem(PytorchPool& p) {
  const std::string kind = FirstWord(p.text);
  p.kind = OneOf<PytorchPoolKind>(kKinds, kind);
  Attributes a(p.text.substr(kind.size()));
  p.mb = a.Number("mb", "1"), p.c = a.Number("c", "");
  p.ih = a.Number("ih", ""), p.iw = a.Number("iw", "");
  if (p.adaptive()) {
    p.out = a.Pair("out", "");
  } else {
    p.kernel = a.Pair("k", ""), p.padding = a.Pair("p", "0");
    if (a.Has("s")) p.stride = a.Pair("s", "");
    p.dilation = a.Pair("d", "1");
  }
  p.ceil_mode = a.Flag("ceil");
  p.count_include_pad = !a.Flag("exclude");
  if (a.Has("divisor")) p.divisor = a.Number("divisor", "");
  p.return_indices = a.Flag("indices");
  for (const char* name : kData) {
    if (a.Flag(name)) p.data = OneOf<PytorchPoolData>(kData, name);
  }
  p.nhwc = a.Flag("nhwc");
  a.ExpectNone();
}

}  // namespace

bool IsPytorchPool(const std::string& line) {
  return std::find(std::begin(kKinds), std::end(kKinds), FirstWord(line)) != std::end(kKinds);
}

PytorchPool ParsePytorchPool(const std::string& line) {
  PytorchPool p;
  ParseLine(line, p, [&] { ParseProblem(p); });
  return p;
}

AnyPooling MakePooling(const PytorchPool& p, const std::string& target,
                       const std::string& algorithm) {
  const AdaptivePool2dOptions adaptive{p.out, algorithm, target};
  const Padding padding(p.padding.h, p.padding.w);
  switch (p.kind) {
    case PytorchPoolKind::kMax:
      return MaxPool2d({p.kernel, p.stride.value_or(Size2(0)), padding, p.dilation, p.ceil_mode,
                        algorithm, target});
    case PytorchPoolKind::kAvg:
      return AvgPool2d({p.kernel, p.stride.value_or(Size2(0)), padding, p.ceil_mode,
                        p.count_include_pad, p.divisor, Size2(1), algorithm, target});
    case PytorchPoolKind::kAdaptiveMax:
      return AdaptiveMaxPool2d(adaptive);
    case PytorchPoolKind::kAdaptiveAvg:
      break;
  }
  return AdaptiveAvgPool2d(adaptive);
}

Tensor PytorchPoolInput(const PytorchPool& p, Layout layout) {
  Tensor x(Shape(p.mb, p.c, p.ih, p.iw));
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const uint32_t bits = InputBits(p.data, i);
    std::memcpy(x.data() + i, &bits, sizeof(bits));
  }
  if (layout == x.layout()) return x;
  Tensor other(x.shape(), layout);
  Copy(x, other);
  return other;
}

}  // namespace windrow::test
