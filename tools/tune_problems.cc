#include "tools/tune_problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "bench/layers.h"
#include "tools/file.h"
#include "windrow/tensor.h"

namespace windrow::tool {
namespace {

TuneProblem Parse(const std::string& text) {
  const problems::ParsedConv parsed = problems::ParseConv(text);
  const problems::ConvProblem& p = parsed.problem;
  if (parsed.algorithm != "auto") {
    throw std::invalid_argument(
        fmt::format("\"algorithm={}\" leaves nothing to choose", parsed.algorithm));
  }
  if (p.gaps != problems::Gaps::kNone || p.values != problems::Values::kPlain) {
    throw std::invalid_argument(
        fmt::format("\"{}\" has gaps or values, which are for tests", text));
  }
  if (!IsValid(p)) throw std::invalid_argument(fmt::format("no such convolution can be: {}", text));
  return {text, p, parsed.target};
}

// A file's lines that say something.
std::vector<std::pair<int, std::string>> LinesOf(const std::string& path) {
  std::istringstream in(ReadFile(path));
  std::vector<std::pair<int, std::string>> lines;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line.resize(std::min(line.size(), line.find('#')));
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    lines.push_back({number, line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1)});
  }
  return lines;
}

// A layer begins with its name and goes on with numbers alone; a problem says "ic64".
bool IsProblem(const std::string& line) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.size() > 2 && word.starts_with("ic") && word[2] >= '0' && word[2] <= '9') return true;
  }
  return false;
}

void ReadFileOf(const std::string& path, const std::string& layout, std::vector<TuneProblem>& all) {
  const auto lines = LinesOf(path);
  if (lines.empty()) {
    throw std::runtime_error(fmt::format("{}: holds no layers and no problems", InputName(path)));
  }
  if (path != "-" && !IsProblem(lines.front().second)) {
    for (const bench::Layer& layer : bench::ReadLayers(path)) {
      for (const Layout l : {Layout::kNhwc, Layout::kNchw}) {
        if (layout != "both" && layout != ToString(l)) continue;
        all.push_back({fmt::format("{} {}", layer.name, ToString(l)), layer.problem, ""});
        all.back().problem.SetLayout(l);
      }
    }
    return;
  }
  for (const auto& [number, line] : lines) {
    try {
      all.push_back(Parse(line));
    } catch (const std::exception& e) {
      throw std::runtime_error(fmt::format("{}:{}: {}", InputName(path), number, e.what()));
    }
  }
}

}  // namespace

std::vector<TuneProblem> ReadTuneProblems(const std::vector<std::string>& arguments,
                                          const std::string& layout) {
  std::vector<TuneProblem> all;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (argument == "-" || std::filesystem::exists(argument, ignored)) {
      ReadFileOf(argument, layout, all);
      continue;
    }
    try {
      all.push_back(Parse(argument));
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(
          fmt::format("\"{}\" is neither a file nor a problem: {}", argument, e.what()));
    }
  }
  return all;
}

}  // namespace windrow::tool
