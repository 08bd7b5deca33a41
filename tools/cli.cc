#include "tools/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <ostream>
#include <stdexcept>

#include "problems/words.h"
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
  err << fmt::format("windrow: {}\n{}", what, Usage(Blamed(app)));
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

// Adds an argument to a subcommand, by where it goes.
struct Adder {
  CLI::App& app;
  const Argument& argument;

  CLI::Option* operator()(bool* to) const {
    return app.add_flag(argument.name, *to, argument.description);
  }
  CLI::Option* operator()(std::string* to) const {
    CLI::Option* option = app.add_option(argument.name, *to, argument.description);
    if (!to->empty()) option->capture_default_str();
    if (!argument.choices.empty()) option->check(CLI::IsMember(argument.choices));
    return option;
  }
  CLI::Option* operator()(std::vector<std::string>* to) const {
    CLI::Option* option = app.add_option(argument.name, *to, argument.description);
    if (option->get_positional()) return option;
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  CLI::Option* operator()(const Count& to) const {
    CLI::Option* option = app.add_option(argument.name, *to.value, argument.description);
    if (*to.value != 0) option->capture_default_str();
    return option->check(CLI::Range(1, to.max));
  }
  CLI::Option* operator()(float* to) const {
    return app
        .add_option_function<std::string>(
            argument.name,
            [name = argument.name, to](const std::string& text) {
              const auto number = problems::ReadFinite(text);
              if (!number) {
                throw CLI::ValidationError(
                    name, fmt::format("\"{}\" is not a finite 32-bit number", text));
              }
              *to = *number;
            },
            argument.description)
        ->type_name("NUMBER");
  }
};

void AddCommand(CLI::App& app, const Command& command) {
  CLI::App* added = app.add_subcommand(command.name, command.description);
  added->formatter(std::make_shared<Formatter>(
      command.name + (command.synopsis.empty() ? "" : " ") + command.synopsis));
  for (const Argument& a : command.arguments) {
    CLI::Option* option = std::visit(Adder{*added, a}, a.to);
    option->required(a.required);
    if (!a.value_name.empty()) option->type_name(a.value_name);
    if (a.hidden) option->group("");
  }
}

int Run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  CLI::App app("Convolution and pooling on CPUs, the same bits everywhere", "windrow");
  app.formatter(std::make_shared<Formatter>("COMMAND [OPTIONS]"));
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("windrow ") + Version());
  const Command commands[] = {InfoCommand(),    DemoCommand(),   ExplainCommand(),  FilterCommand(),
                              DrawCommand(),    LayersCommand(), SelftestCommand(), TrainCommand(),
                              PredictCommand(), TuneCommand()};
  for (const Command& c : commands) AddCommand(app, c);
  try {
    std::reverse(arguments.begin(), arguments.end());  // the order CLI11 wants
    app.parse(std::move(arguments));
    const std::string name = app.get_subcommands().front()->get_name();
    return std::find_if(std::begin(commands), std::end(commands),
                        [&](const Command& c) { return c.name == name; })
        ->action(out, err);
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
    err << fmt::format("windrow: there is not enough memory for this\n");
  } catch (const std::exception& e) {
    err << fmt::format("windrow: {}\n", e.what());
  }
  return kFailure;
}

}  // namespace

int Main(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  const int code = Run(std::move(arguments), out, err);
  // Here alone it is known whether everything arrived, be it a result or a help.
  out.flush();
  if (out) return code;
  err << fmt::format("windrow: cannot write the output\n");
  return code == 0 ? kFailure : code;
}

}  // namespace windrow::tool
