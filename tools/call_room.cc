#include "tools/call_room.h"

#include <fmt/format.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cfenv>
#include <utility>

#include "problems/control_bits.h"

namespace windrow::tool {

TensorView CallRoom::Take(Slot slot, const Shape& shape, Layout layout) {
  return {TakeFloats(slot, shape.elements()).data(), shape, layout};
}

TensorView CallRoom::Take(Slot slot, const Tensor& copied, Layout layout) {
  const TensorView view = Take(slot, copied.shape(), layout);
  Copy(copied, view);
  return view;
}

std::span<float> CallRoom::TakeFloats(Slot slot, int64_t count) {
  return TakeGuarded<float>(slot, count);
}

IndexView CallRoom::TakeIndices(const Shape& shape, Layout layout) {
  return {TakeGuarded<int64_t>(kIndices, shape.elements()).data(), shape, layout};
}

std::span<std::byte> CallRoom::TakeWorkspace(const std::function<size_t(int threads)>& bytes) {
  if (threads_ != 1) return {};
  const auto floats = static_cast<int64_t>(bytes(1) / sizeof(float));
  const std::span<float> workspace = TakeFloats(kWorkspace, floats);
  // A signalling NaN: a lane that is computed from what lies there raises a flag, though dropped.
  std::fill(workspace.begin(), workspace.end(), std::bit_cast<float>(0x7FA00000u));
  return std::as_writable_bytes(workspace);
}

void CallRoom::Call(bool finite, const std::function<void()>& call) {
  const uint32_t bits = problems::ControlBits();
  const int rounding = std::fegetround();
  const auto watched = [&] {
    std::feclearexcept(FE_INVALID);
    call();
    if (kFlagsAreExact && finite && std::fetestexcept(FE_INVALID) != 0) {
      complaint_ = "raised the invalid-operation flag on finite data";
    }
  };
  if (threads_ == 1) {
    tbb::task_arena(1).execute(watched);
  } else {
    call();
  }
  if (problems::ControlBits() != bits || std::fegetround() != rounding) {
    complaint_ = fmt::format("left the floating-point control bits {:08x}, which were {:08x}",
                             problems::ControlBits(), bits);
    problems::SetControlBits(bits);
    std::fesetround(rounding);
  }
}

std::string CallRoom::TakeComplaint() { return std::exchange(complaint_, ""); }

}  // namespace windrow::tool
