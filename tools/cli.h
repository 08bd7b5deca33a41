// The command line: subcommands, exit codes, and what to say about errors.
//
//   0  fine
//   1  it ran and found a failure (a difference, a broken file), or could not finish, or its output
//      could not be written
//   2  misuse: the arguments are wrong or contradict each other; the usage line is shown
#ifndef WINDROW_TOOLS_CLI_H_
#define WINDROW_TOOLS_CLI_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace windrow::tool {

// Runs the program on its arguments (without its own name); returns the exit code.
int Main(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

// What a parsed subcommand will do: print to `out`, warn on `err`, and return the exit code.
using Action = std::function<int(std::ostream& out, std::ostream& err)>;

// A whole number from 1 to `max`.
struct Count {
  int* value;
  int max;
};

// An option, such as "--kernel,-k", or without dashes the word at that place. What is read follows
// from where it goes: a flag; a text; texts, of which an option takes one each time; a number,
// which is finite.
struct Argument {
  std::string name, description;
  std::variant<bool*, std::string*, std::vector<std::string>*, Count, float*> to;
  bool required = false;
  std::vector<std::string> choices = {};  // of a text; empty: any
  std::string value_name = {};            // what the help calls it, if not TEXT or the like
  bool hidden = false;                    // not in the help
};

// A subcommand. The action owns what the arguments point to.
struct Command {
  std::string name, synopsis, description;
  std::vector<Argument> arguments;
  Action action;
};
Command InfoCommand();
Command DemoCommand();
Command ExplainCommand();
Command FilterCommand();
Command DrawCommand();
Command LayersCommand();
Command SelftestCommand();
Command TrainCommand();
Command PredictCommand();
Command TuneCommand();

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CLI_H_
