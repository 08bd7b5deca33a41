#include "tools/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace windrow::tool {
namespace {

void ExpectDone(int ok) {
  if (ok != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

template <typename Unsigned, typename T>
std::vector<uint8_t> BytesOf(std::span<const T> values) {
  std::vector<uint8_t> bytes;
  bytes.reserve(values.size() * sizeof(T));
  for (const T value : values) {
    const auto bits = std::bit_cast<Unsigned>(value);
    for (size_t byte = 0; byte < sizeof(T); ++byte) {
      bytes.push_back(static_cast<uint8_t>(bits >> 8 * byte & 255));
    }
  }
  return bytes;
}

}  // namespace

Digest::Digest() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  ExpectDone(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Digest::Add(std::span<const float> values) {
  const std::vector<uint8_t> bytes = BytesOf<uint32_t>(values);
  ExpectDone(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

void Digest::Add(std::span<const int64_t> values) {
  const std::vector<uint8_t> bytes = BytesOf<uint64_t>(values);
  ExpectDone(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

void Digest::Add(const ConstTensorView& tensor) {
  Tensor ordered(tensor.shape(), Layout::kNchw);
  Copy(tensor, ordered);
  const auto count = static_cast<size_t>(ordered.shape().elements());
  Add(std::span<const float>(ordered.data(), count));
}

std::string Digest::Finish() {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  ExpectDone(EVP_DigestFinal_ex(context_.get(), hash, &size));
  return fmt::format("{:02x}", fmt::join(hash, hash + size, ""));
}

}  // namespace windrow::tool
