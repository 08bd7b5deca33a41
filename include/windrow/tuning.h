// How a plan is chosen among those that can run a call. All of them give the same bits, so this
// changes times and nothing else.
#ifndef WINDROW_TUNING_H_
#define WINDROW_TUNING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "windrow/explanation.h"
#include "windrow/export.h"

namespace windrow {
inline namespace v0 {

enum class Tuning : uint8_t {
  kEstimate,  // by what plans should cost; nothing is measured
  // The first Runs of each shape measure: each runs one of up to four plans, the best by estimate
  // and some that should take at most 2.5 times as long, in turn, four times each; the fastest
  // stays. An object knows eight shapes at a time. Scratch memory is that of the largest plan.
  kMeasure,
};

// What was found out about calls of convolutions before: which plan is the fastest on this CPU, on
// a target and on so many threads. A text of one line a call, written by `windrow tune` or Save().
// What is known holds for objects built afterwards, whose algorithm is "auto", whatever their
// Tuning: of a call that is known the plan is taken, if there still is such a plan. Explain says by
// what a plan was chosen.
//
// The environment variable WINDROW_WISDOM may name a file. It is read once; if it cannot be read,
// or is of another CPU or version of Windrow, or broken, it is ignored, and Explain says why.
//
// Any thread may call these functions at any time.
namespace wisdom {

// Adds what a file, or a text like it, knows; of two plans of a call the one added later holds.
// Load throws std::runtime_error if the file cannot be read; both throw std::invalid_argument if it
// is of another CPU or version of Windrow, with both, or broken, and then nothing was added.
WINDROW_API void Load(const std::string& path);
WINDROW_API void Add(std::string_view text);

// Adds that the explained call runs best as explained. Throws std::invalid_argument if that is not
// of a convolution.
WINDROW_API void Remember(const Explanation& explanation);

// All that is known, as Load and Add take it. A file is written whole or not at all; throws
// std::runtime_error if it cannot be written.
WINDROW_API std::string Text();
WINDROW_API void Save(const std::string& path);

// Knows nothing any more, what WINDROW_WISDOM said included.
WINDROW_API void Forget();

}  // namespace wisdom
}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_TUNING_H_
