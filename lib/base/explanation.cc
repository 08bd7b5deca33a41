#include "windrow/explanation.h"

#include "lib/base/error.h"

namespace windrow {
inline namespace v0 {

using internal::StrCat;

std::string Explanation::ToString() const {
  std::string s = StrCat(algorithm, " on ", target);
  if (!numerics.empty()) s += StrCat(" (", numerics, " multiply-add)");
  if (!tile.empty()) s += StrCat(", tile ", tile);
  s += StrCat(", output ", output);
  if (multiply_adds != 0) s += StrCat(", ", multiply_adds, " multiply-adds");
  if (!chosen_by.empty()) s += StrCat(", chosen by ", chosen_by);
  s += "\n";
  if (!wisdom_note.empty()) s += StrCat("  wisdom: ", wisdom_note, "\n");
  for (const Candidate& c : candidates) {
    s += StrCat("  ", c.algorithm == algorithm ? "* " : "  ", c.algorithm, ": ",
                c.accepts ? "" : "no: ", c.reason);
    // Rounded, since it is rough.
    if (c.accepts) s += StrCat(", about ", static_cast<int64_t>(c.cycles / 1000 + 0.5), " kcycles");
    if (c.microseconds > 0) s += StrCat(", measured ", c.microseconds, " us");
    s += "\n";
  }
  return s;
}

}  // namespace v0
}  // namespace windrow
