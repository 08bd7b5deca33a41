// Another CPU than this one, as far as planning looks at it.
#ifndef WINDROW_TESTS_SUPPORT_USE_MACHINE_H_
#define WINDROW_TESTS_SUPPORT_USE_MACHINE_H_

#include <cstdint>

#include "lib/base/machine.h"

namespace windrow::test {

// While one lives, objects are built for this machine as `change(machine)` makes it.
class UseMachine {
 public:
  template <class F>
  explicit UseMachine(const F& change) : before_(internal::ThisMachine()) {
    internal::Machine machine = before_;
    change(machine);
    internal::SetMachineForTest(machine);
  }
  ~UseMachine() { internal::SetMachineForTest(before_); }
  UseMachine(const UseMachine&) = delete;
  UseMachine& operator=(const UseMachine&) = delete;

 private:
  const internal::Machine before_;
};

// With another L2 cache.
inline UseMachine UseL2(int64_t bytes) {
  return UseMachine([=](internal::Machine& m) { m.l2 = bytes; });
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_USE_MACHINE_H_
