// Errors: exceptions whose message names both facts that disagree.
#ifndef WINDROW_LIB_BASE_ERROR_H_
#define WINDROW_LIB_BASE_ERROR_H_

#include <sstream>
#include <stdexcept>
#include <string>

namespace windrow::internal {

// The arguments printed one after the other; what has a ToString(), by it.
template <typename T>
void Append(std::ostream& out, const T& value) {
  if constexpr (requires { value.ToString(); }) {
    out << value.ToString();
  } else {
    out << value;
  }
}

template <typename... Args>
std::string StrCat(const Args&... args) {
  std::ostringstream out;
  (Append(out, args), ...);
  return out.str();
}

// Throws std::invalid_argument with the arguments as its message, unless `ok`. The message is put
// together only when it is needed: pass a Shape itself, not its ToString().
template <typename... Args>
void Require(bool ok, const Args&... message) {
  if (!ok) [[unlikely]] {
    throw std::invalid_argument(StrCat(message...));
  }
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_ERROR_H_
