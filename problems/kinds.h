// What problems of every operation may say besides their sizes.
#ifndef WINDROW_PROBLEMS_KINDS_H_
#define WINDROW_PROBLEMS_KINDS_H_

#include <cstdint>
#include <string>

namespace windrow::problems {

// What the data hold besides ordinary numbers: zeros of both signs, denormals and what becomes one,
// numbers whose sums overflow, a few infinities and NaN; few different numbers, more infinities and
// NaN than numbers, hardly anything above minus infinity. Tests and the self-test have numbers of
// their own for each.
enum class Values : uint8_t { kPlain, kZeros, kDenormal, kHuge, kNonFinite, kTies, kWild, kLow };
inline constexpr const char* kValuesWords[] = {"plain",     "zeros", "denormal", "huge",
                                               "nonfinite", "ties",  "wild",     "low"};

// Where a view has elements that are not its own: between pixels (a channel slice of a wider
// tensor), between rows (a crop), between images, at all of these; and at all of these and between
// its elements (every other one of an array).
enum class Gaps : uint8_t { kNone, kPixels, kRows, kImages, kAll, kElements };
inline constexpr const char* kGapsWords[] = {"none", "pixels", "rows", "images", "all", "elements"};

// Which end of every buffer lies at an inaccessible page.
enum class Edge : uint8_t { kStart, kEnd };
inline constexpr const char* kEdgeWords[] = {"start", "end"};

inline constexpr const char* kLayoutWords[] = {"nchw", "nhwc"};  // of windrow::Layout

// A text that was read: what it says, and how that is to be run.
template <typename Problem>
struct Parsed {
  std::string text;
  Problem problem;
  std::string target, algorithm = "auto";
};

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_KINDS_H_
