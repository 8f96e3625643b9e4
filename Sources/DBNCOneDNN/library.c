#include <dlfcn.h>

#include "functions.h"

int is_version_3;
struct conednn_both both;
struct conednn_two two;
struct conednn_three three;

typedef struct {
  int major, minor, patch;
} version_t;

#define FIND(table, result, name, ...) \
  table.name = (result (*)(__VA_ARGS__))dlsym(handle, "dnnl_" #name); \
  if (!table.name) return "dnnl_" #name;
#define FIND_BOTH(...) FIND(both, __VA_ARGS__)
#define FIND_2(...) FIND(two, __VA_ARGS__)
#define FIND_3(...) FIND(three, __VA_ARGS__)

int conednn_version(void *handle) {
  const version_t *(*function)(void) = (const version_t *(*)(void))dlsym(handle, "dnnl_version");
  return function ? function()->major * 100 + function()->minor : 0;
}

const char *conednn_use(void *handle) {
  is_version_3 = conednn_version(handle) >= 300;
  BOTH(FIND_BOTH)
  if (!is_version_3) {
    VERSION_2(FIND_2)
  } else {
    VERSION_3(FIND_3)
  }
  return NULL;
}
