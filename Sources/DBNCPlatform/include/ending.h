// What the process does when it ends early: temporary names are removed, and a fault whose cause is
// known is one line on standard error and exit status 2.
#pragma once

// Has the name `prefix`, and the names `prefix-0`, `prefix-1`, ..., removed if a signal that the
// handlers know ends the process.
//
// Returns a number for the next two functions; -1 if too many are watched already.
int dbn_watch_names(const char *prefix);

// How many numbered names there are.
void dbn_set_watched_count(int place, int count);

// Ends watching.
void dbn_forget_names(int place);

// Between the two, which can be nested, a signal that would end the process does nothing: the names
// may then be those of files that others need.
void dbn_defer_ending(void);
void dbn_resume_ending(void);

// Has the signals that ask a process to end remove the watched names first; ones that are ignored
// stay ignored. The process then ends by the same signal.
void dbn_handle_requests_to_end(void);

// Has the process end with one line and exit status 2 if a mapped file becomes shorter while it is
// read, or if memory runs out under a limit of the address space.
void dbn_handle_faults(void);
