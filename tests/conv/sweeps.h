// Families of problems: each takes one attribute, or a few that interact, through all its values
// on small images, while the others vary along the way.
#ifndef WINDROW_TESTS_CONV_SWEEPS_H_
#define WINDROW_TESTS_CONV_SWEEPS_H_

#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include "tests/conv/problem.h"
#include "tests/conv/variants.h"
#include "tests/support/values.h"

namespace windrow::test {

struct Sweep {
  const char* name;
  std::vector<Problem> (*problems)(const Variant& variant);
};

// How much of a sweep an algorithm takes.
enum class Takes : uint8_t { kNone, kSome, kAll };
Takes TakesOf(const Variant& variant, std::string_view sweep);

inline void PrintTo(const Sweep& s, std::ostream* out) { *out << s.name; }

// All of them, and those with groups.
std::vector<Sweep> Sweeps();
std::vector<Sweep> GroupSweeps();

// Appends the problem, varied, if it is valid.
void Append(std::vector<Problem>& all, Problem p);

// Problems with every attribute at random, valid and at most `max` multiply-adds each.
std::vector<Problem> RandomProblems(uint64_t seed, int64_t count, int64_t max);

// The same, with strides, paddings and dilations anywhere up to the largest that the library takes,
// and sometimes very long kernels; images are small.
std::vector<Problem> ExtremeProblems(uint64_t seed, int64_t count, int64_t max);

// One of them that may also be larger than that, or not fit its image.
Problem ExtremeProblem(Generator& random);

// No attribute of a convolution may be larger.
inline constexpr int64_t kMaxExtent = int64_t{1} << 31;

// Whether the library should take it.
bool IsLegal(const Problem& p);

// Plain ones as a rule, and of the others those that suit a convolution.
Values ConvValues(Generator& random);

// Gives a problem a bias, residual, clamp, gaps and batch that follow from `index`.
void VaryTheRest(Problem& p, uint64_t index);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_SWEEPS_H_
