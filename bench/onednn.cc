// Memory, execution and results of oneDNN.
#include "bench/onednn.h"

#include <utility>

namespace windrow::bench::onednn {

const dnnl::engine& Cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc Describe(const memory::dims& dims, Tag tag) {
  return memory::desc(dims, memory::data_type::f32, tag);
}

memory::dims Dims(const Shape& s) { return {s.n(), s.c(), s.h(), s.w()}; }

memory Reordered(const memory::desc& from, const float* values, const memory::desc& to) {
  memory source(from, Cpu(), const_cast<float*>(values));  // only read
  memory target(to, Cpu());
  dnnl::stream stream(Cpu());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

Operation::Operation(const Shape& output, const dnnl::primitive& primitive,
                     std::unordered_map<int, memory> arguments)
    : Operation(output, primitive, std::move(arguments), DNNL_ARG_DST,
                Describe(Dims(output), Tag::nchw)) {}

Operation::Operation(const Shape& output, const dnnl::primitive& primitive,
                     std::unordered_map<int, memory> arguments, int result, memory::desc plain)
    : output_(output),
      result_(result),
      plain_(std::move(plain)),
      stream_(Cpu()),
      primitive_(primitive),
      arguments_(std::move(arguments)) {}

void Operation::Run() {
  primitive_.execute(stream_, arguments_);
  stream_.wait();
}

Tensor Operation::Output() const {
  Tensor result(output_, Layout::kNchw);
  memory source = arguments_.at(result_), target(plain_, Cpu(), result.data());
  dnnl::stream stream(Cpu());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return result;
}

std::unique_ptr<PeerOperation> IfThereIsOne(
    const std::function<std::unique_ptr<PeerOperation>()>& make) {
  try {
    return make();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_unimplemented) return nullptr;
    throw;
  }
}

}  // namespace windrow::bench::onednn
