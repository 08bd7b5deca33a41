#include "tools/cli.h"

#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <ostream>
#include <stdexcept>

#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

constexpr int kFailure = 1, kMisuse = 2;

// CLI11 has no place for a usage line of one's own but this.
class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(std::string synopsis) : synopsis_(std::move(synopsis)) {}
  std::string make_usage(const CLI::App*, std::string) const override {
    return "usage: windrow " + synopsis_ + "\n";
  }

 private:
  std::string synopsis_;
};

std::string Usage(const CLI::App& app) {
  // Every app here has a Formatter of ours.
  return std::static_pointer_cast<Formatter>(app.get_formatter())->make_usage(&app, "");
}

// The subcommand that the error is about, or the program itself.
const CLI::App& Blamed(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : *parsed.front();
}

int Misuse(const CLI::App& app, const std::string& what, std::ostream& err) {
  fmt::print(err, "windrow: {}\n{}", what, Usage(Blamed(app)));
  return kMisuse;
}

// What is wrong with arguments that name no command.
std::string NoCommand(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* c : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(c->get_name());
  }
  const std::vector<std::string> extra = app.remaining();
  const std::string what =
      extra.empty()
          ? "no command is named"
          : fmt::format("there is no {} \"{}\"",
                        extra.front().starts_with("-") ? "option" : "command", extra.front());
  return fmt::format("{}; the commands are {}", what, fmt::join(names, ", "));
}

int Run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  CLI::App app("Convolution and pooling on CPUs, the same bits everywhere", "windrow");
  app.formatter(std::make_shared<Formatter>("COMMAND [OPTIONS]"));
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("windrow ") + Version());
  Action action;
  for (const auto add :
       {AddInfo, AddDemo, AddExplain, AddFilter, AddDraw, AddLayers, AddSelftest}) {
    add(app, action);
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // the order CLI11 wants
    app.parse(std::move(arguments));
    return action(out, err);
  } catch (const CLI::Error& e) {
    const bool done = e.get_exit_code() == 0;  // --help, --version
    const bool no_command = app.get_subcommands().empty();
    if (done && !(no_command && !app.remaining().empty())) return app.exit(e, out, err);
    return Misuse(app, no_command ? NoCommand(app) : e.what(), err);
  } catch (const std::invalid_argument& e) {
    return Misuse(app, e.what(), err);
  } catch (const std::length_error& e) {
    return Misuse(app, e.what(), err);
  } catch (const std::bad_alloc&) {
    fmt::print(err, "windrow: there is not enough memory for this\n");
  } catch (const std::exception& e) {
    fmt::print(err, "windrow: {}\n", e.what());
  }
  return kFailure;
}

}  // namespace

CLI::App* AddCommand(CLI::App& app, const std::string& name, const std::string& synopsis,
                     const std::string& description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->formatter(std::make_shared<Formatter>(name + (synopsis.empty() ? "" : " ") + synopsis));
  return command;
}

int Main(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  const int code = Run(std::move(arguments), out, err);
  // Here alone it is known whether everything arrived, be it a result or a help.
  out.flush();
  if (out) return code;
  fmt::print(err, "windrow: cannot write the output\n");
  return code == 0 ? kFailure : code;
}

}  // namespace windrow::tool
