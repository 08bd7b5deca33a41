// The windrow program and pooling: the words of a problem, its corpus, and a self-test that finds a
// kernel broken on purpose.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lib/simd/pool_kernels.h"
#include "lib/simd/target.h"
#include "tests/tool_call.h"
#include "tools/digest.h"
#include "tools/pool_corpus.h"
#include "tools/pool_text.h"
#include "tools/selftest.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// What ParsePoolProblem says about a text that is wrong.
std::string ParseError(const std::string& text) {
  try {
    ParsePoolProblem(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

TEST(PoolTextTest, ReadsEveryWordOfAMaximum) {
  const PoolProblem p = ParsePoolProblem(
      "iw9 mb2 c4 ih7 maxpool k3x5 s2x1 d1x2 pt1 pb0 pl2 pr1 ceil indices nhwc values=huge "
      "algorithm=reference target=AVX2");
  EXPECT_EQ(p.kind, PoolKind::kMax);
  EXPECT_EQ(p.input, Shape(2, 4, 7, 9));
  EXPECT_EQ(p.kernel, Size2(3, 5));
  EXPECT_EQ(p.stride, Size2(2, 1));
  EXPECT_EQ(p.dilation, Size2(1, 2));
  EXPECT_EQ(p.padding.top(), 1);
  EXPECT_EQ(p.padding.bottom(), 0);
  EXPECT_EQ(p.padding.left(), 2);
  EXPECT_EQ(p.padding.right(), 1);
  EXPECT_TRUE(p.ceil && p.indices);
  EXPECT_EQ(p.settings.layout, Layout::kNhwc);
  EXPECT_EQ(p.settings.values, Values::kHuge);
  EXPECT_EQ(p.settings.algorithm, "reference");
  EXPECT_EQ(p.settings.target, "AVX2");
}

TEST(PoolTextTest, ReadsTheOtherKinds) {
  const PoolProblem average = ParsePoolProblem("avgpool c1 i8 k2x3 same excludepad divisor-7");
  EXPECT_EQ(average.kind, PoolKind::kAvg);
  EXPECT_TRUE(average.padding.is_same());
  EXPECT_TRUE(average.exclude_pad);
  EXPECT_EQ(average.divisor, -7);
  EXPECT_EQ(average.stride, Size2(2, 3)) << "the window's size if none is given";
  const PoolProblem adaptive = ParsePoolProblem("adaptivemax c3 i8 o5x-1 indices");
  EXPECT_EQ(adaptive.kind, PoolKind::kAdaptiveMax);
  EXPECT_EQ(adaptive.output, Size2(5, AdaptivePool2dOptions::kAsInput));
  EXPECT_EQ(adaptive.Bind("", "auto").OutputShape(adaptive.input), Shape(1, 3, 5, 8));
  EXPECT_EQ(ParsePoolProblem("adaptiveavg c3 i8 o1").kind, PoolKind::kAdaptiveAvg);
  EXPECT_TRUE(IsPoolText("c3 adaptiveavg o1"));
  EXPECT_FALSE(IsPoolText("ic3 oc4 k1 i5"));
}

TEST(PoolTextTest, NamesTheWordThatIsWrong) {
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 quick"), "\"quick\""));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 oc7"), "\"oc7\""));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 s"), "\"s\""));
  EXPECT_TRUE(Has(ParseError("maxpool avgpool c1 i5 k3"), "\"avgpool\" says the kind a second"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 p1 same"), "both \"same\" and a padding"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 excludepad"), "maxpool has no excludepad"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5 k3 o2"), "maxpool has no oh"));
  EXPECT_TRUE(Has(ParseError("avgpool c1 i5 k3 indices"), "avgpool has no indices"));
  EXPECT_TRUE(Has(ParseError("avgpool c1 i5 k3 d2"), "avgpool has no dh"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5 o2 k3"), "adaptiveavg has no kh"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5 o2 same"), "adaptiveavg has no padding"));
  EXPECT_TRUE(Has(ParseError("adaptiveavg c1 i5"), "does not say oh"));
  EXPECT_TRUE(Has(ParseError("maxpool i5 k3"), "does not say c"));
  EXPECT_TRUE(Has(ParseError("maxpool c1 i5"), "does not say kh"));
  EXPECT_TRUE(Has(ParseError("c1 i5 k3"), "names none of maxpool"));
}

TEST(PoolTextTest, ExplainSaysWhatRuns) {
  const Outcome o = Call({"explain", "maxpool c64 ih112 iw112 k3 s2 p1 nhwc"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(Has(o.out, "1x64x56x56")) << o.out;
  EXPECT_TRUE(Has(o.out, "4.014 MB")) << o.out;
  EXPECT_TRUE(
      Has(Call({"explain", "adaptiveavg c2 i9 o4 algorithm=reference"}).out, "reference on"));
  for (const char* wrong :
       {"maxpool c4 i8 k2 bias", "maxpool c4 i8", "maxpool c4 i3 k5", "avgpool c4 i8 k2 p2",
        "maxpool c4 i8 k2 target=NONE", "maxpool c4 i8 k2 algorithm=NONE"}) {
    const Outcome misuse = Call({"explain", wrong});
    EXPECT_EQ(misuse.code, 2) << wrong;
    EXPECT_TRUE(Has(misuse.err, "usage: windrow explain")) << misuse.err;
  }
}

TEST(PoolCorpusTest, CoversEveryAttribute) {
  std::set<std::string> texts;
  std::set<std::pair<PoolKind, Values>> kinds;
  bool ceil = false, exclude = false, divisor = false, dilated = false, sides = false, same = false,
       batch = false, maxima = false, indices = false, threads = false;
  for (const PoolProblem& p : PoolCorpus(false)) {
    EXPECT_TRUE(texts.insert(p.text).second) << p.text;
    kinds.insert({p.kind, p.settings.values});
    ceil |= p.ceil;
    exclude |= p.exclude_pad;
    divisor |= p.divisor.has_value();
    dilated |= p.dilation != Size2(1);
    sides |= p.padding.top() != p.padding.bottom();
    same |= p.padding.is_same();
    batch |= p.input.n() > 1;
    indices |= p.indices;
    maxima |= p.kind == PoolKind::kMax && !p.indices;
    threads |= p.input.elements() > 100'000;
  }
  EXPECT_EQ(kinds.size(), 4u * 5u);
  EXPECT_TRUE(ceil && exclude && divisor && dilated && sides && same && batch);
  EXPECT_TRUE(maxima && indices && threads);
}

TEST(PoolDigestTest, IndicesAreLittleEndian) {
  Digest abcd;  // the bytes "abcdefgh"
  const int64_t letters[] = {0x6867666564636261};
  abcd.Add(letters);
  EXPECT_EQ(abcd.Finish(), "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab");
}

using internal::GlobalKernels;
using internal::PoolKernels;
using internal::RollingKernels;
using internal::RunningKernels;
using internal::StripKernels;
using internal::WindowArgs;
using internal::WindowFn;
using internal::WindowKernels;

PoolKernels g_true_kernels;

// One function pointer of the table.
template <auto kReduction, auto kExtent, int kStride = 0>
WindowFn& Slot(PoolKernels& kernels) {
  if constexpr (kStride == 0) {
    return kernels.*kReduction.*kExtent;
  } else {
    return (kernels.*kReduction.*kExtent)[kStride - 1];
  }
}

template <auto kReduction, auto kTable, int kRows, int kStride>
WindowFn& StripSlot(PoolKernels& kernels) {
  return (kernels.*kReduction.*kTable)[kRows][kStride];
}
template <auto kReduction>
WindowFn& PairsSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).pairs;
}
template <auto kMember>
WindowFn& PlainSlot(PoolKernels& kernels) {
  return kernels.*kMember;
}

template <auto kReduction, int kStride>
WindowFn& NeighboursSlot(PoolKernels& kernels) {
  return (kernels.*kReduction).neighbours[kStride - 1];
}

// The true kernel, and then the first output is wrong in its last bit.
template <WindowFn& (*kSlot)(PoolKernels&)>
void BrokenOutput(const WindowArgs& args) {
  kSlot(g_true_kernels)(args);
  *args.y = std::bit_cast<float>(std::bit_cast<uint32_t>(*args.y) ^ 1);
}

// ... the first index.
template <WindowFn& (*kSlot)(PoolKernels&)>
void BrokenIndex(const WindowArgs& args) {
  kSlot(g_true_kernels)(args);
  if (args.indices != nullptr) {
    ++*args.indices;
  } else {
    ++*args.index;
  }
}

struct BrokenKernel {
  const char* name;
  WindowFn& (*slot)(PoolKernels&);
  WindowFn function;
  bool index;
};

template <WindowFn& (*kSlot)(PoolKernels&)>
constexpr BrokenKernel WrongOutput(const char* name) {
  return {name, kSlot, BrokenOutput<kSlot>, false};
}

template <WindowFn& (*kSlot)(PoolKernels&)>
constexpr BrokenKernel WrongIndex(const char* name) {
  return {name, kSlot, BrokenIndex<kSlot>, true};
}

constexpr BrokenKernel kBrokenKernels[] = {
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::any>>("Max"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::row>>("MaxRow"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::k2x2>>("Max2x2"),
    WrongOutput<Slot<&PoolKernels::max, &WindowKernels::k3x3>>("Max3x3"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::any>>("MaxIndices"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::row>>("MaxIndicesRow"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::k2x2>>("MaxIndices2x2"),
    WrongOutput<Slot<&PoolKernels::max_indices, &WindowKernels::k3x3>>("MaxIndices3x3"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::any>>("Index"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::row>>("IndexRow"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::k2x2>>("Index2x2"),
    WrongIndex<Slot<&PoolKernels::max_indices, &WindowKernels::k3x3>>("Index3x3"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::any>>("Sum"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::row>>("SumRow"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::k2x2>>("Sum2x2"),
    WrongOutput<Slot<&PoolKernels::sum, &WindowKernels::k3x3>>("Sum3x3"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::any, 1>>("MaxRolling"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::any, 2>>("MaxRollingStride2"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::k3, 1>>("MaxRolling3"),
    WrongOutput<Slot<&PoolKernels::max_rolling, &RollingKernels::k3, 2>>("MaxRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 1>>(
        "MaxIndicesRolling"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 2>>(
        "MaxIndicesRollingStride2"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 1>>(
        "MaxIndicesRolling3"),
    WrongOutput<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 2>>(
        "MaxIndicesRolling3Stride2"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 1>>("IndexRolling"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::any, 2>>(
        "IndexRollingStride2"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 1>>("IndexRolling3"),
    WrongIndex<Slot<&PoolKernels::max_indices_rolling, &RollingKernels::k3, 2>>(
        "IndexRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::any, 1>>("SumRolling"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::any, 2>>("SumRollingStride2"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::k3, 1>>("SumRolling3"),
    WrongOutput<Slot<&PoolKernels::sum_rolling, &RollingKernels::k3, 2>>("SumRolling3Stride2"),
    WrongOutput<Slot<&PoolKernels::max_global, &GlobalKernels::pixels>>("MaxGlobalPixels"),
    WrongOutput<Slot<&PoolKernels::max_global, &GlobalKernels::planes>>("MaxGlobalPlanes"),
    WrongOutput<Slot<&PoolKernels::sum_global, &GlobalKernels::pixels>>("SumGlobalPixels"),
    WrongOutput<Slot<&PoolKernels::sum_global, &GlobalKernels::planes>>("SumGlobalPlanes"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 2, 1>>(
        "MaxStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 2, 2>>(
        "MaxStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 1>>(
        "MaxStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 2>>(
        "MaxStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::any, 3, 3>>(
        "MaxStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 2, 1>>(
        "MaxStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 2, 2>>(
        "MaxStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 1>>(
        "MaxStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 2>>(
        "MaxStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_strip, &StripKernels::square, 3, 3>>(
        "MaxStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::max_strip>>("MaxStripPairs"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_strip, 1>>("MaxStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_strip, 2>>("MaxStripNeighboursStride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 2, 1>>(
        "SumStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 2, 2>>(
        "SumStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 1>>(
        "SumStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 2>>(
        "SumStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::any, 3, 3>>(
        "SumStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 2, 1>>(
        "SumStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 2, 2>>(
        "SumStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 1>>(
        "SumStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 2>>(
        "SumStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::sum_strip, &StripKernels::square, 3, 3>>(
        "SumStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::sum_strip>>("SumStripPairs"),
    WrongOutput<NeighboursSlot<&PoolKernels::sum_strip, 1>>("SumStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::sum_strip, 2>>("SumStripNeighboursStride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 2, 1>>(
        "MaxIndicesStripAny2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 2, 2>>(
        "MaxIndicesStripAny2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 1>>(
        "MaxIndicesStripAny3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 2>>(
        "MaxIndicesStripAny3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::any, 3, 3>>(
        "MaxIndicesStripAny3Stride3"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 2, 1>>(
        "MaxIndicesStripSquare2Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 2, 2>>(
        "MaxIndicesStripSquare2Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 1>>(
        "MaxIndicesStripSquare3Stride1"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 2>>(
        "MaxIndicesStripSquare3Stride2"),
    WrongOutput<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 3>>(
        "MaxIndicesStripSquare3Stride3"),
    WrongOutput<PairsSlot<&PoolKernels::max_indices_strip>>("MaxIndicesStripPairs"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_indices_strip, 1>>("MaxIndicesStripNeighbours"),
    WrongOutput<NeighboursSlot<&PoolKernels::max_indices_strip, 2>>(
        "MaxIndicesStripNeighboursStride2"),
    WrongIndex<StripSlot<&PoolKernels::max_indices_strip, &StripKernels::square, 3, 2>>(
        "IndexStrip3Stride2"),
    WrongIndex<PairsSlot<&PoolKernels::max_indices_strip>>("IndexStripPairs"),
    WrongIndex<NeighboursSlot<&PoolKernels::max_indices_strip, 1>>("IndexStripNeighbours"),
    WrongIndex<NeighboursSlot<&PoolKernels::max_indices_strip, 2>>("IndexStripNeighboursStride2"),
    WrongOutput<Slot<&PoolKernels::max_running, &RunningKernels::across>>("MaxRunningAcross"),
    WrongOutput<Slot<&PoolKernels::max_running, &RunningKernels::down>>("MaxRunningDown"),
    WrongOutput<Slot<&PoolKernels::max_indices_running, &RunningKernels::across>>(
        "MaxIndicesRunningAcross"),
    WrongOutput<Slot<&PoolKernels::max_indices_running, &RunningKernels::down>>(
        "MaxIndicesRunningDown"),
    WrongIndex<Slot<&PoolKernels::max_indices_running, &RunningKernels::across>>(
        "IndexRunningAcross"),
    WrongIndex<Slot<&PoolKernels::max_indices_running, &RunningKernels::down>>("IndexRunningDown"),
    WrongOutput<PlainSlot<&PoolKernels::sum_sliding>>("SumSliding"),
};

class BrokenPoolKernelTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    index_ = internal::FindTarget(GetParam()).index;
    g_true_kernels = internal::PoolKernelsOf(index_);
  }
  void TearDown() override { Repair(); }

  void Break(const BrokenKernel& kernel) {
    broken_ = g_true_kernels;
    kernel.slot(broken_) = kernel.function;
    internal::ReplacePoolKernelsForTest(index_, &broken_);
  }
  void Repair() { internal::ReplacePoolKernelsForTest(index_, nullptr); }

  size_t index_ = 0;
  PoolKernels broken_{};
};

// Each of them is reached by the quick corpus already.
TEST_P(BrokenPoolKernelTest, IsFoundWhicheverItIs) {
  std::vector<cpu::TargetInfo> target;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == GetParam()) target.push_back(t);
  }
  for (const BrokenKernel& kernel : kBrokenKernels) {
    Break(kernel);
    SelftestReport report;
    report.quick = true;
    TestPoolings(target, report);
    ASSERT_EQ(report.targets.size(), 1u);
    EXPECT_FALSE(report.targets[0].differences.empty()) << kernel.name;
    for (const Difference& d : report.targets[0].differences) {
      EXPECT_EQ(d.of_index, kernel.index) << kernel.name;
    }
  }
}

TEST_P(BrokenPoolKernelTest, IsNamed) {
  for (const BrokenKernel& kernel : kBrokenKernels) {
    if (std::string(kernel.name) == "MaxIndices3x3") Break(kernel);
  }
  const Outcome o = Call({"selftest", "--quick"});
  EXPECT_EQ(o.code, 1);
  EXPECT_TRUE(Has(o.out, "DIFFERENCE " + GetParam() + " pooling ")) << o.out;
  EXPECT_TRUE(Has(o.out, "\"maxpool c64 i56 k3 s2 p1 indices\": ")) << o.out;
  EXPECT_TRUE(Has(o.out, "FAILED")) << o.out;
  for (const TargetResult& t : RunSelftest({}, true).targets) {
    const bool here = t.target == GetParam() && t.bits_class == BitsClass::kPooling;
    EXPECT_EQ(t.differences.empty(), !here) << t.target;
  }
  Repair();
  EXPECT_TRUE(RunSelftest({GetParam()}, /*quick=*/true).ok());
}

std::vector<std::string> UsableTargets() {
  std::vector<std::string> names;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.usable) names.push_back(t.name);
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Targets, BrokenPoolKernelTest, testing::ValuesIn(UsableTargets()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace windrow::tool
