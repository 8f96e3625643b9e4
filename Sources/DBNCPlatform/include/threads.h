// Threads for work that any number of them can do together.
#pragma once

// How many threads can run at once: the cores that this process may use.
int dbn_core_count(void);

// Calls `work(context)` on this thread and, as far as the system has threads left, on others at the
// same time: at most `count` in all. Returns when all calls have returned.
//
// The work must be such that one call does all of it, and several share it. It may call this function
// itself.
void dbn_share(int count, void (*work)(void *), void *context);
