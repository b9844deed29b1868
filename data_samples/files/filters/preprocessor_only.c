#ifndef QUARRY_PLATFORM_H
#define QUARRY_PLATFORM_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define QUARRY_WINDOWS 1
#define QUARRY_PATH_SEPARATOR '\\'
#elif defined(__APPLE__)
#define QUARRY_MACOS 1
#define QUARRY_PATH_SEPARATOR '/'
#else
#define QUARRY_UNIX 1
#define QUARRY_PATH_SEPARATOR '/'
#endif

#if UINTPTR_MAX == UINT64_MAX
#define QUARRY_POINTER_BITS 64
#else
#define QUARRY_POINTER_BITS 32
#endif

#ifdef __GNUC__
#define QUARRY_LIKELY(x) __builtin_expect(!!(x), 1)
#define QUARRY_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define QUARRY_LIKELY(x) (x)
#define QUARRY_UNLIKELY(x) (x)
#endif

#endif
