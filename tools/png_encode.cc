// Writing PNG; see png_state.h for what a function with a setjmp may do.
#include <fmt/format.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "tools/png_image.h"
#include "tools/png_state.h"

namespace windrow::tool {
namespace {

struct Writer : PngState {
  const Image* image = nullptr;
  std::string bytes;
  std::vector<png_byte> row;
  std::vector<png_unknown_chunk> chunks;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, static_cast<PngState*>(this), OnError,
                                  OnWarning);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  static void Write(png_structp png, png_bytep from, size_t count) {
    auto* self = static_cast<Writer*>(png_get_io_ptr(png));
    bool ok = true;
    try {
      self->bytes.append(reinterpret_cast<const char*>(from), count);
    } catch (const std::bad_alloc&) {
      ok = false;  // a jump out of a handler would leak the exception
    }
    if (!ok) png_error(png, "not enough memory");
  }
  static void Flush(png_structp) {}

  // Row y, most significant byte first.
  void Pack(int64_t y) {
    const size_t count = static_cast<size_t>(image->width * image->channels);
    const uint16_t* from = image->samples.data() + static_cast<size_t>(y) * count;
    for (size_t i = 0; i < count; ++i) {
      if (image->bit_depth == 16) {
        row[2 * i] = static_cast<png_byte>(from[i] >> 8);
        row[2 * i + 1] = static_cast<png_byte>(from[i] & 255);
      } else {
        row[i] = static_cast<png_byte>(from[i]);
      }
    }
  }
};

bool WriteAll(Writer& w) {
  if (w.info == nullptr || setjmp(png_jmpbuf(w.png))) return false;
  static constexpr int kColorTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                        PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  png_set_write_fn(w.png, &w, Writer::Write, Writer::Flush);
  png_set_user_limits(w.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(w.png, w.info, static_cast<png_uint_32>(w.image->width),
               static_cast<png_uint_32>(w.image->height), w.image->bit_depth,
               kColorTypes[w.image->channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
               PNG_FILTER_TYPE_BASE);
  KeepChunks(w.png);
  png_set_unknown_chunks(w.png, w.info, w.chunks.data(), static_cast<int>(w.chunks.size()));
  png_write_info(w.png, w.info);
  for (int64_t y = 0; y < w.image->height; ++y) {
    w.Pack(y);
    png_write_row(w.png, w.row.data());
  }
  png_write_end(w.png, w.info);
  return true;
}

}  // namespace

std::string EncodePng(const Image& image) {
  Writer w;
  w.image = &image;
  w.row.resize(static_cast<size_t>(image.width * image.channels * (image.bit_depth / 8)));
  for (const PngChunk& chunk : image.chunks) {
    png_unknown_chunk& c = w.chunks.emplace_back();
    std::memcpy(c.name, chunk.name.c_str(), sizeof(c.name));
    // libpng copies the data, it does not change it.
    c.data = reinterpret_cast<png_byte*>(const_cast<char*>(chunk.bytes.data()));
    c.size = chunk.bytes.size();
    c.location = chunk.after_pixels ? PNG_AFTER_IDAT : PNG_HAVE_IHDR;
  }
  if (!WriteAll(w)) throw std::runtime_error(fmt::format("cannot encode a PNG: {}", w.message));
  return std::move(w.bytes);
}

}  // namespace windrow::tool
