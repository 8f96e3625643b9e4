// Tells the thread sanitizer of the locks that Swift's libraries make of the system's futexes, of which it
// does not know: without this, what a `Mutex` protects is a race to it as soon as one thread waits for
// another. (It sees a lock that is free, since that part of `Mutex` is compiled into the program.)
// Loaded before the libraries (LD_PRELOAD), so that these functions come before theirs, which they call.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

// The sanitizer's; there are none in a program that was built without it.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

static void acquire(void *lock) {
  if (__tsan_acquire) __tsan_acquire(lock);
}

static void release(void *lock) {
  if (__tsan_release) __tsan_release(lock);
}

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  return found ? found : (abort(), NULL);
}

// A method of Swift has `self` in the register of the context.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// `_MutexHandle._lockSlow`, `_tryLockSlow` and `_unlockSlow` of the module Synchronization (Swift 6.3).
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock(unsigned thread, SELF self) __asm__(LOCK);
SWIFT void lock(unsigned thread, SELF self) {
  ((SWIFT void (*)(unsigned, SELF))next(LOCK))(thread, self);
  acquire(self);
}

SWIFT _Bool try_lock(SELF self) __asm__(TRY_LOCK);
SWIFT _Bool try_lock(SELF self) {
  _Bool locked = ((SWIFT _Bool(*)(SELF))next(TRY_LOCK))(self);
  if (locked) acquire(self);
  return locked;
}

SWIFT void unlock(SELF self) __asm__(UNLOCK);
SWIFT void unlock(SELF self) {
  release(self);
  ((SWIFT void (*)(SELF))next(UNLOCK))(self);
}

// A value that is made at its first use: a global, or what the runtime knows of a type.
struct once {
  void (*make)(void *);
  void *context, *predicate;
};

static void make(void *context) {
  struct once *once = context;
  once->make(once->context);
  release(once->predicate);
}

void swift_once(void *predicate, void (*function)(void *), void *context) {
  struct once once = {function, context, predicate};
  ((void (*)(void *, void (*)(void *), void *))next("swift_once"))(predicate, make, &once);
  acquire(predicate);
}
