// The symbols a shared build exports; everything else has hidden visibility.
#ifndef WINDROW_EXPORT_H_
#define WINDROW_EXPORT_H_

#if defined(__GNUC__) || defined(__clang__)
#define WINDROW_API __attribute__((visibility("default")))
#else
#define WINDROW_API
#endif

#endif  // WINDROW_EXPORT_H_
