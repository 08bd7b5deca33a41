#include "tools/json_output.h"

#include <fmt/format.h>

#include "tools/file.h"

namespace windrow::tool {

Argument ResultsArgument(const std::string& name, const std::string& format, std::string& path) {
  return {.name = name,
          .description = fmt::format("Write the results to this file as {}; -: to standard output, "
                                     "instead of text",
                                     format),
          .to = &path,
          .value_name = "FILE"};
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void WriteJson(const std::string& path, const Json& json, std::ostream& out) {
  if (!path.empty()) WriteOutput(path, ToText(json), out);
}

}  // namespace windrow::tool
