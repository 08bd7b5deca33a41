// What the files of shapes have in common: words separated by spaces, one thing a line, '#' starts
// a comment.
#ifndef WINDROW_BENCH_SHAPE_FILE_H_
#define WINDROW_BENCH_SHAPE_FILE_H_

#include <cstdint>
#include <functional>
#include <sstream>
#include <string>

namespace windrow::bench {

// The words of one line, in order. All throw std::runtime_error.
class Columns {
 public:
  explicit Columns(const std::string& line) : in_(line) {}
  std::string Word(const char* what);
  int64_t Number(const char* what, int64_t min);
  void ExpectEnd();

 private:
  std::istringstream in_;
};

// Calls `parse` with every line that holds something; it returns the name of what it found, which
// must be a new one. Throws std::runtime_error naming the file, the line and what is wrong with it.
void ReadShapeFile(const std::string& path, const std::function<std::string(Columns&)>& parse);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_SHAPE_FILE_H_
