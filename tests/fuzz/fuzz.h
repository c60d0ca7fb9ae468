/* What every fuzz target defines: run once on one input; a broken property is a failed assert. */
#ifndef LL_TESTS_FUZZ_H
#define LL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
