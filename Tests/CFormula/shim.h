// The noise of Fixtures/architectures/formula.py. In C and eight numbers at a time, because models
// have 140 million weights, and tests are built without optimisation.
#include <stddef.h>
#include <stdint.h>

#pragma STDC FP_CONTRACT OFF

typedef uint32_t cformula_words __attribute__((vector_size(32)));
typedef double cformula_doubles __attribute__((vector_size(64)));

// offset + scale * noise, for the eight numbers from `index` on.
static inline void cformula_eight(
    double *values, uint32_t seed, size_t index, double scale, double offset) {
  cformula_words x = {0, 1, 2, 3, 4, 5, 6, 7};
  x += (uint32_t)index + seed;
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  cformula_doubles noise = __builtin_convertvector(x, cformula_doubles) / 2147483648.0 - 1;
  noise = offset + scale * noise;
  __builtin_memcpy(values, &noise, sizeof noise);
}

static inline void cformula_fill64(
    double *values, size_t count, uint32_t seed, double scale, double offset) {
  size_t index = 0;
  for (; index + 8 <= count; index += 8)
    cformula_eight(values + index, seed, index, scale, offset);
  double last[8];
  cformula_eight(last, seed, index, scale, offset);
  __builtin_memcpy(values + index, last, (count - index) * sizeof *values);
}

static inline void cformula_fill32(
    float *values, size_t count, uint32_t seed, double scale, double offset) {
  for (size_t index = 0; index < count; index += 8) {
    double eight[8];
    cformula_eight(eight, seed, index, scale, offset);
    for (size_t lane = 0; lane < 8 && index + lane < count; lane++)
      values[index + lane] = (float)eight[lane];
  }
}
