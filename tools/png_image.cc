// libpng reports an error by a longjmp, which must not pass a C++ object that has a destructor. So
// each function with a setjmp here owns nothing: what it uses lives in a caller's struct.
#include "tools/png_image.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>
#include <stdexcept>

namespace windrow::tool {
namespace {

// The chunks that are copied as they are, in libpng's form: names with a zero byte each.
constexpr png_byte kCopied[] = "cHRM\0gAMA\0iCCP\0sRGB\0pHYs";
constexpr int kCopiedCount = sizeof(kCopied) / 5;

// What both directions share: the first error's message, and nothing printed.
struct PngState {
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[200] = "not enough memory";

  static void OnError(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngState*>(png_get_error_ptr(png));
    std::strncpy(self->message, message, sizeof(self->message) - 1);
    png_longjmp(png, 1);
  }
  static void OnWarning(png_structp, png_const_charp) {}
};

struct Reader : PngState {
  std::string_view rest;
  std::vector<png_byte> pixels;
  std::vector<png_bytep> rows;

  Reader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, static_cast<PngState*>(this), OnError,
                                 OnWarning);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static void Read(png_structp png, png_bytep to, size_t bytes) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (self->rest.size() < bytes) png_error(png, "the file ends too early");
    std::memcpy(to, self->rest.data(), bytes);
    self->rest.remove_prefix(bytes);
  }
};

// Everything up to the pixels; the rows are then gray, gray + alpha, RGB or RGBA of 8 or 16 bits in
// this machine's byte order.
bool ReadHeader(Reader& r) {
  if (r.info == nullptr || setjmp(png_jmpbuf(r.png))) return false;
  png_set_read_fn(r.png, &r, Reader::Read);
  // Larger sizes are refused by kMaxPixels, with a better message.
  png_set_user_limits(r.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_ALWAYS, kCopied, kCopiedCount);
  png_read_info(r.png, r.info);
  png_set_expand(r.png);
  if constexpr (std::endian::native == std::endian::little) png_set_swap(r.png);
  png_set_interlace_handling(r.png);
  return true;
}

bool ReadPixels(Reader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_read_image(r.png, r.rows.data());
  png_read_end(r.png, nullptr);
  return true;
}

// Makes the expansions above part of what libpng says about the rows.
bool Update(Reader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_read_update_info(r.png, r.info);
  return true;
}

std::vector<PngChunk> CopiedChunks(const Reader& r) {
  png_unknown_chunkp chunks = nullptr;
  const int count = png_get_unknown_chunks(r.png, r.info, &chunks);
  std::vector<PngChunk> copies;
  for (int i = 0; i < count; ++i) {
    copies.push_back({reinterpret_cast<const char*>(chunks[i].name),
                      std::string(reinterpret_cast<const char*>(chunks[i].data), chunks[i].size)});
  }
  return copies;
}

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
  png_set_keep_unknown_chunks(w.png, PNG_HANDLE_CHUNK_ALWAYS, kCopied, kCopiedCount);
  png_set_unknown_chunks(w.png, w.info, w.chunks.data(), static_cast<int>(w.chunks.size()));
  png_write_info(w.png, w.info);
  for (int64_t y = 0; y < w.image->height; ++y) {
    w.Pack(y);
    png_write_row(w.png, w.row.data());
  }
  png_write_end(w.png, nullptr);
  return true;
}

}  // namespace

Image DecodePng(std::string_view bytes, const std::string& name) {
  const auto fail = [&](const char* why) {
    throw std::runtime_error(fmt::format("{} is not a readable PNG: {}", name, why));
  };
  if (bytes.empty()) fail("the file is empty");
  if (png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0,
                  std::min<size_t>(bytes.size(), 8)) != 0) {
    fail("it does not begin with PNG's signature");
  }
  Reader r;
  r.rest = bytes;
  if (!ReadHeader(r)) fail(r.message);
  Image image;
  image.width = png_get_image_width(r.png, r.info);
  image.height = png_get_image_height(r.png, r.info);
  if (image.height > kMaxPixels / image.width) {
    throw std::runtime_error(fmt::format("{} is {} x {} pixels, more than the {} that are allowed",
                                         name, image.width, image.height, kMaxPixels));
  }
  if (!Update(r)) fail(r.message);
  image.channels = png_get_channels(r.png, r.info);
  image.bit_depth = png_get_bit_depth(r.png, r.info);
  const size_t pitch = png_get_rowbytes(r.png, r.info);
  r.pixels.resize(pitch * static_cast<size_t>(image.height));
  for (int64_t y = 0; y < image.height; ++y) {
    r.rows.push_back(r.pixels.data() + static_cast<size_t>(y) * pitch);
  }
  if (!ReadPixels(r)) fail(r.message);
  image.chunks = CopiedChunks(r);
  image.samples.resize(static_cast<size_t>(image.width * image.height * image.channels));
  if (image.bit_depth == 16) {
    std::memcpy(image.samples.data(), r.pixels.data(), r.pixels.size());
  } else {
    std::copy(r.pixels.begin(), r.pixels.end(), image.samples.begin());
  }
  return image;
}

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
    c.location = PNG_HAVE_IHDR;
  }
  if (!WriteAll(w)) throw std::runtime_error(fmt::format("cannot encode a PNG: {}", w.message));
  return std::move(w.bytes);
}

}  // namespace windrow::tool
