// For `renameat2` and `O_TMPFILE`.
#define _GNU_SOURCE

#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

__attribute__((unused)) static int unsupported(void) {
  errno = ENOSYS;
  return -1;
}

// Not every C library of Linux declares `renameat2`.
int dbn_rename_if_free(const char *old_path, const char *new_path) {
#if defined(__APPLE__)
  return renamex_np(old_path, new_path, RENAME_EXCL);
#elif defined(RENAME_NOREPLACE)
  return renameat2(AT_FDCWD, old_path, AT_FDCWD, new_path, RENAME_NOREPLACE);
#else
  (void)old_path, (void)new_path;
  return unsupported();
#endif
}

int dbn_exchange_names(const char *first_path, const char *second_path) {
#if defined(__APPLE__)
  return renamex_np(first_path, second_path, RENAME_SWAP);
#elif defined(RENAME_EXCHANGE)
  return renameat2(AT_FDCWD, first_path, AT_FDCWD, second_path, RENAME_EXCHANGE);
#else
  (void)first_path, (void)second_path;
  return unsupported();
#endif
}

int dbn_open_unnamed(const char *folder, mode_t mode) {
#ifdef O_TMPFILE
  return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
#else
  (void)folder, (void)mode;
  return unsupported();
#endif
}

void dbn_read_bytes(const void *start, size_t byte_count) {
  const volatile char *bytes = start;
  for (size_t offset = 0; offset < byte_count; offset += 4096) (void)bytes[offset];
  if (byte_count) (void)bytes[byte_count - 1];
}

void dbn_advise_huge_pages(void *start, size_t byte_count) {
#ifdef MADV_HUGEPAGE
  madvise(start, byte_count, MADV_HUGEPAGE);
#else
  (void)start, (void)byte_count;
#endif
}

#ifndef __has_feature
#define __has_feature(name) 0
#endif

void dbn_release_freed_memory(void) {
  // The address sanitizer has a heap of its own; glibc's is then never set up, and trimming it from
  // two threads at once crashes.
#if defined(__GLIBC__) && !__has_feature(address_sanitizer)
  malloc_trim(0);
#endif
}

void dbn_set_heap_limits(int byte_count, int kept) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, byte_count);
  mallopt(M_TRIM_THRESHOLD, kept);
#else
  (void)byte_count, (void)kept;
#endif
}
