// A global locale that writes 1024.5 as "1.024,5", while this lives.
#ifndef WINDROW_TESTS_SUPPORT_OTHER_LOCALE_H_
#define WINDROW_TESTS_SUPPORT_OTHER_LOCALE_H_

#include <locale>
#include <string>

namespace windrow::test {

class OtherLocale {
 public:
  OtherLocale() : before_(std::locale::global(std::locale(std::locale(), new Punctuation))) {}
  ~OtherLocale() { std::locale::global(before_); }
  OtherLocale(const OtherLocale&) = delete;
  OtherLocale& operator=(const OtherLocale&) = delete;

 private:
  struct Punctuation : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_OTHER_LOCALE_H_
