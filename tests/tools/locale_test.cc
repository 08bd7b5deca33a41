// What the program says does not depend on the locale of who calls it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/other_locale.h"
#include "tests/tools/tool_call.h"

namespace windrow::tool {
namespace {

std::vector<std::string> Outputs() {
  const std::vector<std::vector<std::string>> calls = {
      {"--version"},
      {"--help"},
      {"info"},
      {"demo", "E1"},
      {"demo", "E13"},
      {"explain", "ic1024 oc2048 k3 p1 i1000 nhwc clamp=-1.5..1000.25"},
      {"explain", "ic1024 oc2048 g1000 k3 p1 i1000"},
      {"explain", "ic1024 oc2048 k3 p1 i1000 clamp=1000.5..0.25"},
      {"explain", "maxpool c1024 k3 s2 p1 i1000 nhwc"},
      {"explain", "maxpool c1024 k3 s2 p1 i1000 nhwc", "--json", "-"},
      {"explain", "maxpool c1024 k3 s2 p1000 i1000 nhwc"},
      {"filter", "--kernel", "1 2; 3", "in.png", "out.png"},
      {"layers", "--threads", "100000"},
  };
  std::vector<std::string> all;
  for (const auto& arguments : calls) {
    const Outcome o = Call(arguments);
    std::string text = o.out + o.err;
    if (arguments.front() == "info") {  // what it measures is never the same twice
      std::erase_if(text, [](char c) { return c == ' ' || (c >= '0' && c <= '9'); });
    }
    all.push_back(text);
  }
  return all;
}

TEST(ToolsLocale, ChangesNoText) {
  const std::vector<std::string> expected = Outputs();
  const test::OtherLocale other;
  EXPECT_EQ(Outputs(), expected);
}

}  // namespace
}  // namespace windrow::tool
