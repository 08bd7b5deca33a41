// A call in words, by which wisdom knows it, put together without allocating.
#ifndef WINDROW_LIB_BASE_CALL_TEXT_H_
#define WINDROW_LIB_BASE_CALL_TEXT_H_

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace windrow::internal {

class CallText {
 public:
  CallText& operator<<(std::string_view text) {
    fits_ = fits_ && text.size() <= data_.size() - size_;
    if (fits_) size_ += text.copy(data_.data() + size_, text.size());
    return *this;
  }
  CallText& operator<<(char c) { return *this << std::string_view(&c, 1); }
  CallText& operator<<(int64_t number) {
    const auto [end, error] =
        std::to_chars(data_.data() + size_, data_.data() + data_.size(), number);
    fits_ = fits_ && error == std::errc();
    if (fits_) size_ = static_cast<size_t>(end - data_.data());
    return *this;
  }
  // Nothing if it is too long, as only the numbers of absurd strides are.
  std::string_view view() const { return {data_.data(), fits_ ? size_ : 0}; }

 private:
  std::array<char, 512> data_;
  size_t size_ = 0;
  bool fits_ = true;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_CALL_TEXT_H_
