#include "windrow/windrow.h"

namespace windrow {
inline namespace v0 {

const char* Version() { return WINDROW_VERSION; }  // from the build: CMake's project version

}  // namespace v0
}  // namespace windrow
