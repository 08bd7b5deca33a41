// Sets of pictures in the format of MNIST: two bytes of zeros, the type of the values (8: bytes),
// the number of extents, these with their most significant byte first, the values.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::StrCat;

struct Idx {
  std::vector<int64_t> extents{};
  std::vector<uint8_t> values{};
};

Idx Parse(std::string_view bytes, size_t dimensions, const std::string& file) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(StrCat(file, ": ", what));
  };
  const size_t header = 4 + 4 * dimensions;
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() >= 2 && at(0) == 0x1F && at(1) == 0x8B) {
    fail("is compressed by gzip: unpack it first");
  }
  if (bytes.size() < header) {
    fail(StrCat("is too short for an IDX file: it has ", bytes.size(), " bytes"));
  }
  if (at(0) != 0 || at(1) != 0 || at(2) != 8) fail("is no IDX file of bytes");
  if (at(3) != dimensions) {
    fail(StrCat("has ", int{at(3)}, " dimensions, not ", dimensions));
  }
  Idx idx;
  uint64_t values = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    int64_t extent = 0;
    for (size_t b = 0; b < 4; ++b) extent = extent << 8 | at(4 + 4 * d + b);
    idx.extents.push_back(extent);
    if (__builtin_mul_overflow(values, static_cast<uint64_t>(extent), &values)) {
      fail("has more values than fit 64 bits");
    }
  }
  if (bytes.size() - header != values) {
    fail(StrCat("has ", bytes.size() - header, " bytes of values, its header says ", values));
  }
  idx.values.assign(bytes.begin() + static_cast<ptrdiff_t>(header), bytes.end());
  return idx;
}

}  // namespace

Dataset ParseIdx(std::string_view images, std::string_view labels, const std::string& images_name,
                 const std::string& labels_name) {
  Idx pictures = Parse(images, 3, images_name), numbers = Parse(labels, 1, labels_name);
  if (pictures.extents[0] != numbers.extents[0]) {
    throw std::runtime_error(StrCat(images_name, " has ", pictures.extents[0], " pictures, ",
                                    labels_name, " has ", numbers.extents[0], " labels"));
  }
  if (pictures.values.empty()) throw std::runtime_error(images_name + ": there are no pictures");
  return {.image = Shape(1, 1, pictures.extents[1], pictures.extents[2]),
          .pixels = std::move(pictures.values),
          .labels = std::move(numbers.values)};
}

Dataset ReadIdx(const std::string& images, const std::string& labels) {
  const std::string pictures = internal::ReadFile(images);
  return ParseIdx(pictures, internal::ReadFile(labels), images, labels);
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
