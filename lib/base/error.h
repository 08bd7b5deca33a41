// Errors: exceptions whose message names both facts that disagree.
#ifndef WINDROW_LIB_BASE_ERROR_H_
#define WINDROW_LIB_BASE_ERROR_H_

#include <cstdint>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

namespace windrow::internal {

// To StrCat's stream: what has a ToString(), by it.
template <typename T>
void Append(std::ostream& out, const T& value) {
  if constexpr (requires { value.ToString(); }) {
    out << value.ToString();
  } else {
    out << value;
  }
}

// The arguments printed one after the other, whatever the program's locale.
template <typename... Args>
std::string StrCat(const Args&... args) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.exceptions(std::ios::badbit);  // a stream keeps std::bad_alloc to itself otherwise
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

// Throws std::invalid_argument unless the value is one of its enum's, which are counted from 0 on.
template <typename Enum>
void RequireEnum(const char* name, Enum value, Enum last) {
  const auto number = static_cast<int64_t>(value), max = static_cast<int64_t>(last);
  Require(number >= 0 && number <= max, name, " is ", number, ", which is not a value of its enum",
          " (0 to ", max, ")");
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_ERROR_H_
