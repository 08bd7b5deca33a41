// Numbers that people write.
#ifndef WINDROW_TOOLS_NUMBER_H_
#define WINDROW_TOOLS_NUMBER_H_

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

namespace windrow::tool {

// The float nearest to the whole of `text`, 0 or a denormal one if that is small; nothing for what
// is no number, or not a finite one.
inline std::optional<float> NearestFloat(const std::string& text) {
  char* end = nullptr;
  // std::stof and std::from_chars call the tail of a Gaussian out of range.
  const float value = std::strtof(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_NUMBER_H_
