// Files, read whole, and written whole or not at all.
#ifndef WINDROW_LIB_BASE_FILE_H_
#define WINDROW_LIB_BASE_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace windrow::internal {

// Both throw std::runtime_error naming the file and why, as that it is longer than `max_bytes`.
std::string ReadFile(const std::string& path, size_t max_bytes = std::string::npos);
// To a temporary file in the same folder, which then takes the place of the old one: at any time,
// and after any failure, there is the old one whole or the new one. A device or a pipe is written
// to.
void WriteFile(const std::string& path, std::string_view bytes);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_FILE_H_
