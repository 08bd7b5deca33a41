#include "tests/kernels/fixture.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "lib/base/error.h"
#include "lib/conv/exact_fma.h"

namespace windrow::test {

void Fixture::Begin(uint64_t seed) {
  random_ = Generator(seed);
  values_ = Values::kPlain;
  next_value_ = random_.Between(0, 1 << 20);
  any_nan_ = false;
  taken_ = 0;
  outputs_.clear();
  complaint_.clear();
}

void Fixture::BeginTest(uint64_t seed) {
  benchmark_ = false;
  Begin(seed);
  values_ = static_cast<Values>(random_.Between(0, static_cast<int64_t>(Values::kLow)));
}

void Fixture::BeginBenchmark() {
  benchmark_ = true;
  Begin(0);
}

float* Fixture::Input(int64_t count, Role role) {
  const std::span<float> to = Take<float>(count);
  for (float& v : to) {
    const uint32_t bits = ValueBits(role, values_, next_value_++);
    std::memcpy(&v, &bits, sizeof(bits));
  }
  return to.data();
}

float* Fixture::Output(int64_t count, Role role) {
  return Write(std::span(Input(count, role), static_cast<size_t>(count)));
}

std::byte* Fixture::ExpectedBytes(const std::byte* at) {
  for (Written& w : outputs_) {
    const auto offset = static_cast<size_t>(at - w.memory.data());
    if (offset < w.memory.size()) return w.expected.data() + offset;
  }
  throw std::logic_error("the reference writes where no output is");
}

float Fixture::MultiplyAdd(float a, float b, float sum) const {
  if (fused_) return internal::ExactFma(a, b, sum);
  const float product = a * b;
  return sum + product;
}

std::string Fixture::Difference() const {
  if (!complaint_.empty()) return complaint_;
  for (size_t output = 0; output < outputs_.size(); ++output) {
    const Written& w = outputs_[output];
    if (std::memcmp(w.memory.data(), w.expected.data(), w.memory.size()) == 0) continue;
    for (size_t at = 0; at < w.memory.size(); at += sizeof(float)) {
      float is, should;
      std::memcpy(&is, w.memory.data() + at, sizeof(is));
      std::memcpy(&should, w.expected.data() + at, sizeof(should));
      const auto bits = std::bit_cast<uint32_t>(is), right = std::bit_cast<uint32_t>(should);
      if (bits == right || (any_nan_ && std::isnan(is) && std::isnan(should))) continue;
      return internal::StrCat("byte ", at, " of ", w.memory.size(), " of output ", output, " is ",
                              is, " (bits ", bits, "), not ", should, " (bits ", right, ")");
    }
  }
  return "";
}

void Fixture::Break(bool last) {
  (last ? outputs_.back() : outputs_.front()).memory[0] ^= std::byte{1};  // little-endian
}

}  // namespace windrow::test
