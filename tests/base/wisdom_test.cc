// Wisdom: what it says is done, and a file that is not of this machine, or broken, is not believed.
#include "lib/base/wisdom.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/support/expect_throw.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

const Problem kProblem{.ic = 40, .oc = 96, .ih = 20, .iw = 21, .kernel = 3, .padding = 1};

class WisdomTest : public testing::Test {
 protected:
  WisdomTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("windrow_wisdom_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    wisdom::Forget();
  }
  ~WisdomTest() override {
    unsetenv("WINDROW_WISDOM");
    wisdom::Forget();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Write(const std::string& text) const {
    std::ofstream(Path("wisdom"), std::ios::binary) << text;
    return Path("wisdom");
  }
  // As if the process had started with it.
  static void SetEnvironment(const std::string& path) {
    setenv("WINDROW_WISDOM", path.c_str(), 1);
    internal::ForgetEnvironmentForTest();
  }

  static Conv2d Make(const std::string& algorithm = "auto") {
    return Conv2d(Options(kProblem, "", algorithm), Weights(kProblem));
  }
  static Explanation Explain(const std::string& algorithm = "auto") {
    Explanation e;
    tbb::task_arena(1).execute(
        [&] { e = Make(algorithm).Explain(kProblem.input(), Layout::kNhwc); });
    return e;
  }
  // The text by which the problem runs as im2col, which the estimate does not choose.
  static std::string Text() {
    wisdom::Remember(Explain("im2col"));
    const std::string text = wisdom::Text();
    wisdom::Forget();
    return text;
  }

  const std::filesystem::path folder_;
};

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << text;
  return text.replace(at, from.size(), to);
}

TEST_F(WisdomTest, OfACallIsFollowed) {
  ASSERT_NE(Explain().algorithm, "im2col");
  EXPECT_EQ(Explain().chosen_by, "estimate");
  const Conv2d before = Make();
  wisdom::Add(Text());
  const Explanation e = Explain();
  EXPECT_EQ(e.algorithm, "im2col");
  EXPECT_EQ(e.chosen_by, "wisdom");
  EXPECT_EQ(e.wisdom_note, "");
  EXPECT_NE(e.ToString().find("im2col on "), std::string::npos);
  EXPECT_NE(e.ToString().find("chosen by wisdom"), std::string::npos);
  EXPECT_EQ(before.Explain(kProblem.input(), Layout::kNhwc).chosen_by, "estimate")
      << "holds for objects built afterwards";
  EXPECT_EQ(Explain("direct").algorithm, "direct") << "what is forced is forced";
  Tensor x(kProblem.input(), Layout::kNhwc);
  Fill(x.view(), Role::kInput, kProblem.values);
  const Tensor expected = Expected(kProblem, cpu::ActiveTarget());
  tbb::task_arena(1).execute([&] { EXPECT_TRUE(SameBits(Make().Run(x), expected.view())); });
}

TEST_F(WisdomTest, OfOtherCallsIsNot) {
  wisdom::Add(Text());
  const Conv2d conv = Make();
  tbb::task_arena(1).execute([&] {
    EXPECT_EQ(conv.Explain(kProblem.input(), Layout::kNchw).chosen_by, "estimate") << "layout";
    EXPECT_EQ(conv.Explain(Shape(2, 40, 20, 21), Layout::kNhwc).chosen_by, "estimate") << "batch";
  });
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (!t.usable || t.name == cpu::ActiveTarget()) continue;
    const Conv2d other(Options(kProblem, t.name, "auto"), Weights(kProblem));
    EXPECT_EQ(other.Explain(kProblem.input(), Layout::kNhwc).chosen_by, "estimate") << t.name;
  }
}

TEST_F(WisdomTest, GoesToAFileAndBack) {
  wisdom::Remember(Explain("im2col"));
  wisdom::Save(Path("saved"));
  const std::string text = wisdom::Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
  wisdom::Forget();
  EXPECT_EQ(Explain().chosen_by, "estimate");
  wisdom::Load(Path("saved"));
  EXPECT_EQ(wisdom::Text(), text);
  EXPECT_EQ(Explain().algorithm, "im2col");
  wisdom::Remember(Explain("direct/tile"));
  EXPECT_EQ(Explain().algorithm, "direct/tile") << "the later of two";
  wisdom::Load(Path("saved"));
  EXPECT_EQ(Explain().algorithm, "im2col");
  EXPECT_TRUE(
      Throws<std::runtime_error>([&] { wisdom::Save(Path("none/saved")); }, {"none/saved"}));
}

TEST_F(WisdomTest, MeasuredChoicesAreRemembered) {
  Conv2dOptions o = Options(kProblem, "", "auto");
  o.tuning = Tuning::kMeasure;
  const Tensor x(kProblem.input(), Layout::kNhwc);
  tbb::task_arena(1).execute([&] {
    const Conv2d conv(o, Weights(kProblem));
    const auto explain = [&] { return conv.Explain(x.shape(), x.layout()); };
    for (int run = 0; run < 20; ++run) static_cast<void>(conv.Run(x));
    const Explanation e = explain();
    ASSERT_EQ(e.chosen_by, "measurement");
    wisdom::Remember(e);
    const Conv2d next(o, Weights(kProblem));
    EXPECT_EQ(next.Explain(x.shape(), x.layout()).algorithm, e.algorithm);
    EXPECT_EQ(next.Explain(x.shape(), x.layout()).chosen_by, "wisdom") << "nothing is measured";
  });
}

TEST_F(WisdomTest, OfPlansThatThereAreNotIsIgnoredWithAReason) {
  for (const auto& [plan, why] : {std::pair("im2colossal", "there is no such plan"),
                                  std::pair("planar", "groups have more than one input channel"),
                                  std::pair("direct/stores", "there is no other such plan")}) {
    wisdom::Add(Replaced(Text(), "im2col", plan));
    const Explanation e = Explain();
    EXPECT_EQ(e.chosen_by, "estimate");
    EXPECT_NE(e.wisdom_note.find(why), std::string::npos) << e.wisdom_note;
    EXPECT_NE(e.ToString().find(plan), std::string::npos) << e.ToString();
    wisdom::Forget();
  }
}

TEST_F(WisdomTest, ThatIsForeignOldOrBrokenIsRefused) {
  const std::string text = Text();
  const struct {
    std::string text;
    std::vector<std::string> facts;
  } kWrong[] = {
      {"", {"broken", "line 1"}},
      {"nonsense\n", {"broken", "line 1", "nonsense", "windrow-wisdom 1"}},
      {std::string("\0\xff\n\n", 4), {"broken", "line 1"}},
      {std::string(1 << 20, 'x'), {"broken", "line 1"}},
      {Replaced(text, "windrow-wisdom 1", "windrow-wisdom 0"), {"another version", "wisdom 0"}},
      {Replaced(text, " windrow-0.", " windrow-7."),
       {"another version", "windrow-7.", "windrow-0."}},
      {Replaced(text, "cpu ", "cpu Z80 "), {"another CPU", "Z80", "this is"}},
      {Replaced(text, "cpu ", "CPU "), {"broken", "line 2"}},
      {Replaced(text, "im2col: ", "im2col "), {"broken", "line 3", "a colon"}},
      {Replaced(text, "im2col: ", ": "), {"broken", "line 3", "a plan"}},
      {Replaced(text, "end 1", "end 2"), {"broken", "end 2", "end 1"}},
      {text + "more\n", {"broken", "not the last"}},
  };
  for (const auto& wrong : kWrong) {
    for (const auto& add :
         {+[](const std::string&, const std::string&t) { wisdom::Add(t); },
          +[](const std::string&path, const std::string&) { wisdom::Load(path); }}) {
      const std::string path = Write(wrong.text);
      try {
        add(path, wrong.text);
        ADD_FAILURE() << "took " << wrong.text.substr(0, 200);
      } catch (const std::invalid_argument& e) {
        for (const std::string& fact : wrong.facts) {
          EXPECT_NE(std::string(e.what()).find(fact), std::string::npos) << e.what();
        }
        EXPECT_LT(std::string(e.what()).size(), 500u) << "however long the lines";
      }
      EXPECT_EQ(Explain().chosen_by, "estimate") << "nothing was added";
    }
  }
  // Cut off anywhere.
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW(wisdom::Add(text.substr(0, size)), std::invalid_argument) << size;
  }
  EXPECT_NO_THROW(wisdom::Add(text));
}

TEST_F(WisdomTest, FilesThatCannotBeReadAreRefused) {
  EXPECT_TRUE(Throws<std::runtime_error>([&] { wisdom::Load(Path("none")); }, {Path("none")}));
  EXPECT_TRUE(Throws<std::runtime_error>([&] { wisdom::Load(folder_); }, {folder_}));
  std::filesystem::resize_file(Write(Text()), uintmax_t{1} << 40);  // takes no room
  EXPECT_TRUE(Throws<std::runtime_error>([&] { wisdom::Load(Path("wisdom")); }, {"longer than"}));
  EXPECT_TRUE(Throws<std::runtime_error>([&] { wisdom::Load("/dev/zero"); }, {"longer than"}));
}

TEST_F(WisdomTest, TheEnvironmentVariableNamesAFile) {
  const std::string text = Text();
  SetEnvironment(Write(text));
  EXPECT_EQ(Explain().algorithm, "im2col");
  EXPECT_EQ(wisdom::Text(), text);
  wisdom::Forget();
  EXPECT_EQ(Explain().chosen_by, "estimate") << "read once";
}

TEST_F(WisdomTest, AWrongFileOfTheEnvironmentIsIgnoredWithAReason) {
  const std::string text = Text();
  for (const auto& [wrong, why] :
       {std::pair(Replaced(text, "cpu ", "cpu Z80 "), "Z80"),
        std::pair(text.substr(0, text.size() - 3), "broken"), std::pair(std::string(), "broken")}) {
    SetEnvironment(Write(wrong));
    const Explanation e = Explain();
    EXPECT_EQ(e.chosen_by, "estimate");
    for (const std::string& fact :
         {std::string(why), Path("wisdom"), std::string("WINDROW_WISDOM")}) {
      EXPECT_NE(e.wisdom_note.find(fact), std::string::npos) << e.wisdom_note;
      EXPECT_NE(e.ToString().find(fact), std::string::npos) << e.ToString();
    }
  }
  SetEnvironment(Path("none"));
  EXPECT_NE(Explain().wisdom_note.find(Path("none")), std::string::npos);
  wisdom::Add(text);
  EXPECT_EQ(Explain().algorithm, "im2col") << "what is added counts";
}

TEST_F(WisdomTest, RemembersCallsOfConvolutionsOnly) {
  const Explanation e = MaxPool2d({.kernel_size = 2}).Explain(Shape(1, 8, 10, 10), Layout::kNhwc);
  EXPECT_TRUE(Throws([&] { wisdom::Remember(e); }, {e.algorithm}));
  EXPECT_TRUE(Throws([&] { wisdom::Remember(Explanation()); }, {}));
  Explanation lines = Explain();
  lines.algorithm += "\nend 0";
  EXPECT_TRUE(Throws([&] { wisdom::Remember(lines); }, {"several lines"}));
}

}  // namespace
}  // namespace windrow::test
