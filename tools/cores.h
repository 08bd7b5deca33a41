// The cores this process may run on.
#ifndef WINDROW_TOOLS_CORES_H_
#define WINDROW_TOOLS_CORES_H_

#include <vector>

namespace windrow::tool {

std::vector<int> UsableCores();

// The calling thread and those it starts afterwards, on Linux. A system call and no more, so that
// it may follow a fork. False if that cannot be.
bool PinTo(int core);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CORES_H_
