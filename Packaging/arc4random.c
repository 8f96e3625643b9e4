// Debian's libstdc++ takes random numbers from a function that glibc has only since 2.36. With this
// one instead the program runs with older ones too.
#include <stdint.h>
#include <sys/random.h>

uint32_t arc4random(void) {
  uint32_t number;
  while (getrandom(&number, sizeof number, 0) != sizeof number) {
  }
  return number;
}
