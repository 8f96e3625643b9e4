// For `renameat2` and `O_TMPFILE`.
#define _GNU_SOURCE

#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

void dbn_advise_huge_pages(void *start, size_t byte_count) {
#ifdef MADV_HUGEPAGE
  madvise(start, byte_count, MADV_HUGEPAGE);
#else
  (void)start, (void)byte_count;
#endif
}

#ifdef __linux__
static void *wait_at(void *gate) {
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

// Whether a thread for each core can be started: all at once, since libdispatch starts them so.
static int can_start_threads(void) {
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_t threads[256];
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  int wanted = cores < 256 ? (int)cores : 256, count = 0;
  pthread_mutex_lock(&gate);
  while (count < wanted && pthread_create(&threads[count], NULL, wait_at, &gate) == 0) count++;
  pthread_mutex_unlock(&gate);
  for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
  return count == wanted;
}
#endif

int dbn_has_dispatch_threads(void) {
#ifdef __linux__
  struct rlimit limit;
  return access("/proc/self/stat", R_OK) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         limit.rlim_cur >= 256 && can_start_threads();
#else
  return 1;
#endif
}

void dbn_release_freed_memory(void) {
#ifdef __GLIBC__
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
