// Threads are kept for the next work, and wait for it. libdispatch is no alternative: on Linux its
// threads need /proc and a free descriptor, without which they end the process; and where no more
// threads can be started, it tries again for ever.
#define _GNU_SOURCE

#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

struct job {
  void (*work)(void *);
  void *context;
  // How many more threads may join, and how many have joined and not returned.
  int open, running;
  pthread_cond_t returned;
  struct job *next;
};

// All below, and the jobs, are protected by the lock.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static struct job *jobs;
static int thread_count, idle_count;

int dbn_core_count(void) {
#ifdef __linux__
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

static void remove_job(struct job *job) {
  for (struct job **place = &jobs; *place; place = &(*place)->next) {
    if (*place != job) continue;
    *place = job->next;
    return;
  }
}

static void *serve(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!jobs) {
      idle_count++;
      pthread_cond_wait(&wanted, &lock);
      idle_count--;
    }
    struct job *job = jobs;
    job->running++;
    if (--job->open == 0) remove_job(job);
    pthread_mutex_unlock(&lock);
    job->work(job->context);
    pthread_mutex_lock(&lock);
    if (--job->running == 0) pthread_cond_signal(&job->returned);
  }
}

// Starts threads until enough are idle; fewer if the system has none left.
static void start_threads(int needed) {
  int most = dbn_core_count() - 1;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // Not every C library's own size is enough.
  pthread_attr_setstacksize(&attributes, 4 << 20);
  for (int missing = needed - idle_count; missing > 0 && thread_count < most; missing--) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, serve, NULL) != 0) break;
    pthread_detach(thread);
    thread_count++;
  }
  pthread_attr_destroy(&attributes);
}

void dbn_share(int count, void (*work)(void *), void *context) {
  if (count <= 1) return work(context);
  struct job job = {work, context, count - 1, 0, PTHREAD_COND_INITIALIZER, NULL};
  pthread_mutex_lock(&lock);
  start_threads(count - 1);
  job.next = jobs;
  jobs = &job;
  pthread_cond_broadcast(&wanted);
  pthread_mutex_unlock(&lock);
  work(context);
  pthread_mutex_lock(&lock);
  // Whoever has not joined by now finds nothing left to do.
  if (job.open > 0) remove_job(&job);
  while (job.running > 0) pthread_cond_wait(&job.returned, &lock);
  pthread_mutex_unlock(&lock);
  pthread_cond_destroy(&job.returned);
}
