/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's heap.
 */
#include "fill.h"
#include "level.h"

#define BLOCKS	64u

TEST(heap, sizes)
{
	unsigned char *p[BLOCKS];
	size_t size[BLOCKS];
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < BLOCKS; i++) {
			size[i] = i * i * 11 + i + round;
			p[i] = malloc(size[i]);
			CHECK(p[i] != NULL);
			CHECK_EQ((uint64_t)p[i] % 16, 0);
			fill(p[i], size[i], i);
		}
		CHECK_EQ(helios_heap_check(), BLOCKS);
		for (i = 0; i < BLOCKS; i++)
			check_fill(p[i], size[i], i);
		for (i = 0; i < BLOCKS; i++)
			free(p[(i * 37 + 5) % BLOCKS]);
		CHECK_EQ(helios_heap_check(), 0);
	}
}

TEST(heap, random_operations)
{
	unsigned char *p[BLOCKS] = { NULL };
	size_t size[BLOCKS] = { 0 };
	uint64_t random = 12345;
	unsigned int i, n;

	for (n = 0; n < 3000; n++) {
		random = random * 6364136223846793005ull + 1442695040888963407;
		i = (unsigned int)(random >> 40) % BLOCKS;
		if (p[i]) {
			check_fill(p[i], size[i], i);
			free(p[i]);
			p[i] = NULL;
			continue;
		}
		size[i] = (random >> 33) % (1u << (random >> 59) % 14);
		p[i] = malloc(size[i]);
		CHECK(p[i] != NULL);
		fill(p[i], size[i], i);
		if (n % 100 == 0)
			helios_heap_check();
	}
	for (i = 0; i < BLOCKS; i++)
		free(p[i]);
	CHECK_EQ(helios_heap_check(), 0);
}

TEST(heap, realloc)
{
	static const size_t sizes[] = {
		1, 10, 100, 3000, 20000, 40000, 300000, 40000, 5000, 16, 1
	};
	unsigned char *p = NULL;
	size_t had = 0, i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = realloc(p, sizes[i]);
		CHECK(p != NULL);
		CHECK_EQ(helios_malloc_size(p), sizes[i]);
		check_fill(p, had < sizes[i] ? had : sizes[i], 1);
		fill(p, sizes[i], 1);
		had = sizes[i];
		CHECK_EQ(helios_heap_check(), 1);
	}
	free(p);
}

TEST(heap, calloc)
{
	unsigned char *p;
	size_t i, n;

	for (n = 16; n < 200000; n *= 3) {
		p = malloc(n);
		CHECK(p != NULL);
		memset(p, 0xff, n);
		free(p);
		p = calloc(n / 4, 4);
		CHECK(p != NULL);
		for (i = 0; i < n / 4 * 4; i++)
			CHECK_EQ(p[i], 0);
		free(p);
	}
	CHECK(calloc((size_t)1 << 40, (size_t)1 << 40) == NULL);
}

TEST(heap, alignment)
{
	size_t align;
	void *p[21];
	unsigned int n = 0, i;

	for (align = 1; align <= 1u << 20; align *= 2) {
		p[n] = aligned_alloc(align, 100 + align / 64);
		CHECK(p[n] != NULL);
		CHECK_EQ((uint64_t)p[n] % align, 0);
		memset(p[n], 1, 100 + align / 64);
		n++;
	}
	CHECK_EQ(helios_heap_check(), n);
	for (i = 0; i < n; i++)
		free(p[i]);
	CHECK(aligned_alloc(3, 8) == NULL);
	CHECK(aligned_alloc(0, 8) == NULL);
}

TEST(heap, large_blocks_go_back)
{
	struct level before, with;
	void *p;

	level(&before);
	p = malloc(1 << 20);
	CHECK(p != NULL);
	memset(p, 1, 1 << 20);
	level(&with);
	CHECK(with.memory.free + 256 <= before.memory.free);
	free(p);
	check_level(&before);
}

TEST(heap, small_blocks_go_back)
{
	struct helios_heap_stats stats;
	struct level before;
	void *p[500];
	unsigned int i;

	level(&before);
	for (i = 0; i < 500; i++)
		CHECK((p[i] = malloc(1000)) != NULL);
	helios_heap_stats(&stats);
	CHECK_EQ(stats.blocks, 500);
	CHECK_EQ(stats.bytes, 500000);
	CHECK(stats.mapped >= 500000);
	for (i = 0; i < 500; i++)
		free(p[i]);
	helios_heap_trim();
	helios_heap_stats(&stats);
	CHECK_EQ(stats.blocks, 0);
	CHECK_EQ(stats.mapped, 0);
	check_level(&before);
}

TEST(heap, exhaustion_is_an_answer)
{
	struct level before;
	void *p;

	level(&before);
	CHECK(malloc((VULCAN_PAGES + 100) * HELIOS_PAGE_SIZE) == NULL);
	CHECK(malloc(SIZE_MAX) == NULL);
	CHECK(malloc(SIZE_MAX - 100) == NULL);
	check_level(&before);
	p = malloc(100);
	CHECK(p != NULL);
	free(p);
}

static void *
allocate_a_lot(void *arg)
{
	unsigned char *p[16];
	unsigned int seed = (unsigned int)(uint64_t)arg, i, round;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 16; i++) {
			p[i] = malloc(i * 100 + seed);
			CHECK(p[i] != NULL);
			fill(p[i], i * 100 + seed, seed);
		}
		helios_yield();
		for (i = 0; i < 16; i++) {
			check_fill(p[i], i * 100 + seed, seed);
			free(p[i]);
		}
	}
	return NULL;
}

TEST(heap, threads)
{
	struct helios_thread *t[4];
	uint64_t i;

	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_spawn(&t[i], allocate_a_lot,
				(void *)(i + 1)));
	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_join(t[i], NULL));
	CHECK_EQ(helios_heap_check(), 0);
}

/* What misuse does: the program would end; here the panic is caught. */

static char panic_text[200];
static void (*usual_panic)(const char *);

static void
catch_panic(const char *text)
{
	strlcpy(panic_text, text, sizeof(panic_text));
	helios_thread_exit((void *)1);
}

static void *
misuse(void *arg)
{
	char *p = malloc(40), *q = malloc(40);
	volatile char *wild = p;

	switch ((uint64_t)arg) {
	case 0:				/* one byte too far */
		wild[40] = 1;
		free(p);
		break;
	case 1:
		free(p);
		free(p);
		break;
	case 2:				/* the header */
		wild[-9] ^= 1;
		free(p);
		break;
	case 3:				/* inside a block */
		free(p + 16);
		break;
	default:			/* the free list */
		free(p);
		wild[-9] ^= 1;
		p = malloc(40);
	}
	free(q);
	return NULL;
}

TEST(heap, misuse_is_reported)
{
	static const char *const words[] = {
		"beyond its end", "freed already", "not a block",
		"not a block", "after it was freed",
	};
	struct helios_thread *t;
	void *value;
	uint64_t i;

	usual_panic = helios_process.panic;
	helios_process.panic = catch_panic;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		helios_memory_abandon();
		value = NULL;
		panic_text[0] = 0;
		CHECK_OK(helios_thread_spawn(&t, misuse, (void *)i));
		CHECK_OK(helios_thread_join(t, &value));
		vulcan_note("%s", panic_text);
		if (!value || !strstr(panic_text, words[i])) {
			helios_process.panic = usual_panic;
			FAIL("misuse %llu: \"%s\", expected \"%s\"",
				(unsigned long long)i, panic_text, words[i]);
		}
	}
	helios_process.panic = usual_panic;
}
