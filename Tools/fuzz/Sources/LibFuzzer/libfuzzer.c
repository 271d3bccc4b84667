#include "LibFuzzer.h"

// libFuzzer reads this section after every input, and clears it.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[1024];

void fuzz_signal(uint32_t kind) { counters[kind % sizeof counters] = 1; }
