// The smallest problem that fails as a given one does.
#ifndef WINDROW_TOOLS_SELFTEST_SMALLEST_H_
#define WINDROW_TOOLS_SELFTEST_SMALLEST_H_

#include "tools/selftest.h"

namespace windrow::tool {

// Takes one simpler step after the other from the failure's problem, as long as it fails in any
// way, and says of the last one what the failure is and how to see it again.
void Shrink(const Unit& unit, bool fused, const SelftestOptions& options, Failure& failure);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_SMALLEST_H_
