#include "lib/train/json_reader.h"

#include <utility>

namespace windrow::internal {
namespace {

void AppendUtf8(uint32_t code, std::string& to) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += {static_cast<char>(0xC0 | code >> 6), tail(0)};
  } else if (code < 0x10000) {
    to += {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  } else {
    to += {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
  }
}

}  // namespace

void JsonReader::Fail(const std::string& what) const {
  throw std::runtime_error(StrCat(name_, ": ", what, " at byte ", at_, " of its header"));
}

char JsonReader::Next() {
  if (at_ == text_.size()) Fail("the JSON ends early");
  return text_[at_++];
}

bool JsonReader::Skip(char c) {
  while (at_ < text_.size() &&
         std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) {
    ++at_;
  }
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void JsonReader::Expect(char c) {
  if (!Skip(c)) Fail(StrCat("there is no '", c, "'"));
}

void JsonReader::End() {
  Skip('\0');
  if (at_ != text_.size()) Fail("there is more after the JSON");
}

uint32_t JsonReader::Hexadecimal() {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = Next();
    const size_t digit = std::string_view("0123456789abcdef")
                             .find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    if (digit == std::string_view::npos) Fail("a \\u has no four hexadecimal digits");
    code = code * 16 + static_cast<uint32_t>(digit);
  }
  return code;
}

std::string JsonReader::String() {
  Expect('"');
  std::string value;
  for (char c = Next(); c != '"'; c = Next()) {
    if (static_cast<unsigned char>(c) < 0x20) Fail("a string has a control character");
    if (c != '\\') {
      value += c;
      continue;
    }
    c = Next();
    if (c == 'u') {
      uint32_t code = Hexadecimal();
      if (code >= 0xD800 && code < 0xDC00 && Next() == '\\' && Next() == 'u') {
        const uint32_t low = Hexadecimal();
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                                             : 0xD800;
      }
      if (code >= 0xD800 && code < 0xE000) Fail("a string has half a character");
      AppendUtf8(code, value);
      continue;
    }
    const size_t which = std::string_view("\"\\/bfnrt").find(c);
    if (which == std::string_view::npos) Fail("a string has an unknown escape");
    value += "\"\\/\b\f\n\r\t"[which];
  }
  return value;
}

int64_t JsonReader::Number() {
  int64_t value = 0;
  size_t digits = 0;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits) {
    if (digits > 0 && value == 0) Fail("a number begins with 0");
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, text_[at_] - '0', &value)) {
      Fail("a number does not fit 63 bits");
    }
  }
  if (digits == 0) Fail("there is no number from 0 on");
  return value;
}

std::vector<int64_t> JsonReader::Numbers() {
  std::vector<int64_t> values;
  Expect('[');
  if (Skip(']')) return values;
  do {
    Skip('\0');  // space
    values.push_back(Number());
  } while (Skip(','));
  Expect(']');
  return values;
}

}  // namespace windrow::internal
