// Preloaded into the command: makes one call of the system fail, or kills the process just before it.
//
// FAULT=KIND:N:WHAT  at the Nth call of that kind ("any": of any kind that changes names): an error
//                    number, or "kill". N counts from 1.
// COUNTS=PATH        writes how many calls of each kind there were: "open 3", a line each.
// WITHOUT=...        a file system without "tmpfile" (files without names), "exchange" (of names),
//                    "link" (hard links), "lock"; several are separated by commas.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

enum kind { OPEN, READ, PWRITE, FSYNC, RENAME, LINK, UNLINK, FTRUNCATE, MMAP, LOCK, KINDS };
static const char *const names[] = {"open", "read", "pwrite", "fsync", "rename", "link", "unlink",
                                    "ftruncate", "mmap", "lock"};
static atomic_int counts[KINDS], any;
static int fault_kind = -1, fault_number, fault_error;

__attribute__((constructor)) static void read_fault(void) {
  const char *text = getenv("FAULT");
  char name[16], what[16];
  if (!text || sscanf(text, "%15[^:]:%d:%15s", name, &fault_number, what) != 3) return;
  fault_error = strcmp(what, "kill") ? atoi(what) : -1;
  fault_kind = strcmp(name, "any") ? -1 : KINDS;
  for (int kind = 0; kind < KINDS; kind++) if (!strcmp(name, names[kind])) fault_kind = kind;
}

__attribute__((destructor)) static void write_counts(void) {
  const char *path = getenv("COUNTS");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fault_kind = -1;
  fprintf(file, "any %d\n", any);
  for (int kind = 0; kind < KINDS; kind++) fprintf(file, "%s %d\n", names[kind], counts[kind]);
  fclose(file);
}

static int lacks(const char *what) {
  const char *list = getenv("WITHOUT");
  return list && strstr(list, what);
}

// Whether this call is to fail; errno is set then.
static int fails(enum kind kind) {
  int changes_names = kind == RENAME || kind == LINK || kind == UNLINK || kind == FTRUNCATE;
  int number = ++counts[kind], number_of_any = changes_names ? ++any : 0;
  int is_it = fault_kind == (int)kind ? number == fault_number
              : fault_kind == KINDS && changes_names && number_of_any == fault_number;
  if (!is_it) return 0;
  if (fault_error < 0) kill(getpid(), SIGKILL);
  errno = fault_error;
  return 1;
}

#define NEXT(result, name, ...) ((result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

#define OPENS(name)                                                                                 \
  int name(const char *path, int flags, ...) {                                                     \
    va_list list;                                                                                   \
    va_start(list, flags);                                                                          \
    int mode = va_arg(list, int);                                                                   \
    va_end(list);                                                                                   \
    if ((flags & O_TMPFILE) == O_TMPFILE && lacks("tmpfile")) return errno = EOPNOTSUPP, -1;        \
    int writes = (flags & O_ACCMODE) != O_RDONLY;                                                   \
    if (strncmp(path, "/proc", 5) && fails(writes ? OPEN : READ)) return -1;                        \
    return NEXT(int, name, const char *, int, ...)(path, flags, mode);                              \
  }
OPENS(open)
OPENS(open64)

#define WRITES(name)                                                                                \
  ssize_t name(int file, const void *bytes, size_t count, off_t offset) {                          \
    if (fails(PWRITE)) return -1;                                                                   \
    return NEXT(ssize_t, name, int, const void *, size_t, off_t)(file, bytes, count, offset);       \
  }
WRITES(pwrite)
WRITES(pwrite64)

#define MAPS(name)                                                                                  \
  void *name(void *start, size_t size, int access, int flags, int file, off_t offset) {            \
    if (file >= 0 && fails(MMAP)) return MAP_FAILED;                                                \
    return NEXT(void *, name, void *, size_t, int, int, int, off_t)(start, size, access, flags,     \
                                                                    file, offset);                  \
  }
MAPS(mmap)
MAPS(mmap64)

#define TRUNCATES(name)                                                                             \
  int name(int file, off_t size) {                                                                 \
    if (fails(FTRUNCATE)) return -1;                                                                \
    return NEXT(int, name, int, off_t)(file, size);                                                 \
  }
TRUNCATES(ftruncate)
TRUNCATES(ftruncate64)

int fsync(int file) {
  if (fails(FSYNC)) return -1;
  return NEXT(int, fsync, int)(file);
}

int rename(const char *old, const char *new) {
  if (fails(RENAME)) return -1;
  return NEXT(int, rename, const char *, const char *)(old, new);
}

int renameat2(int a, const char *old, int b, const char *new, unsigned flags) {
  if (lacks("exchange")) return errno = EINVAL, -1;
  if (fails(RENAME)) return -1;
  return NEXT(int, renameat2, int, const char *, int, const char *, unsigned)(a, old, b, new, flags);
}

int link(const char *old, const char *new) {
  if (lacks("link")) return errno = EPERM, -1;
  if (fails(LINK)) return -1;
  return NEXT(int, link, const char *, const char *)(old, new);
}

int linkat(int a, const char *old, int b, const char *new, int flags) {
  if (fails(LINK)) return -1;
  return NEXT(int, linkat, int, const char *, int, const char *, int)(a, old, b, new, flags);
}

int unlink(const char *path) {
  if (fails(UNLINK)) return -1;
  return NEXT(int, unlink, const char *)(path);
}

int flock(int file, int operation) {
  if (lacks("lock")) return errno = ENOLCK, -1;
  if (fails(LOCK)) return -1;
  return NEXT(int, flock, int, int)(file, operation);
}
