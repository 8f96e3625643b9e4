#pragma once

// glibc (2.28 and later) has this function, but <stdio.h> declares it for _GNU_SOURCE only, which
// Swift's module of glibc does not define. The flags are those of <linux/fs.h>.
int renameat2(
    int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);

static const unsigned int DBN_RENAME_NOREPLACE = 1 << 0;
static const unsigned int DBN_RENAME_EXCHANGE = 1 << 1;
