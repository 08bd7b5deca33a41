// Results for programs, in the same way for every subcommand: --json FILE, where - is standard
// output, which then holds nothing else.
#ifndef WINDROW_TOOLS_JSON_OUTPUT_H_
#define WINDROW_TOOLS_JSON_OUTPUT_H_

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/cli.h"

namespace windrow::tool {

using Json = nlohmann::ordered_json;

// Such an option of a subcommand; without it `path` stays empty.
Argument ResultsArgument(const std::string& name, const std::string& format, std::string& path);

std::string ToText(const Json& json);

// Writes to `path` if there is one.
void WriteJson(const std::string& path, const Json& json, std::ostream& out);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_JSON_OUTPUT_H_
