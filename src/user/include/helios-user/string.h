/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of C's <string.h> and <stdlib.h> that compilers and programs
 * need; as the standard has it. */
#ifndef HELIOS_USER_STRING_H
#define HELIOS_USER_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *find);
/* As BSD: always terminates (if size > 0), returns strlen(src). */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);
size_t strlcat(char *restrict dst, const char *restrict src, size_t size);

/*
 * A number in base 10, or 16 with 0x, filling the whole string.  Returns 0,
 * or -1 if it is none or does not fit; *out is then unchanged.
 */
int helios_parse_u64(const char *s, unsigned long long *out);

/* Shell pattern: * any text, ? one character.  1 if s matches. */
int helios_glob(const char *pattern, const char *s);

#endif
