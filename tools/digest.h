// SHA-256 of floats and integers: their bits, least significant byte first, whatever the machine.
#ifndef WINDROW_TOOLS_DIGEST_H_
#define WINDROW_TOOLS_DIGEST_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "windrow/tensor.h"

struct evp_md_ctx_st;

namespace windrow::tool {

class Digest {
 public:
  Digest();
  void Add(std::span<const float> values);
  void Add(std::span<const int64_t> values);
  // The elements in logical order (n, c, h, w), whatever the layout.
  void Add(const ConstTensorView& tensor);
  // 64 hexadecimal digits; nothing can be added afterwards.
  std::string Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_DIGEST_H_
