#include <stddef.h>
#include <stdint.h>

// LLVM's libFuzzer, which `-sanitize=fuzzer` links; it has no header of its own.
// Source: compiler-rt/lib/fuzzer/FuzzerInterface.h.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
