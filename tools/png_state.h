// What reading and writing PNG share.
//
// libpng reports an error by a longjmp, which must not pass a C++ object that has a destructor. So
// each function with a setjmp owns nothing: what it uses lives in a caller's struct.
#ifndef WINDROW_TOOLS_PNG_STATE_H_
#define WINDROW_TOOLS_PNG_STATE_H_

#include <png.h>

#include <csetjmp>
#include <cstring>

namespace windrow::tool {

// The first error's and the first warning's message, and nothing
// printed.
struct PngState {
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[200] = "not enough memory", warning[200] = "";

  static void OnError(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngState*>(png_get_error_ptr(png));
    std::strncpy(self->message, message, sizeof(self->message) - 1);
    png_longjmp(png, 1);
  }
  static void OnWarning(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngState*>(png_get_error_ptr(png));
    if (self->warning[0] == '\0') std::strncpy(self->warning, message, sizeof(self->warning) - 1);
  }
};

// All chunks but the samples' own are copied as they are.
inline void KeepChunks(png_structp png) {
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, nullptr, -1);
}

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PNG_STATE_H_
