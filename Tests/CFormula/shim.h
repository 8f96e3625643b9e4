// The noise of Fixtures/architectures/formula.py. In C, because models have 140 million weights and
// loops of Swift take a hundred times as long when they are built for debugging.
#include <stddef.h>
#include <stdint.h>

#pragma STDC FP_CONTRACT OFF

static inline double cformula_noise(uint32_t seed, uint32_t index) {
  uint32_t x = index + seed;
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return x / 2147483648.0 - 1;
}

// offset + scale * noise, for each of `count` numbers.
static inline void cformula_fill64(
    double *values, size_t count, uint32_t seed, double scale, double offset) {
  for (size_t index = 0; index < count; index++)
    values[index] = offset + scale * cformula_noise(seed, (uint32_t)index);
}

static inline void cformula_fill32(
    float *values, size_t count, uint32_t seed, double scale, double offset) {
  for (size_t index = 0; index < count; index++)
    values[index] = (float)(offset + scale * cformula_noise(seed, (uint32_t)index));
}
