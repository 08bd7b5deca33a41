// What the files of shapes have in common: words separated by spaces, one thing a line, '#' starts
// a comment.
#ifndef WINDROW_BENCH_SHAPE_FILE_H_
#define WINDROW_BENCH_SHAPE_FILE_H_

#include <cstdint>
#include <functional>
#include <sstream>
#include <string>

#include "bench/slide.h"

namespace windrow::bench {

// The words of one line, in order. All throw std::runtime_error.
class Words {
 public:
  explicit Words(const std::string& line) : in_(line) {}
  std::string Next(const char* what);
  int64_t NextNumber(const char* what, int64_t min);
  void ExpectEnd();

 private:
  std::istringstream in_;
};

// Throws std::runtime_error if no window fits.
void RequireWindow(const Slide& slide);

// The shapes/NAME of a source tree or an installation: below the current directory or beside the
// program. Throws std::runtime_error, naming the flag that names a file, if there is none.
std::string FindShapeFile(const std::string& name, const std::string& flag);

// Calls `parse` with every line that holds something; it returns the name of what it found, which
// must be a new one. Throws std::runtime_error naming the file, the line and what is wrong with it.
void ReadShapeFile(const std::string& path, const std::function<std::string(Words&)>& parse);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_SHAPE_FILE_H_
