// Files, read whole and written whole. The name "-" is standard input or output.
#ifndef WINDROW_TOOLS_FILE_H_
#define WINDROW_TOOLS_FILE_H_

#include <iosfwd>
#include <string>
#include <string_view>

namespace windrow::tool {

// Throws std::runtime_error naming the file and why it cannot be read.
std::string ReadFile(const std::string& path);

// Writes a temporary file into the same folder and renames it, so that nobody ever sees half a file
// and a failure leaves what was there. Written to directly, from its beginning, is what a new file
// cannot replace: a device or a pipe, and a file in a folder that takes no new files, of another
// owner, or with several names. A link stays one, and what it leads to is written, or made if there
// is nothing. What the user may not write to stays as it is. Throws std::runtime_error naming the
// file and why it cannot be written.
void WriteFile(const std::string& path, std::string_view bytes);

// The same, or to `out` if the path is "-".
void WriteOutput(const std::string& path, std::string_view bytes, std::ostream& out);

// What messages call an input.
std::string InputName(const std::string& path);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_FILE_H_
