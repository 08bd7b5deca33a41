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
#include <vector>

namespace CLI {
class App;
}

namespace windrow::tool {

// Runs the program on its arguments (without its own name); returns the exit code.
int Main(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

// What a parsed subcommand will do: print to `out`, warn on `err`, and return the exit code.
using Action = std::function<int(std::ostream& out, std::ostream& err)>;

// Adds a subcommand; its options are then added by the caller.
CLI::App* AddCommand(CLI::App& app, const std::string& name, const std::string& synopsis,
                     const std::string& description);

// Each adds one subcommand, which sets `action` when it is parsed.
void AddInfo(CLI::App& app, Action& action);
void AddDemo(CLI::App& app, Action& action);
void AddExplain(CLI::App& app, Action& action);
void AddFilter(CLI::App& app, Action& action);
void AddDraw(CLI::App& app, Action& action);
void AddLayers(CLI::App& app, Action& action);
void AddSelftest(CLI::App& app, Action& action);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_CLI_H_
