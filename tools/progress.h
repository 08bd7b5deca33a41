// How far a long run is, for one who waits at a terminal: a line that is gone when the run is over.
#ifndef WINDROW_TOOLS_PROGRESS_H_
#define WINDROW_TOOLS_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

namespace windrow::tool {

// To be called when a part of a run is done; may be empty.
using Step = std::function<void()>;

// `err`, if it is the process's standard error and that is a terminal; else null.
std::ostream* Terminal(std::ostream& err);

class Progress {
 public:
  // Shows nothing before a run has taken as long as `patience`, or if there is no terminal.
  Progress(std::ostream* terminal, std::string what, size_t steps,
           std::chrono::milliseconds patience = std::chrono::seconds(2));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Step();

 private:
  std::ostream* terminal_;
  std::string what_;
  size_t steps_, done_ = 0;
  std::chrono::steady_clock::time_point show_from_;
  std::string shown_;
};

// A line at the terminal that is written over a few times a second, and gone in the end.
class StatusLine {
 public:
  explicit StatusLine(std::ostream* terminal) : terminal_(terminal) {}
  ~StatusLine() { Clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void Show(const std::function<std::string()>& text);
  void Clear();

 private:
  std::ostream* terminal_;
  std::chrono::steady_clock::time_point next_{};
  size_t width_ = 0;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PROGRESS_H_
