// Reading PNG; see png_state.h for what a function with a setjmp may do.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "tools/png_image.h"
#include "tools/png_state.h"

namespace windrow::tool {
namespace {

// An animation's further frames, in libpng's form: names with a zero byte each.
constexpr png_byte kFrames[] = "fcTL\0fdAT";
constexpr int kFrameNames = 2;

// Chunks that stay true whatever is done to the samples, besides those that are marked safe to
// copy; and those that stay true as long as samples have the same form.
constexpr std::array<std::string_view, 12> kTrueOfAny = {
    "cHRM", "cICP", "cLLI", "cLLi", "gAMA", "iCCP", "mDCV", "mDCv", "sCAL", "sPLT", "sRGB", "sTER"};
constexpr std::array<std::string_view, 3> kTrueOfSameForm = {"bKGD", "pCAL", "sBIT"};

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
  KeepChunks(r.png);
  png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_NEVER, kFrames, kFrameNames);
  // libpng copies its list for each of them.
  png_set_chunk_cache_max(r.png, 10'000);
  png_set_chunk_malloc_max(r.png, r.rest.size());  // none is larger than the file
  png_read_info(r.png, r.info);
  png_set_expand(r.png);
  if constexpr (std::endian::native == std::endian::little) png_set_swap(r.png);
  png_set_interlace_handling(r.png);
  return true;
}

bool ReadPixels(Reader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_read_image(r.png, r.rows.data());
  png_read_end(r.png, r.info);
  return true;
}

// Makes the expansions above part of what libpng says about the rows.
bool Update(Reader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_read_update_info(r.png, r.info);
  return true;
}

// What decides whether kTrueOfSameForm stay true.
struct Form {
  explicit Form(const Reader& r)
      : color_type(png_get_color_type(r.png, r.info)),
        bit_depth(png_get_bit_depth(r.png, r.info)) {}
  int color_type, bit_depth;
  friend bool operator==(const Form&, const Form&) = default;
};

bool StaysTrue(const std::string& name, bool same_form) {
  const auto is_of = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool safe_to_copy = (name[3] & 0x20) != 0;
  return safe_to_copy || is_of(kTrueOfAny) || (same_form && is_of(kTrueOfSameForm));
}

// What becomes of a chunk that is not copied. A time of the last change says nothing that is lost.
void Lose(const PngChunk& chunk, std::string& names, Image& image) {
  if (chunk.name == "tIME") return;
  if (chunk.name != "acTL") {
    names += " " + chunk.name;
    return;
  }
  uint32_t frames = 0;
  for (size_t i = 0; i < 4 && i < chunk.bytes.size(); ++i) {
    frames = frames << 8 | static_cast<unsigned char>(chunk.bytes[i]);
  }
  if (frames > 1) {
    image.warnings.push_back(
        fmt::format("only the first picture of an animation of {} frames is kept", frames));
  }
}

void TakeChunks(const Reader& r, bool same_form, Image& image) {
  png_unknown_chunkp chunks = nullptr;
  const int count = png_get_unknown_chunks(r.png, r.info, &chunks);
  std::string lost;
  for (int i = 0; i < count; ++i) {
    PngChunk chunk{reinterpret_cast<const char*>(chunks[i].name),
                   std::string(reinterpret_cast<const char*>(chunks[i].data), chunks[i].size),
                   (chunks[i].location & PNG_AFTER_IDAT) != 0};
    if (StaysTrue(chunk.name, same_form)) {
      image.chunks.push_back(std::move(chunk));
    } else {
      Lose(chunk, lost, image);
    }
  }
  if (!lost.empty()) {
    image.warnings.push_back("not kept, since not true of another picture:" + lost);
  }
  if (!r.rest.empty()) {
    image.warnings.push_back(fmt::format("{} bytes after the picture are not kept", r.rest.size()));
  }
  if (r.warning[0] != '\0') image.warnings.push_back(r.warning);
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
  const Form form(r);
  if (!Update(r)) fail(r.message);
  image.channels = png_get_channels(r.png, r.info);
  image.bit_depth = png_get_bit_depth(r.png, r.info);
  const size_t pitch = png_get_rowbytes(r.png, r.info);
  r.pixels.resize(pitch * static_cast<size_t>(image.height));
  for (int64_t y = 0; y < image.height; ++y) {
    r.rows.push_back(r.pixels.data() + static_cast<size_t>(y) * pitch);
  }
  if (!ReadPixels(r)) fail(r.message);
  TakeChunks(r, Form(r) == form, image);
  image.samples.resize(static_cast<size_t>(image.width * image.height * image.channels));
  if (image.bit_depth == 16) {
    std::memcpy(image.samples.data(), r.pixels.data(), r.pixels.size());
  } else {
    std::copy(r.pixels.begin(), r.pixels.end(), image.samples.begin());
  }
  return image;
}

}  // namespace windrow::tool
