// A SIMD target an object is bound to.
#ifndef WINDROW_LIB_SIMD_TARGET_H_
#define WINDROW_LIB_SIMD_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace windrow::internal {

struct Target {
  int64_t bit;  // Highway's HWY_* constant
  std::string name;
  size_t index;  // into the tables of HWY_EXPORT
  bool fused;    // class F
  int lanes;
};

// The target of this name, or the active one for "". Throws std::invalid_argument, naming the
// usable targets and the missing CPU feature, if there is none.
Target FindTarget(std::string_view name);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_SIMD_TARGET_H_
