// SIMD targets: the list is Highway's, choosing one works, and what is missing is named.
#include "windrow/cpu.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "lib/simd/cpu_features.h"
#include "tests/conv/variants.h"
#include "tests/support/expect_throw.h"
#include "windrow/conv2d.h"

namespace windrow::test {
namespace {

Conv2dOptions OneByOne(const std::string& target = "") {
  Conv2dOptions o;
  o.in_channels = o.out_channels = 1;
  o.kernel_size = 1;
  o.target = target;
  return o;
}

std::string TargetOfNewObject() { return Conv2d(OneByOne(), std::vector<float>{1}).target(); }

// Compiled, but not for this CPU.
std::vector<cpu::TargetInfo> UnusableTargets() {
  std::vector<cpu::TargetInfo> all = cpu::Targets();
  std::erase_if(all, [](const cpu::TargetInfo& t) { return t.usable; });
  return all;
}

class Cpu : public testing::Test {
 protected:
  void TearDown() override {
    cpu::ForceTarget("");
    cpu::CapTarget("");
  }
  const std::vector<cpu::TargetInfo> usable_ = UsableTargets();
};

TEST_F(Cpu, TargetsAreHighways) {
  std::vector<std::string> names;
  std::vector<bool> usable;
  for (int bit = 0; bit < 63; ++bit) {  // best first
    const int64_t target = int64_t{1} << bit;
    if ((static_cast<int64_t>(HWY_TARGETS) & target) == 0) continue;
    names.push_back(hwy::TargetName(target));
    usable.push_back((hwy::SupportedTargets() & target) != 0);
  }
  const std::vector<cpu::TargetInfo> targets = cpu::Targets();
  ASSERT_EQ(targets.size(), names.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    EXPECT_EQ(targets[i].name, names[i]);
    EXPECT_EQ(targets[i].usable, usable[i]) << names[i];
    EXPECT_EQ(targets[i].why_not.empty(), usable[i]) << names[i];
    EXPECT_EQ(targets[i].lanes > 0, usable[i]) << names[i];
  }
  EXPECT_FALSE(usable_.empty());
}

// (1 + 2^-12)^2 - 1 needs 25 bits before the subtraction: 2^-24 is lost if the product is rounded.
TEST_F(Cpu, FusedIsWhatATargetDoes) {
  for (const cpu::TargetInfo& t : usable_) {
    for (const bool portable : {false, true}) {
      for (const std::string& algorithm : Algorithms()) {
        Conv2dOptions o = OneByOne(t.name);
        o.algorithm = algorithm;
        if (portable) o.numerics = Numerics::kPortable;
        if (portable && t.fused && algorithm == "planar") continue;  // refused
        const int64_t channels = algorithm == "depthwise" ? 2 : 1;
        o.in_channels = o.out_channels = o.groups = channels;
        const auto count = static_cast<size_t>(channels);
        const std::vector<float> one_and_a_bit(count, 1.0f + 0x1p-12f), minus_one(count, -1.0f);
        const Conv2d conv(o, one_and_a_bit, minus_one);
        const Tensor x(Shape(1, channels, 1, 1), one_and_a_bit, Layout::kNhwc);
        EXPECT_EQ(conv.Run(x).data()[0], t.fused && !portable ? 0x1p-11f + 0x1p-24f : 0x1p-11f)
            << t.name << ' ' << algorithm;
      }
    }
  }
}

TEST_F(Cpu, BestUsableTargetIsActive) {
  EXPECT_EQ(cpu::ActiveTarget(), usable_.front().name);
  EXPECT_EQ(TargetOfNewObject(), usable_.front().name);
}

TEST_F(Cpu, ForceHoldsForObjectsBuiltAfterwards) {
  const Conv2d before(OneByOne(), std::vector<float>{1});
  for (int round = 0; round < 2; ++round) {
    for (const cpu::TargetInfo& t : usable_) {
      cpu::ForceTarget(t.name);
      EXPECT_EQ(cpu::ActiveTarget(), t.name);
      EXPECT_EQ(TargetOfNewObject(), t.name);
      EXPECT_EQ(before.target(), usable_.front().name);
    }
  }
  cpu::ForceTarget("");
  EXPECT_EQ(cpu::ActiveTarget(), usable_.front().name);
}

TEST_F(Cpu, CapAllowsNothingBetter) {
  for (const cpu::TargetInfo& t : usable_) {
    cpu::CapTarget(t.name);
    EXPECT_EQ(TargetOfNewObject(), t.name);
  }
  cpu::CapTarget(usable_.back().name);
  cpu::ForceTarget(usable_.front().name);
  EXPECT_EQ(TargetOfNewObject(), usable_.front().name) << "a forced target is above the cap";
  cpu::ForceTarget("");
  EXPECT_EQ(TargetOfNewObject(), usable_.back().name);
}

TEST_F(Cpu, AnObjectsOwnTargetComesFirst) {
  cpu::ForceTarget(usable_.front().name);
  for (const cpu::TargetInfo& t : usable_) {
    const Conv2d conv(OneByOne(t.name), std::vector<float>{1});
    EXPECT_EQ(conv.target(), t.name);
    EXPECT_EQ(conv.Explain({1, 1, 1, 1}, Layout::kNhwc).target, t.name);
  }
}

TEST_F(Cpu, UnknownTargetChangesNothing) {
  cpu::ForceTarget(usable_.back().name);
  for (const auto& choose : {cpu::ForceTarget, cpu::CapTarget}) {
    EXPECT_TRUE(Throws([&] { choose("AVX9"); }, {"\"AVX9\"", "not compiled", "usable: ",
                                                 usable_.front().name, usable_.back().name}));
  }
  EXPECT_TRUE(Throws([&] { cpu::ForceTarget("avx2"); }, {"\"avx2\""})) << "case matters";
  EXPECT_EQ(cpu::ActiveTarget(), usable_.back().name);
}

TEST_F(Cpu, UnusableTargetNamesWhatIsMissing) {
  const std::vector<cpu::TargetInfo> unusable = UnusableTargets();
  if (unusable.empty()) GTEST_SKIP() << "this CPU runs every target of this build";
  for (const cpu::TargetInfo& t : unusable) {
    EXPECT_TRUE(Throws([&] { cpu::ForceTarget(t.name); },
                       {"\"" + t.name + "\" cannot run here", t.why_not, "usable: "}));
  }
  EXPECT_EQ(cpu::ActiveTarget(), usable_.front().name);
}

#if HWY_ARCH_X86

std::string Missing(int64_t target, const std::set<std::string>& lacking) {
  return internal::MissingFeatures(target, [&](const char* f) { return lacking.count(f) == 0; });
}

TEST(CpuFeatures, OfImaginaryMachines) {
  EXPECT_EQ(Missing(HWY_AVX3, {}), "");
  EXPECT_EQ(Missing(HWY_AVX2, {"fma"}), "fma");
  EXPECT_EQ(Missing(HWY_AVX3, {"fma"}), "fma") << "a better target needs all of a lesser";
  EXPECT_EQ(Missing(HWY_SSE4, {"fma", "avx2", "avx512f"}), "") << "but not the reverse";
  EXPECT_EQ(Missing(HWY_AVX3, {"avx512bw", "avx2", "ssse3"}), "ssse3, avx2, avx512bw");
  EXPECT_EQ(Missing(HWY_AVX2, {"zmm registers saved by the operating system"}), "");
  EXPECT_EQ(Missing(HWY_AVX3, {"zmm registers saved by the operating system"}),
            "zmm registers saved by the operating system");
  EXPECT_EQ(Missing(HWY_AVX3_DL, {"avx512f", "avx512_vbmi2", "vaes"}),
            "avx512f, avx512_vbmi2, vaes");
  EXPECT_EQ(Missing(HWY_AVX3, {"avx512_vbmi2"}), "");
  const auto nothing = [](const char*) { return false; };
  EXPECT_EQ(Missing(HWY_SSSE3, {"ssse3", "sse4_1", "avx2"}), "ssse3");
  EXPECT_EQ(internal::MissingFeatures(HWY_SCALAR, nothing), "");
}

#ifdef HWY_AVX3_SPR  // which Highway 1.0.3 has not

TEST(CpuFeatures, OfNewerTargets) {
  EXPECT_EQ(Missing(HWY_SSE2, {"sse2", "ssse3"}), "sse2");
  EXPECT_EQ(Missing(HWY_AVX3_ZEN4, {"vaes", "avx512_bf16"}), "vaes, avx512_bf16");
  EXPECT_EQ(Missing(HWY_AVX3_DL, {"avx512_bf16", "avx512_fp16"}), "");
  EXPECT_EQ(Missing(HWY_AVX3_SPR, {"avx512_bf16", "avx512_fp16"}), "avx512_bf16, avx512_fp16");
  EXPECT_EQ(Missing(HWY_AVX3_ZEN4, {"vendor_id AuthenticAMD"}), "vendor_id AuthenticAMD");
  EXPECT_EQ(Missing(HWY_AVX3_SPR, {"vendor_id AuthenticAMD"}), "") << "only Zen 4's is for AMD";
#ifdef HWY_AVX10_2
  EXPECT_EQ(Missing(HWY_AVX10_2, {"avx512_fp16", "apx_f", "avx10.2", "vendor_id AuthenticAMD"}),
            "avx512_fp16, apx_f, avx10.2");
#endif
}

#endif  // HWY_AVX3_SPR

// Where Highway finds a target not usable, what is missing has a name.
TEST(CpuFeatures, OnlyUnusableTargetsLackSome) {
  for (int bit = 0; bit <= HWY_HIGHEST_TARGET_BIT_X86; ++bit) {
    const int64_t target = int64_t{1} << bit;
    const std::string name = hwy::TargetName(target);
    if (name == "Unknown") continue;
    EXPECT_EQ(internal::MissingFeatures(target, internal::CpuHas).empty(),
              (hwy::SupportedTargets() & target) != 0)
        << name;
  }
  EXPECT_FALSE(internal::CpuHas("no such feature"));
}

#endif  // HWY_ARCH_X86

// The environment is read once a process: each statement runs in a process of its own, a new one
// that starts with this test.
class CpuEnvironmentDeathTest : public testing::Test {
 protected:
  CpuEnvironmentDeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
  ~CpuEnvironmentDeathTest() override { unsetenv("WINDROW_TARGET"); }

  static void PrintActiveTarget() {
    try {
      std::cerr << '<' << cpu::ActiveTarget() << '>';
    } catch (const std::invalid_argument& e) {
      std::cerr << "refused: " << e.what();
    }
    std::exit(0);
  }
};

TEST_F(CpuEnvironmentDeathTest, ChoosesTheTarget) {
  for (const cpu::TargetInfo& t : UsableTargets()) {
    setenv("WINDROW_TARGET", t.name.c_str(), /*overwrite=*/1);
    EXPECT_EXIT(PrintActiveTarget(), testing::ExitedWithCode(0), "<" + t.name + ">");
  }
  setenv("WINDROW_TARGET", "", 1);
  EXPECT_EXIT(PrintActiveTarget(), testing::ExitedWithCode(0),
              "<" + UsableTargets().front().name + ">");
}

TEST_F(CpuEnvironmentDeathTest, RefusesAnUnknownName) {
  setenv("WINDROW_TARGET", "MMX", 1);
  EXPECT_EXIT(PrintActiveTarget(), testing::ExitedWithCode(0),
              "refused: WINDROW_TARGET: .*\"MMX\" is not compiled");
}

TEST_F(CpuEnvironmentDeathTest, GivesWayToTheProgram) {
  const std::string best = UsableTargets().front().name, least = UsableTargets().back().name;
  setenv("WINDROW_TARGET", best.c_str(), 1);
  EXPECT_EXIT(
      {
        cpu::ForceTarget(least);
        PrintActiveTarget();
      },
      testing::ExitedWithCode(0), "<" + least + ">");
}

}  // namespace
}  // namespace windrow::test
