// What systems do differently, behind one declaration each. Calls that a system does not have fail
// with `ENOSYS`, and their callers do it in another way.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// Renames a file unless there is one with the new name (`EEXIST`), in one step.
int dbn_rename_if_free(const char *old_path, const char *new_path);

// Exchanges the names of two files in one step.
int dbn_exchange_names(const char *first_path, const char *second_path);

// Opens a new file without a name in a folder, for reading and writing; it can be given one later.
//
// Returns the descriptor; -1 if the system can't do that.
int dbn_open_unnamed(const char *folder, mode_t mode);

// Reads a byte of every page, and does nothing with it.
void dbn_read_bytes(const void *start, size_t byte_count);

// Has a range of pages backed by huge pages, where the system has such advice.
void dbn_advise_huge_pages(void *start, size_t byte_count);

// Returns freed memory to the system, where the allocator would keep it.
void dbn_release_freed_memory(void);

// Has arrays of at least `byte_count` bytes mapped outside the heap, and up to `kept` bytes kept at
// its end, for the whole process, where the allocator has such settings.
void dbn_set_heap_limits(int byte_count, int kept);

// The arguments of the process as `main` was given them.
//
// Returns NULL where the system does not pass them on.
char *const *dbn_arguments(int *count);
