// The self-test's results for programs: JSON, JUnit XML, TAP.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "tools/json_output.h"
#include "tools/machine.h"
#include "tools/selftest.h"
#include "tools/selftest_names.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

Json Element(const Difference& d, uint64_t bits) {
  if (d.of_index) return static_cast<int64_t>(bits);
  return fmt::format("{:08x}", bits);
}

Json ToJson(const std::vector<Failure>& failures) {
  Json all = Json::array();
  for (const Failure& f : failures) {
    Json j = {{"algorithm", f.algorithm}, {"layout", windrow::ToString(f.layout)},
              {"what", f.what},           {"calls", f.cases},
              {"problem", f.problem},     {"smallest", f.smallest},
              {"command", f.command}};
    if (f.difference) {
      const Difference& d = *f.difference;
      j["difference"] = {{"elements", d.elements},
                         {"first", {{"n", d.n}, {"c", d.c}, {"h", d.h}, {"w", d.w}}},
                         {"of_index", d.of_index},
                         {"expected", Element(d, d.expected)},
                         {"computed", Element(d, d.computed)},
                         {"ulps", d.ulps()}};
    }
    all.push_back(j);
  }
  return all;
}

// One test for the formats that count them: a unit in a class, or a digest.
struct TestLine {
  std::string suite, name;
  double seconds = 0;
  std::string failure{}, details{};  // empty if it passed
  std::string skipped{};             // why
};

TestLine TestOf(const std::string& suite, const std::string& name, double seconds,
                const std::vector<Failure>& failures) {
  TestLine line{suite, name, seconds};
  for (const Failure& f : failures) {
    if (f.algorithm != name) continue;
    if (line.failure.empty()) line.failure = Summary(f);
    line.details += Summary(f) + "\n" + Details(f, "");
  }
  return line;
}

std::vector<TestLine> TestsOf(const SelftestReport& report) {
  std::vector<TestLine> tests;
  for (const TargetResult& t : report.targets) {
    const std::string suite =
        fmt::format("{} {} {}", t.target, ToString(t.bits_class), NumericsName(t));
    for (const TargetResult::Unit& u : t.units) {
      // What accepts no problem is no test, unless it failed.
      TestLine line = TestOf(suite, u.algorithm, u.seconds, t.failures);
      if (u.runs > 0 || !line.failure.empty()) tests.push_back(std::move(line));
    }
  }
  for (const ClassResult& c : report.classes) {
    if (!c.tested) continue;
    TestLine line = TestOf("digest", "reference", 0, c.failures);
    line.name = ToString(c.bits_class);
    if (!c.digest.empty() && !report.AsRecorded(c)) {
      line.failure = "not as recorded";
      line.details += c.digest + " is not " + c.recorded + "\n";
    }
    tests.push_back(std::move(line));
  }
  for (const SkippedTarget& s : report.skipped) {
    tests.push_back({.suite = s.target, .name = "all", .skipped = s.why});
  }
  if (report.runs() == 0) tests.push_back({"selftest", "runs", 0, "no test was run"});
  return tests;
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

std::string ToJson(const SelftestReport& report) {
  Json classes = Json::array(), targets = Json::array(), skipped = Json::array();
  for (const ClassResult& c : report.classes) {
    classes.push_back({{"class", ToString(c.bits_class)},
                       {"problems", c.problems},
                       {"digest", c.digest.empty() ? Json() : Json(c.digest)},
                       {"recorded", c.recorded},
                       {"failures", ToJson(c.failures)}});
  }
  for (const TargetResult& t : report.targets) {
    Json units = Json::array();
    for (const TargetResult::Unit& u : t.units) {
      units.push_back({{"algorithm", u.algorithm}, {"calls", u.runs}, {"seconds", u.seconds}});
    }
    targets.push_back({{"target", t.target},
                       {"class", ToString(t.bits_class)},
                       {"numerics", NumericsName(t)},
                       {"calls", t.runs()},
                       {"seconds", t.seconds},
                       {"digest", t.digest.empty() ? Json() : Json(t.digest)},
                       {"units", units},
                       {"failures", ToJson(t.failures)}});
  }
  for (const SkippedTarget& s : report.skipped) {
    skipped.push_back({{"target", s.target}, {"why", s.why}});
  }
  const Json json = {{"version", Version()},
                     {"cpu", ThisMachine().cpu},
                     {"corpus", report.corpus.quick ? "quick" : "full"},
                     {"corpus_version", kCorpusVersion},
                     {"seed", report.corpus.seed},
                     {"repeat", report.corpus.repeat},
                     {"in_process", report.in_process},
                     {"ok", report.ok()},
                     {"classes", classes},
                     {"targets", targets},
                     {"skipped", skipped}};
  return ToText(json);
}

std::string ToJunit(const SelftestReport& report) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"windrow selftest\">\n";
  const std::vector<TestLine> tests = TestsOf(report);
  for (auto first = tests.begin(); first != tests.end();) {
    const auto last = std::find_if(first, tests.end(),
                                   [&](const TestLine& t) { return t.suite != first->suite; });
    const auto count = [&](std::string TestLine::*member) {
      return std::count_if(first, last, [&](const TestLine& t) { return !(t.*member).empty(); });
    };
    xml += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
                       Escaped(first->suite), last - first, count(&TestLine::failure),
                       count(&TestLine::skipped));
    for (; first != last; ++first) {
      xml += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\"",
                         Escaped(first->suite), Escaped(first->name), first->seconds);
      if (!first->failure.empty()) {
        xml += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           Escaped(first->failure), Escaped(first->details));
      } else if (!first->skipped.empty()) {
        xml += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                           Escaped(first->skipped));
      } else {
        xml += "/>\n";
      }
    }
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

std::string ToTap(const SelftestReport& report) {
  const std::vector<TestLine> tests = TestsOf(report);
  std::string tap = fmt::format("TAP version 13\n1..{}\n", tests.size());
  for (size_t i = 0; i < tests.size(); ++i) {
    const TestLine& t = tests[i];
    tap += fmt::format("{}ok {} - {} {}", t.failure.empty() ? "" : "not ", i + 1, t.suite, t.name);
    tap += t.skipped.empty() ? "\n" : fmt::format(" # SKIP {}\n", t.skipped);
    // Comments, so that a "#" or a line break inside means nothing.
    for (size_t begin = 0, end; begin < t.details.size(); begin = end + 1) {
      end = std::min(t.details.find('\n', begin), t.details.size());
      tap += "# " + t.details.substr(begin, end - begin) + "\n";
    }
  }
  return tap;
}

}  // namespace windrow::tool
