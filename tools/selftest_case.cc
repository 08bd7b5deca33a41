#include "tools/selftest_case.h"

#include <bit>

namespace windrow::tool {

const char* ToString(Operation op) {
  static constexpr const char* kNames[] = {"conv", "pool", "gradient", "pool-gradient", "train"};
  return kNames[static_cast<size_t>(op)];
}

bool HasClasses(Operation op) {
  return op != Operation::kPooling && op != Operation::kPoolGradient;
}

void Add(const Output& output, Digest& digest) {
  digest.Add(output.y);
  digest.Add(std::span<const int64_t>(output.indices));
}

uint64_t HashOf(const Output& output) {
  uint64_t hash = 0xCBF29CE484222325u;
  const auto add = [&](uint64_t word) {  // one to one in the hash and in the word
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  };
  const int64_t count = output.y.shape().elements();
  for (int64_t i = 0; i < count; ++i) add(std::bit_cast<uint32_t>(output.y.data()[i]));
  for (const int64_t index : output.indices) add(static_cast<uint64_t>(index));
  return hash;
}

const Subject& SubjectOf(Operation op) {
  switch (op) {
    case Operation::kConvolution:
      return ConvolutionSubject();
    case Operation::kPooling:
      return PoolingSubject();
    case Operation::kGradient:
      return GradientSubject();
    case Operation::kPoolGradient:
      return PoolGradientSubject();
    case Operation::kTraining:
      break;
  }
  return TrainingSubject();
}

}  // namespace windrow::tool
