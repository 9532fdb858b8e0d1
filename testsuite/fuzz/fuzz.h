/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzers: libFuzzer calls LLVMFuzzerTestOneInput with one input after
 * another, each in a heap block of just its size, so that AddressSanitizer
 * sees the first byte that is read beyond it.
 *
 * Not to crash is half of what is asked.  What a parser accepts must also be
 * what it says it is: each target checks that with fuzz_check, and an input
 * that breaks it is kept like one that crashes.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's (LLVM, "libFuzzer: a library for coverage-guided fuzz
 * testing"). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
		unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* Must hold for every input. */
#define fuzz_check(cond) \
	((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond))

/* A string that ends inside this array? */
#define fuzz_string(array)	fuzz_ends((array), sizeof(array))
bool fuzz_ends(const char *s, size_t size);

#endif
