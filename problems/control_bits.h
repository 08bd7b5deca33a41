// The floating-point control state of a thread: whether denormals are flushed to zero.
#ifndef WINDROW_PROBLEMS_CONTROL_BITS_H_
#define WINDROW_PROBLEMS_CONTROL_BITS_H_

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace windrow::problems {

#if defined(__SSE2__)
inline constexpr bool kCanFlush = true;
inline constexpr uint32_t kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
inline uint32_t ControlBits() { return _mm_getcsr() & ~0x3Fu; }  // all but the sticky exceptions
inline void SetControlBits(uint32_t bits) { _mm_setcsr(bits); }
#elif defined(__aarch64__)
inline constexpr bool kCanFlush = true;
inline constexpr uint32_t kFlushToZero = 1u << 24, kDenormalsAreZero = 1u << 24;  // FZ does both
inline uint32_t ControlBits() {
  uint64_t fpcr;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return static_cast<uint32_t>(fpcr);
}
inline void SetControlBits(uint32_t bits) {
  asm volatile("msr fpcr, %0" : : "r"(uint64_t{bits}) : "memory");
}
#else
inline constexpr bool kCanFlush = false;
inline constexpr uint32_t kFlushToZero = 0, kDenormalsAreZero = 0;
inline uint32_t ControlBits() { return 0; }
inline void SetControlBits(uint32_t) {}
#endif

// The calling thread's state with these bits added, until the end of a scope.
class ScopedControlBits {
 public:
  explicit ScopedControlBits(uint32_t more) : before_(ControlBits()) {
    SetControlBits(before_ | more);
  }
  ~ScopedControlBits() { SetControlBits(before_); }
  ScopedControlBits(const ScopedControlBits&) = delete;
  ScopedControlBits& operator=(const ScopedControlBits&) = delete;

 private:
  uint32_t before_;
};

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_CONTROL_BITS_H_
