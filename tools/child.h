// This program, started anew with other arguments, whose lines are read while it runs: what crashes
// there, or never ends, does not take the run along.
#ifndef WINDROW_TOOLS_CHILD_H_
#define WINDROW_TOOLS_CHILD_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace windrow::tool {

// How a child ended.
struct Ending {
  int code = 0;       // its exit code
  int signal = 0;     // what killed it, if anything did
  bool hung = false;  // it was killed since it said nothing for too long
  bool ok() const { return code == 0 && signal == 0 && !hung; }
  std::string ToString() const;  // "SIGILL (illegal instruction)"
};

struct ChildTask {
  std::vector<std::string> arguments;
  std::function<void(const std::string& line)> line;
  std::function<void(const Ending& ending, double seconds)> ended;
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // between two lines
  // On which core alone, from the program's start: oneTBB gives its threads the cores that it finds
  // when it is loaded. -1: any.
  int core = -1;
};

// Runs them, so many at once. Throws std::system_error where there can be no processes.
void RunChildren(std::vector<ChildTask> tasks, size_t jobs);

// One, whose last line is returned.
struct ChildResult {
  Ending ending;
  std::string line;
};
ChildResult RunChild(std::vector<std::string> arguments, std::chrono::milliseconds timeout);

// Why this program cannot be started anew; "" if it can.
std::string WhyNoChildren();

// In a child: no core files, and the lines it writes, at once and whole.
void BeginChild();
void WriteLine(const std::string& line);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CHILD_H_
