// The version of these headers, for the preprocessor, and that of the library linked.
#ifndef WINDROW_VERSION_H_
#define WINDROW_VERSION_H_

#include "windrow/export.h"

// The build reads these three lines: there is no other place to change.
#define WINDROW_VERSION_MAJOR 0
#define WINDROW_VERSION_MINOR 1
#define WINDROW_VERSION_PATCH 0

// As one number, larger for later versions: 1002003 of 1.2.3.
#define WINDROW_VERSION \
  (WINDROW_VERSION_MAJOR * 1000000 + WINDROW_VERSION_MINOR * 1000 + WINDROW_VERSION_PATCH)

// As text, "1.2.3".
#define WINDROW_VERSION_STRING         \
  WINDROW_QUOTE(WINDROW_VERSION_MAJOR) \
  "." WINDROW_QUOTE(WINDROW_VERSION_MINOR) "." WINDROW_QUOTE(WINDROW_VERSION_PATCH)
#define WINDROW_QUOTE(x) WINDROW_QUOTE_AS_WRITTEN(x)
#define WINDROW_QUOTE_AS_WRITTEN(x) #x

namespace windrow {
inline namespace v0 {

// The version of the library linked, "major.minor.patch".
WINDROW_API const char* Version();

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_VERSION_H_
