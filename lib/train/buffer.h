// Memory for what is computed anew in every pass. It only grows, so that a smaller batch after a
// larger one allocates nothing.
#ifndef WINDROW_LIB_TRAIN_BUFFER_H_
#define WINDROW_LIB_TRAIN_BUFFER_H_

#include <cstdint>

#include "lib/base/aligned.h"
#include "windrow/tensor.h"

namespace windrow::internal {

template <typename T>
class BasicBuffer {
 public:
  // A tensor in it, with any numbers; the one before is gone.
  View<T> Take(const Shape& shape, Layout layout) {
    if (shape.elements() > size_) {
      memory_.reset();
      size_ = 0;
      memory_.reset(AllocateArray<T>(shape.elements()));
      size_ = shape.elements();
    }
    return View<T>(memory_.get(), shape, layout);
  }

 private:
  AlignedArray<T> memory_;
  int64_t size_ = 0;
};

using Buffer = BasicBuffer<float>;
using IndexBuffer = BasicBuffer<int64_t>;

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_BUFFER_H_
