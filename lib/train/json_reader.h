// Reads the little JSON that safetensors headers are made of: objects, arrays, strings and numbers
// from 0 on without fractions. Strict: what is not JSON is an error.
#ifndef WINDROW_LIB_TRAIN_JSON_READER_H_
#define WINDROW_LIB_TRAIN_JSON_READER_H_

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace windrow::internal {

// Takes values from the beginning of a text. Throws std::runtime_error.
class JsonReader {
 public:
  JsonReader(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  // Calls member(key) for each, which must take its value.
  template <typename F>
  void Object(const F& member) {
    Expect('{');
    if (Skip('}')) return;
    do {
      std::string key = String();
      Expect(':');
      member(std::move(key));
    } while (Skip(','));
    Expect('}');
  }
  std::vector<int64_t> Numbers();
  std::string String();
  // Nothing but space may be left.
  void End();
  [[noreturn]] void Fail(const std::string& what) const;

 private:
  void Expect(char c);
  bool Skip(char c);  // if it is next, after any space
  char Next();
  uint32_t Hexadecimal();
  int64_t Number();

  std::string_view text_;
  std::string name_;
  size_t at_ = 0;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_JSON_READER_H_
