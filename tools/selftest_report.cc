// The self-test's results as a table, as JSON and as JUnit XML.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "tools/json_output.h"
#include "tools/machine.h"
#include "tools/selftest.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// More differences of one target than this say nothing new.
constexpr size_t kShown = 10;

const char* Digested(const ClassResult& c) {
  if (c.digest.empty()) return "no target here";
  return c.digest == c.recorded ? "as recorded" : "NOT AS RECORDED";
}

const char* NumericsName(const TargetResult& t) {
  if (t.bits_class == BitsClass::kPooling) return "any";
  return t.portable ? "portable" : "native";
}

// What a target was tested in.
std::string PartName(const TargetResult& t) {
  switch (t.bits_class) {
    case BitsClass::kPooling:
      return ToString(t.bits_class);
    case BitsClass::kFusedGradient:
    case BitsClass::kUnfusedGradient:
      return std::string("gradient ") + NumericsName(t);
    default:
      return NumericsName(t);
  }
}

std::string Element(const Difference& d, uint64_t bits) {
  if (d.of_index) return std::to_string(static_cast<int64_t>(bits));
  return fmt::format("{:08x}", bits);
}

std::string Described(const Difference& d, uint64_t bits) {
  if (d.of_index) return "index " + Element(d, bits);
  return fmt::format("{} ({})", Element(d, bits),
                     std::bit_cast<float>(static_cast<uint32_t>(bits)));
}

std::string Escaped(std::string_view text) {
  std::string xml;
  for (const char c : text) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";
        break;
      case '"':
        xml += "&quot;";
        break;
      default:
        xml += c;
    }
  }
  return xml;
}

}  // namespace

const char* ToString(BitsClass c) {
  static constexpr const char* kNames[] = {"fused (F)", "unfused (U)", "pooling", "gradient/F",
                                           "gradient/U"};
  return kNames[static_cast<size_t>(c)];
}

std::string Difference::ToString() const {
  return fmt::format(
      "{} {}, \"{}\": {} elements differ, the first at n {} c {} h {} w {}: expected {}, computed "
      "{}",
      algorithm, windrow::ToString(layout), problem, elements, n, c, h, w,
      Described(*this, expected), Described(*this, computed));
}

bool SelftestReport::ok() const {
  return std::all_of(targets.begin(), targets.end(),
                     [](const TargetResult& t) { return t.differences.empty(); }) &&
         std::all_of(classes.begin(), classes.end(), [](const ClassResult& c) {
           return c.digest.empty() || c.digest == c.recorded;
         });
}

std::string ToText(const SelftestReport& report) {
  std::string text = fmt::format(
      "{} convolutions, the gradients of {}, and {} poolings{}, both layouts, all algorithms\n\n",
      report.classes[0].problems.size(), report.classes[3].problems.size(),
      report.classes[2].problems.size(), report.quick ? " (quick)" : "");
  text += fmt::format("{:<9} {:<11} {:<8} {:>6} {:>11} {:>7}  {}\n", "target", "class", "numerics",
                      "runs", "differences", "seconds", "digest");
  for (const TargetResult& t : report.targets) {
    text += fmt::format("{:<9} {:<11} {:<8} {:>6} {:>11} {:>7.2f}  {}\n", t.target,
                        ToString(t.bits_class), NumericsName(t), t.runs, t.differences.size(),
                        t.seconds, t.digest.substr(0, 16));
  }
  for (const TargetResult& t : report.targets) {
    const size_t shown = std::min(t.differences.size(), kShown);
    for (size_t i = 0; i < shown; ++i) {
      text +=
          fmt::format("\nDIFFERENCE {} {} {}", t.target, PartName(t), t.differences[i].ToString());
    }
    if (shown < t.differences.size()) {
      text += fmt::format("\n... and {} more on {}", t.differences.size() - shown, t.target);
    }
    if (shown > 0) text += "\n";
  }
  text += "\nThe reference's digests, which are the same on every machine:\n";
  for (const ClassResult& c : report.classes) {
    text += fmt::format("{:<11} {}{}{}\n", ToString(c.bits_class), c.digest,
                        c.digest.empty() ? "" : "  ", Digested(c));
    if (!c.digest.empty() && c.digest != c.recorded) text += "recorded:   " + c.recorded + "\n";
  }
  return text + (report.ok() ? "\nPASSED\n" : "\nFAILED\n");
}

std::string ToJson(const SelftestReport& report) {
  Json classes = Json::array(), targets = Json::array();
  for (const ClassResult& c : report.classes) {
    classes.push_back({{"class", ToString(c.bits_class)},
                       {"problems", c.problems.size()},
                       {"digest", c.digest.empty() ? Json() : Json(c.digest)},
                       {"recorded", c.recorded}});
  }
  for (const TargetResult& t : report.targets) {
    Json differences = Json::array();
    for (const Difference& d : t.differences) {
      differences.push_back({{"algorithm", d.algorithm},
                             {"layout", windrow::ToString(d.layout)},
                             {"problem", d.problem},
                             {"elements", d.elements},
                             {"first", {{"n", d.n}, {"c", d.c}, {"h", d.h}, {"w", d.w}}},
                             {"of_index", d.of_index},
                             {"expected", Element(d, d.expected)},
                             {"computed", Element(d, d.computed)}});
    }
    targets.push_back({{"target", t.target},
                       {"class", ToString(t.bits_class)},
                       {"numerics", NumericsName(t)},
                       {"runs", t.runs},
                       {"seconds", t.seconds},
                       {"digest", t.digest},
                       {"differences", differences}});
  }
  const Json json = {{"version", Version()},
                     {"cpu", ThisMachine().cpu},
                     {"corpus", report.quick ? "quick" : "full"},
                     {"ok", report.ok()},
                     {"classes", classes},
                     {"targets", targets}};
  return ToText(json);
}

std::string ToJunit(const SelftestReport& report) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"windrow selftest\">\n";
  // A test suite a target and class, a test case a problem.
  for (const TargetResult& t : report.targets) {
    const std::vector<std::string>& problems = report.ClassOf(t).problems;
    std::string cases;
    int failures = 0;
    for (size_t i = 0; i < problems.size(); ++i) {
      std::string messages;
      for (const Difference& d : t.differences) {
        if (d.problem == problems[i]) messages += d.ToString() + "\n";
      }
      cases +=
          fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.6f}\"",
                      Escaped(t.target), PartName(t), Escaped(problems[i]), t.problem_seconds[i]);
      if (messages.empty()) {
        cases += "/>\n";
      } else {
        ++failures;
        cases += fmt::format(
            ">\n      <failure message=\"differs from the reference\">{}</failure>\n"
            "    </testcase>\n",
            Escaped(messages));
      }
    }
    xml +=
        fmt::format("  <testsuite name=\"{} {}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n",
                    Escaped(t.target), PartName(t), problems.size(), failures, t.seconds);
    xml += cases + "  </testsuite>\n";
  }
  // And one a class, for the digests.
  for (const ClassResult& c : report.classes) {
    if (c.digest.empty()) continue;
    const bool same = c.digest == c.recorded;
    xml += fmt::format(
        "  <testsuite name=\"digest {}\" tests=\"1\" failures=\"{}\">\n"
        "    <testcase classname=\"digest\" name=\"{}\">\n",
        ToString(c.bits_class), same ? 0 : 1, ToString(c.bits_class));
    if (!same) {
      xml += fmt::format("      <failure message=\"not as recorded\">{} is not {}</failure>\n",
                         c.digest, c.recorded);
    }
    xml += "    </testcase>\n  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace windrow::tool
