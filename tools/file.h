// Files, read whole and written whole or not at all.
#ifndef WINDROW_TOOLS_FILE_H_
#define WINDROW_TOOLS_FILE_H_

#include <string>
#include <string_view>

namespace windrow::tool {

// Throws std::runtime_error naming the file and why it cannot be read.
std::string ReadFile(const std::string& path);

// Writes a temporary file beside `path` and renames it, so that nobody ever sees half a file and a
// failure leaves what was there. A device or a pipe is written to directly. Throws
// std::runtime_error naming the file and why it cannot be written.
void WriteFile(const std::string& path, std::string_view bytes);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_FILE_H_
