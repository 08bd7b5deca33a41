// One-dimensional convolution and transposed convolution, with the semantics of torch.nn.Conv1d and
// ConvTranspose1d: two-dimensional ones with a kernel one row high. Sequences are tensors of shape
// n x c x 1 x length; of a tensor with more rows each is a sequence of its own.
#ifndef WINDROW_CONV1D_H_
#define WINDROW_CONV1D_H_

#include <cstdint>
#include <span>
#include <string>

#include "windrow/conv2d.h"
#include "windrow/conv_transpose2d.h"
#include "windrow/export.h"
#include "windrow/tuning.h"

namespace windrow {
inline namespace v0 {

// The parameters of torch.nn.Conv1d, and six of our own; what is not said here is as in
// Conv2dOptions.
struct Conv1dOptions {
  int64_t in_channels = 0;   // must be set
  int64_t out_channels = 0;  // must be set
  int64_t kernel_size = 0;   // must be set
  int64_t stride = 1;
  Padding padding{0};  // its left and right
  int64_t dilation = 1;
  int64_t groups = 1;
  PaddingMode padding_mode = PaddingMode::kZeros;
  Epilogue epilogue = Epilogue();
  Numerics numerics = Numerics::kNative;
  std::string algorithm = "auto";
  std::string target{};
  BackwardAlgorithms backward{};
  Tuning tuning = Tuning::kEstimate;
};

class WINDROW_API Conv1d : public Conv2d {
 public:
  // weights: [out_channels][in_channels / groups][kernel_size]; bias: [out_channels] or empty.
  // Throws as Conv2d's constructor does.
  Conv1d(const Conv1dOptions& options, std::span<const float> weights,
         std::span<const float> bias = {});
};

// The parameters of torch.nn.ConvTranspose1d, and six of our own; what is not said here is as in
// ConvTranspose2dOptions.
struct ConvTranspose1dOptions {
  int64_t in_channels = 0;   // must be set
  int64_t out_channels = 0;  // must be set
  int64_t kernel_size = 0;   // must be set
  int64_t stride = 1;
  Padding padding{0};  // its left and right
  int64_t output_padding = 0;
  int64_t dilation = 1;
  int64_t groups = 1;
  Epilogue epilogue = Epilogue();
  Numerics numerics = Numerics::kNative;
  std::string algorithm = "auto";
  std::string target{};
  std::string backward_weights = "auto";
  Tuning tuning = Tuning::kEstimate;
};

class WINDROW_API ConvTranspose1d : public ConvTranspose2d {
 public:
  // weights: [in_channels][out_channels / groups][kernel_size]; bias: [out_channels] or empty.
  ConvTranspose1d(const ConvTranspose1dOptions& options, std::span<const float> weights,
                  std::span<const float> bias = {});
};

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_CONV1D_H_
