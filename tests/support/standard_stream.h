// Standard input, output or error as something else, for as long as this lives.
#ifndef WINDROW_TESTS_SUPPORT_STANDARD_STREAM_H_
#define WINDROW_TESTS_SUPPORT_STANDARD_STREAM_H_

#include <gtest/gtest.h>
#include <unistd.h>

namespace windrow::tool {

class StandardStream {
 public:
  // Takes what is to be in its place.
  StandardStream(int stream, int other) : stream_(stream), saved_(dup(stream)) {
    EXPECT_GE(dup2(other, stream), 0);
    close(other);
  }
  ~StandardStream() {
    dup2(saved_, stream_);
    close(saved_);
  }
  StandardStream(const StandardStream&) = delete;
  StandardStream& operator=(const StandardStream&) = delete;

 private:
  int stream_, saved_;
};

}  // namespace windrow::tool

#endif  // WINDROW_TESTS_SUPPORT_STANDARD_STREAM_H_
