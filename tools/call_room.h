// Where the self-test calls the library: in memory between inaccessible pages, and with a look at
// what a call leaves behind in the thread's floating-point state.
#ifndef WINDROW_TOOLS_CALL_ROOM_H_
#define WINDROW_TOOLS_CALL_ROOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "problems/guarded_buffer.h"
#include "windrow/tensor.h"

namespace windrow::tool {

class CallRoom {
 public:
  enum Slot : size_t { kX, kY, kResidual, kIndices, kGradient, kWeights, kBias, kWorkspace };

  // With one thread all of a call happens on the thread that looks; 0 is as many as there are.
  explicit CallRoom(int threads, bool guards = true) : threads_(threads), guards_(guards) {}

  // Which end of what is taken next lies at an inaccessible page.
  void SetEdge(problems::Edge edge) { edge_ = guards_ ? edge : problems::Edge::kStart; }

  // Full of a NaN. What the slot gave before is gone.
  TensorView Take(Slot slot, const Shape& shape, Layout layout);
  TensorView Take(Slot slot, const Tensor& copied, Layout layout);
  std::span<float> TakeFloats(Slot slot, int64_t count);
  IndexView TakeIndices(const Shape& shape, Layout layout);
  // Empty with several threads: they then have the object's own.
  std::span<std::byte> TakeWorkspace(const std::function<size_t(int threads)>& bytes);

  // Clang computes lanes that nobody asked for: it divides two floats as a vector with 0 / 0 beside
  // them. Told not to (-ffp-exception-behavior=maytrap), it makes kernels that take up to 1.8 times
  // as long.
#ifdef __clang__
  static constexpr bool kFlagsAreExact = false;
#else
  static constexpr bool kFlagsAreExact = true;
#endif

  // Calls it; `finite`: neither its data nor its sums have a NaN or an infinity, so that it may not
  // raise the invalid-operation flag.
  void Call(bool finite, const std::function<void()>& call);

  // What the calls since the last time left behind; "" if nothing.
  std::string TakeComplaint();

 private:
  // So much may be read past the end where there are no guards.
  template <typename T>
  std::span<T> TakeGuarded(Slot slot, int64_t count) {
    constexpr int64_t kSlack = 64;
    const int64_t taken = guards_ ? count : count + kSlack;
    return buffers_[slot].Take<T>(taken, edge_).first(static_cast<size_t>(count));
  }

  int threads_;
  bool guards_;
  problems::Edge edge_ = problems::Edge::kEnd;
  std::array<problems::GuardedBuffer, 8> buffers_;
  std::string complaint_;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CALL_ROOM_H_
