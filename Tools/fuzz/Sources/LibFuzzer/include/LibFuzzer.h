// What the harness uses of libFuzzer, which has no header of its own for it.

#ifndef LIBFUZZER_H
#define LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

// Runs the fuzzer with a program's arguments; returns the exit status.
int LLVMFuzzerRunDriver(int *argument_count, char ***arguments, int (*test_one_input)(const uint8_t *data, size_t size));

// libFuzzer's own changes to an input of `size` bytes, in place; returns the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum);

// Marks a kind of outcome as seen, as if it were covered code. libpng and zlib are the system's, without
// instrumentation: their messages are all that shows how far an input got in them.
void fuzz_signal(uint32_t kind);

#endif
