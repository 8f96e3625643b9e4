// Everything that a handler here calls is on POSIX's list of functions that are safe in one
// (`unlink`, `write`, `open`, `read`, `close`, `pause`, `_exit`, `raise`, `sigaction`, `memcpy`,
// `strlen`, `memchr`) or is an atomic without a lock. Handlers share nothing else with the program
// they interrupt: names are copied to the handler's stack, and used only if they did not change
// meanwhile. No handler allocates, locks or calls Swift.
#define _GNU_SOURCE

#include "ending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// More changes of files than this at once are cleaned up by the next writer.
enum { places = 64 };

static struct {
  atomic_bool is_taken;
  // 0 while there is no name; otherwise another number for every name.
  atomic_ulong version;
  atomic_int count;
  char prefix[PATH_MAX];
} watched[places];

static atomic_ulong versions;
static atomic_int deferrals;

int dbn_watch_names(const char *prefix) {
  size_t length = strlen(prefix);
  if (length >= PATH_MAX - 16) return -1;
  for (int place = 0; place < places; place++) {
    _Bool free = 0;
    if (!atomic_compare_exchange_strong(&watched[place].is_taken, &free, 1)) continue;
    memcpy(watched[place].prefix, prefix, length + 1);
    atomic_store(&watched[place].count, 0);
    atomic_store(&watched[place].version, atomic_fetch_add(&versions, 1) + 1);
    return place;
  }
  return -1;
}

void dbn_set_watched_count(int place, int count) {
  if (place >= 0) atomic_store(&watched[place].count, count);
}

void dbn_forget_names(int place) {
  if (place < 0) return;
  atomic_store(&watched[place].version, 0);
  atomic_store(&watched[place].is_taken, 0);
}

void dbn_defer_ending(void) { atomic_fetch_add(&deferrals, 1); }

void dbn_resume_ending(void) { atomic_fetch_sub(&deferrals, 1); }

// Writes a number's digits.
static char *put_number(char *end, unsigned long number) {
  char digits[24];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  while (count) *end++ = digits[--count];
  return end;
}

static void remove_watched_names(void) {
  for (int place = 0; place < places; place++) {
    unsigned long version = atomic_load(&watched[place].version);
    if (!version) continue;
    char name[PATH_MAX];
    memcpy(name, watched[place].prefix, PATH_MAX);
    int count = atomic_load(&watched[place].count);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&watched[place].version) != version) continue;
    char *end = name + strlen(name);
    // The name without a number last, as always: while it is there, the others have an owner.
    for (int number = 0; number < count; number++) {
      *end = '-';
      *put_number(end + 1, (unsigned long)number) = 0;
      unlink(name);
    }
    *end = 0;
    unlink(name);
  }
}

static void set_handler(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {0};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static void die_by(int number) {
  struct sigaction action = {0};
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, NULL);
  raise(number);
}

static void end_on_request(int number, siginfo_t *info, void *context) {
  (void)info, (void)context;
  int error = errno;
  if (!atomic_load(&deferrals)) {
    remove_watched_names();
    // Pending until the handler returns.
    die_by(number);
  }
  errno = error;
}

void dbn_handle_requests_to_end(void) {
  static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU, SIGALRM};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    struct sigaction old;
    if (sigaction(numbers[index], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    set_handler(numbers[index], end_on_request, SA_RESTART);
  }
}

static void put(const char *text, size_t length) {
  while (length) {
    ssize_t written = write(STDERR_FILENO, text, length);
    if (written <= 0) return;
    text += written, length -= (size_t)written;
  }
}

static const char start_of_line[] = "dbn-convert: error: ";

// Ends the process with one line, whatever other threads fault meanwhile.
static _Noreturn void end_with(const char *name, const char *reason) {
  static atomic_flag is_ending = ATOMIC_FLAG_INIT;
  while (atomic_flag_test_and_set(&is_ending)) pause();
  if (!atomic_load(&deferrals)) remove_watched_names();
  char line[PATH_MAX + 512], *end = line;
  memcpy(end, start_of_line, sizeof start_of_line - 1);
  end += sizeof start_of_line - 1;
  for (; *name && end < line + PATH_MAX; name++) {
    // A name must not control the terminal.
    *end++ = (unsigned char)*name < ' ' || *name == 127 ? '?' : *name;
  }
  memcpy(end, reason, strlen(reason));
  end += strlen(reason);
  *end++ = '\n';
  put(line, (size_t)(end - line));
  _exit(2);
}

#ifdef __linux__
// Reads a hexadecimal number.
static uintptr_t hexadecimal(const char **text) {
  uintptr_t number = 0;
  for (;; ++*text) {
    char digit = **text;
    if (digit >= '0' && digit <= '9') number = number * 16 + (uintptr_t)(digit - '0');
    else if (digit >= 'a' && digit <= 'f') number = number * 16 + (uintptr_t)(digit - 'a' + 10);
    else return number;
  }
}

// Finds the path of the file that is mapped at an address, by a line of /proc/self/maps:
// "start-end rwxp offset device inode path".
static _Bool find_path(uintptr_t address, char *path, size_t size) {
  int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char line[PATH_MAX + 256], piece[4096];
  size_t length = 0;
  ssize_t count;
  while ((count = read(file, piece, sizeof piece)) > 0) {
    for (ssize_t index = 0; index < count; index++) {
      if (piece[index] != '\n') {
        if (length < sizeof line - 1) line[length++] = piece[index];
        continue;
      }
      line[length] = 0;
      length = 0;
      const char *text = line;
      uintptr_t start = hexadecimal(&text);
      if (*text++ != '-' || address < start || address >= hexadecimal(&text)) continue;
      const char *found = memchr(line, '/', strlen(line));
      if (found && strlen(found) < size) {
        memcpy(path, found, strlen(found) + 1);
        close(file);
        return 1;
      }
    }
  }
  close(file);
  return 0;
}
#else
static _Bool find_path(uintptr_t address, char *path, size_t size) {
  (void)address, (void)path, (void)size;
  return 0;
}
#endif

static void end_on_bus_error(int number, siginfo_t *info, void *context) {
  (void)context;
  // There are no pages where a file ended: the only such fault that this program causes.
  if (info->si_code != BUS_ADRERR) return die_by(number);
  char path[PATH_MAX];
  if (find_path((uintptr_t)info->si_addr, path, sizeof path)) {
    end_with(path, ": the file became shorter while it was read; run the command again when it is complete");
  }
  end_with("", "a file became shorter while it was read; run the command again when it is complete");
}

static void end_without_memory(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  end_with(
    "", "there is not enough memory under the limit of the address space; raise it (ulimit -v)");
}

// Keeps the line of the Swift runtime about a failed allocation ("Fatal error: failed to allocate
// ...") from standing before the one that says what to do. The runtime writes it to the C library's
// stream; the command itself writes to the descriptor.
static void silence_runtime(void) {
#ifdef __GLIBC__
  FILE *nowhere = fopen("/dev/null", "we");
  if (nowhere) stderr = nowhere;
#endif
}

void dbn_handle_faults(void) {
  set_handler(SIGBUS, end_on_bus_error, 0);
  // A failed allocation ends the process where it happens, by one of these signals. Without such a
  // limit they have another cause, and the system's way of reporting it stays.
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  silence_runtime();
  // For a stack that can't grow.
  static char stack[64 << 10];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&other, NULL);
  static const int numbers[] = {SIGABRT, SIGILL, SIGTRAP, SIGSEGV};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    set_handler(numbers[index], end_without_memory, SA_ONSTACK);
  }
}
