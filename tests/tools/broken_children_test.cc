// The self-test finds and names every fault that is injected into its processes, and goes on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "problems/control_bits.h"
#include "tests/tools/tool_call.h"
#include "tools/call_room.h"
#include "tools/cores.h"
#include "windrow/cpu.h"

namespace windrow::tool {
namespace {

// Of the processes that are started while it lives.
class Fault {
 public:
  explicit Fault(const std::string& how) { setenv("WINDROW_TEST_BREAK", how.c_str(), 1); }
  ~Fault() { unsetenv("WINDROW_TEST_BREAK"); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
};

std::string BestTarget() { return UsableTargetNames().front(); }

class BrokenTargetChildrenTest : public testing::Test {
 protected:
  // The quick convolutions of the best target, and of the next one, which is whole.
  static Outcome Run(const std::string& kind, std::vector<std::string> more = {}) {
    const Fault fault(BestTarget() + " " + kind);
    std::vector<std::string> arguments = {"selftest", "--quick", "--op", "conv"};
    const std::vector<std::string> targets = UsableTargetNames();
    for (size_t i = 0; i < std::min<size_t>(targets.size(), 2); ++i) {
      arguments.insert(arguments.end(), {"--target", targets[i]});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Call(arguments);
  }

  // That the fault is found in this way, named so, and at no other target.
  static void ExpectNamed(const Outcome& o, const std::string& what) {
    EXPECT_EQ(o.code, 1) << o.out << o.err;
    EXPECT_TRUE(Has(o.out, "FAILED")) << o.out;
    const size_t at = o.out.find("FAILURE " + BestTarget() + " conv/");
    ASSERT_NE(at, std::string::npos) << o.out;
    EXPECT_TRUE(Has(o.out.substr(at), what)) << o.out;
    EXPECT_TRUE(Has(o.out, "to repeat    windrow selftest --target " + BestTarget() +
                               " --op conv --algorithm "))
        << o.out;
    for (const std::string& name : UsableTargetNames()) {
      EXPECT_EQ(Has(o.out, "FAILURE " + name + " "), name == BestTarget()) << o.out;
    }
  }
};

TEST_F(BrokenTargetChildrenTest, AWrongLane) {
  const Outcome o = Run("lane");
  ExpectNamed(o, " direct nchw: differs from the reference (");
  EXPECT_TRUE(Has(o.out, "smallest     \"ic1 oc1 k1 i1\"")) << o.out;
  EXPECT_TRUE(Has(o.out, "1 element differs, the first at n 0 c 0 h 0 w 0: expected ")) << o.out;
  EXPECT_TRUE(Has(o.out, ", 1 ulp apart")) << o.out;
}

TEST_F(BrokenTargetChildrenTest, TheCommandThatRepeatsItDoes) {
  const std::string problem = "mb1 g1 ic1 oc1 ih1 iw1 k1 s1 p0 nchw";
  const Outcome o = Run("lane", {"--algorithm", "direct", "--problem", problem});
  ExpectNamed(o, " direct nchw: differs from the reference (2 calls)");
  EXPECT_EQ(Call({"selftest", "--target", BestTarget(), "--op", "conv", "--algorithm", "direct",
                  "--problem", problem})
                .code,
            0);
}

TEST_F(BrokenTargetChildrenTest, AWrongTail) {
  const auto targets = cpu::Targets();
  if (targets.front().usable && targets.front().lanes == 1) GTEST_SKIP() << "one lane has no tail";
  ExpectNamed(Run("tail"), "differs from the reference");
}

TEST_F(BrokenTargetChildrenTest, ClassUThatRoundsOnce) {
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == BestTarget() && !t.fused) GTEST_SKIP() << "no target of class F";
  }
  const Outcome o = Run("fused");
  ExpectNamed(o, "conv/U direct nchw: differs from the reference (");
  EXPECT_FALSE(Has(o.out, "FAILURE " + BestTarget() + " conv/F")) << o.out;
}

TEST_F(BrokenTargetChildrenTest, AnIllegalInstruction) {
  const Outcome o = Run("illegal");
  ExpectNamed(o, "SIGILL (illegal instruction)");
  EXPECT_TRUE(Has(o.out, "conv/F        5a3c1cd14b2d1c07")) << "the reference ran: " << o.out;
}

TEST_F(BrokenTargetChildrenTest, ADivisionByZero) { ExpectNamed(Run("fpe"), "SIGFPE "); }

TEST_F(BrokenTargetChildrenTest, AReadPastTheEnd) { ExpectNamed(Run("past"), "SIGSEGV "); }

TEST_F(BrokenTargetChildrenTest, AnEndlessLoop) {
  ExpectNamed(Run("loop", {"--timeout", "1", "--algorithm", "direct"}),
              " direct nchw: does not end");
}

TEST_F(BrokenTargetChildrenTest, AnException) {
  ExpectNamed(Run("throws"), "throws: the kernel says no");
}

TEST_F(BrokenTargetChildrenTest, ControlBitsThatStayChanged) {
  if (!problems::kCanFlush) GTEST_SKIP() << "the control bits are not known here";
  ExpectNamed(Run("bits"), "left the floating-point control bits ");
}

TEST_F(BrokenTargetChildrenTest, AFlagThatStaysRaised) {
  if (!CallRoom::kFlagsAreExact) GTEST_SKIP() << "this compiler raises flags of its own";
  ExpectNamed(Run("flag"), "raised the invalid-operation flag on finite data");
}

TEST_F(BrokenTargetChildrenTest, ACoreThatComputesWrongly) {
  const std::vector<int> cores = UsableCores();
  const int broken = cores.back();
  const Fault fault(BestTarget() + " core " + std::to_string(broken));
  const Outcome o = Call({"selftest", "--stress", "2s", "--target", BestTarget()});
  EXPECT_EQ(o.code, 1) << o.out << o.err;
  for (const int core : cores) {
    EXPECT_EQ(Has(o.out, "CORE " + std::to_string(core) + " COMPUTES WRONGLY"), core == broken)
        << o.out;
  }
  EXPECT_TRUE(Has(o.out, "not as published")) << o.out;
}

}  // namespace
}  // namespace windrow::tool
