#include "platform.h"

#include <stdlib.h>

static int argument_count;
static char *const *argument_values;

#ifdef __GLIBC__
// glibc calls constructors with what `main` is called with. Swift reads the arguments from /proc,
// which a container or a chroot may not have.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  argument_values = values;
}
#endif

char *const *dbn_arguments(int *count) {
  *count = argument_count;
  return argument_values;
}
