// Expectations about exceptions: the type, and the facts that the message must name.
#ifndef WINDROW_TESTS_SUPPORT_EXPECT_THROW_H_
#define WINDROW_TESTS_SUPPORT_EXPECT_THROW_H_

#include <gtest/gtest.h>

#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace windrow::test {

// That f() throws exactly an Exception whose message contains all `facts`.
template <typename Exception = std::invalid_argument, typename F>
testing::AssertionResult Throws(const F& f, std::initializer_list<std::string> facts) {
  try {
    f();
  } catch (const std::exception& e) {
    const std::string what = e.what();
    if (typeid(e) != typeid(Exception)) {
      return testing::AssertionFailure() << "threw another exception: " << what;
    }
    for (const std::string& fact : facts) {
      if (what.find(fact) == std::string::npos) {
        return testing::AssertionFailure() << '"' << what << "\" does not name \"" << fact << '"';
      }
    }
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "threw nothing";
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_EXPECT_THROW_H_
