#include "windrow/version.h"

namespace windrow {
inline namespace v0 {

const char* Version() { return WINDROW_VERSION_STRING; }

}  // namespace v0
}  // namespace windrow
