// windrow demo: computes the worked examples and prints each result beside the expected one.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/examples.h"
#include "tools/json_output.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// The longest number of either matrix.
size_t NumberWidth(const Check& check) {
  size_t width = 0;
  for (const Tensor* t : {&check.computed, &check.expected}) {
    for (const float v : ValuesOf(*t)) width = std::max(width, fmt::format("{}", v).size());
  }
  return width;
}

std::string RowText(const Tensor& t, int64_t channel, int64_t row, size_t number_width) {
  if (channel >= t.shape().c() || row >= t.shape().h()) return "";
  std::string text;
  for (int64_t w = 0; w < t.shape().w(); ++w) {
    text += fmt::format("{}{:>{}}", w == 0 ? "" : " ", t.at(0, channel, row, w), number_width);
  }
  return text;
}

// Both matrices, row by row; channels one below the other.
void PrintBeside(const Check& check, std::ostream& out) {
  const Shape &a = check.computed.shape(), &b = check.expected.shape();
  const size_t number = NumberWidth(check);
  std::vector<std::string> left{"computed"}, right{"expected"};
  for (int64_t c = 0; c < std::max(a.c(), b.c()); ++c) {
    for (int64_t h = 0; h < std::max(a.h(), b.h()); ++h) {
      left.push_back(RowText(check.computed, c, h, number));
      right.push_back(RowText(check.expected, c, h, number));
    }
  }
  size_t width = 0;
  for (const std::string& s : left) width = std::max(width, s.size());
  for (size_t i = 0; i < left.size(); ++i) {
    out << fmt::format("    {:<{}} | {}\n", left[i], width, right[i]);
  }
}

struct DemoOptions {
  std::string name, json;
};

int Demo(const DemoOptions& o, std::ostream& out) {
  std::vector<Example> chosen = Examples();
  std::string names;
  for (const Example& e : chosen) names += fmt::format(" {}", e.name);
  std::erase_if(chosen, [&](const Example& e) {
    return !o.name.empty() && o.name != e.name && o.name != e.topic;
  });
  if (chosen.empty()) {
    throw std::invalid_argument(
        fmt::format("there is no example \"{}\"; there are{}, and learn: the last", o.name, names));
  }
  std::ostream nowhere(nullptr);
  std::ostream& text = o.json == "-" ? nowhere : out;
  Json results = Json::array();
  int failed = 0;
  for (const Example& e : chosen) {
    text << fmt::format("{} {}\n", e.name, e.title);
    for (const Check& check : e.run()) {
      text << fmt::format("  {}: {}\n", check.what, check.ok() ? "ok" : "FAILED");
      PrintBeside(check, text);
      results.push_back({{"example", e.name}, {"result", check.what}, {"ok", check.ok()}});
      failed += check.ok() ? 0 : 1;
    }
  }
  text << fmt::format("{} of {} results as expected\n",
                      results.size() - static_cast<size_t>(failed), results.size());
  WriteJson(o.json, {{"version", Version()}, {"ok", failed == 0}, {"results", results}}, out);
  return failed == 0 ? 0 : 1;
}

}  // namespace

Command DemoCommand() {
  const auto o = std::make_shared<DemoOptions>();
  return {"demo",
          "[--json FILE] [NAME]",
          "Compute the textbook's examples and check them",
          {{"name", "One example, such as E2, or learn: all of training; all if none is named",
            &o->name},
           ResultsArgument("--json", "JSON", o->json)},
          [o](std::ostream& out, std::ostream&) { return Demo(*o, out); }};
}

}  // namespace windrow::tool
