// XNNPACK as a peer: one f32 convolution operator in NHWC, weights packed when it is created, set
// up once, run by a thread pool of its own.
//
// One input and one output channel a group are enough for its depthwise kernels. The flag
// XNN_FLAG_DEPTHWISE_CONVOLUTION only says that weights come as [kh][kw][channel].
#include <pthreadpool.h>
#include <xnnpack.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/peer.h"

namespace windrow::bench {
namespace {

struct Delete {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
  void operator()(pthreadpool_t pool) const { pthreadpool_destroy(pool); }
};
using Operator = std::unique_ptr<xnn_operator, Delete>;
using Pool = std::unique_ptr<pthreadpool, Delete>;

int pool_threads = 1;  // of operators made from now on

void Require(xnn_status status, const char* step) {
  if (status == xnn_status_success) return;
  throw std::runtime_error(std::string("XNNPACK: ") + step + " ends with status " +
                           std::to_string(status));
}

// Null if XNNPACK cannot do this layer.
Operator Create(const Layer& layer, const Operands& operands) {
  const ConvProblem& p = layer.problem;
  const int64_t group_inputs = p.ic / p.g;
  // XNNPACK takes weights as [out][kh][kw][in], for groups too.
  const Tensor weights(Shape(p.oc, group_inputs, p.kernel.h, p.kernel.w), operands.weights,
                       Layout::kNhwc);
  const auto u32 = [](int64_t value) { return static_cast<uint32_t>(value); };
  const auto size = [](int64_t value) { return static_cast<size_t>(value); };
  xnn_operator_t op = nullptr;
  const xnn_status status = xnn_create_convolution2d_nhwc_f32(
      u32(p.padding.top()), u32(p.padding.right()), u32(p.padding.bottom()), u32(p.padding.left()),
      u32(p.kernel.h), u32(p.kernel.w), u32(p.stride.h), u32(p.stride.w), u32(p.dilation.h),
      u32(p.dilation.w), u32(p.g), size(group_inputs), size(p.oc / p.g), size(p.ic), size(p.oc),
      weights.data(), operands.bias.data(), -INFINITY, INFINITY, /*flags=*/0, &op);
  if (status == xnn_status_unsupported_parameter || status == xnn_status_unsupported_hardware) {
    return nullptr;
  }
  Require(status, "xnn_create_convolution2d_nhwc_f32");
  return Operator(op);
}

class XnnpackConvolution : public PeerOperation {
 public:
  XnnpackConvolution(const Layer& layer, const Tensor& x, Operator op)
      : x_(Shape(1, 1, 1, x.shape().elements() + kExtra)),
        y_(layer.problem.output(), Layout::kNhwc),
        pool_(pool_threads > 1 ? pthreadpool_create(static_cast<size_t>(pool_threads)) : nullptr),
        op_(std::move(op)) {
    if (pool_threads > 1 && pool_ == nullptr) throw std::runtime_error("XNNPACK: no thread pool");
    const Shape& s = x.shape();
    Copy(x, TensorView(x_.data(), s, Layout::kNhwc));
    Require(xnn_setup_convolution2d_nhwc_f32(op_.get(), static_cast<size_t>(s.n()),
                                             static_cast<size_t>(s.h()), static_cast<size_t>(s.w()),
                                             x_.data(), y_.data(), pool_.get()),
            "xnn_setup_convolution2d_nhwc_f32");
  }

  void Run() override { Require(xnn_run_operator(op_.get(), pool_.get()), "xnn_run_operator"); }

  Tensor Output() const override {
    Tensor result(y_.shape(), Layout::kNchw);
    Copy(y_, result);
    return result;
  }

 private:
  // XNNPACK may read so much beyond the input's end.
  static constexpr int64_t kExtra = XNN_EXTRA_BYTES / sizeof(float);

  Tensor x_, y_;
  Pool pool_;  // none: the calling thread works alone
  Operator op_;
};

std::unique_ptr<PeerOperation> MakeXnnpack(const Layer& layer, const Operands& operands) {
  static const xnn_status ready = xnn_initialize(nullptr);
  if (ready == xnn_status_unsupported_hardware) return nullptr;
  Require(ready, "xnn_initialize");
  Operator op = Create(layer, operands);
  if (op == nullptr) return nullptr;
  return std::make_unique<XnnpackConvolution>(layer, operands.x, std::move(op));
}

}  // namespace

Peer XnnpackPeer() {
  return {"xnnpack",
          WINDROW_BENCH_XNNPACK,
          [](int threads) { pool_threads = threads; },
          {{"xnnpack_nhwc", {Layout::kNhwc}, MakeXnnpack}}};
}

}  // namespace windrow::bench
