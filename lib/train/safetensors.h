// The safetensors format: the length of a header (8 bytes, least significant first), the header in
// JSON, and the tensors' bytes one after the other without gaps.
//
//   {"__metadata__":{"step":"7"},"0.bias":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}, ...}
#ifndef WINDROW_LIB_TRAIN_SAFETENSORS_H_
#define WINDROW_LIB_TRAIN_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "windrow/tensor.h"

namespace windrow::internal {

struct StoredTensor {
  std::string dtype{};  // "F32"
  std::vector<int64_t> shape{};
  std::string_view bytes{};
};

struct TensorFile {
  std::map<std::string, std::string> metadata{};
  std::map<std::string, StoredTensor> tensors{};
};

// Throws std::runtime_error, beginning with the file's name, for anything that is not exactly of
// this format. What is returned refers to `bytes`.
TensorFile ParseSafetensors(std::string_view bytes, const std::string& file);

// A tensor that is stored as F32.
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  Tensor* tensor;  // nchw
};
std::string ToSafetensors(std::span<const NamedTensor> tensors,
                          const std::map<std::string, std::string>& metadata);

// The floats of a stored tensor of F32, to as many places.
void CopyFloats(std::string_view bytes, float* to);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_SAFETENSORS_H_
