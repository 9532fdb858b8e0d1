/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's memory map.
 */
#include "fill.h"
#include "level.h"
#include "machine.h"

TEST(mmap, zeroed_and_writable)
{
	unsigned char *p;
	size_t i, len = 100 * HELIOS_PAGE_SIZE + 1;
	void *at;

	CHECK_OK(helios_mmap(NULL, len, HELIOS_PROT_WRITE, 0, &at));
	p = at;
	for (i = 0; i < 101 * HELIOS_PAGE_SIZE; i += 512)
		CHECK_EQ(p[i], 0);
	fill(p, len, 3);
	check_fill(p, len, 3);
	CHECK_OK(helios_munmap(at, len));
}

TEST(mmap, munmap_returns_everything)
{
	struct level before;
	void *p[3];
	unsigned int i;

	level(&before);
	for (i = 0; i < 3; i++)
		CHECK_OK(helios_mmap(NULL, (i * 60 + 1) * HELIOS_PAGE_SIZE,
				HELIOS_PROT_READ, i ? HELIOS_MMAP_GUARD : 0,
				&p[i]));
	CHECK_OK(helios_munmap(p[0], HELIOS_PAGE_SIZE));
	for (i = 1; i < 3; i++)
		CHECK_OK(helios_munmap((char *)p[i] - HELIOS_PAGE_SIZE,
				(i * 60 + 3) * HELIOS_PAGE_SIZE));
	check_level(&before);
}

TEST(mmap, reuse)
{
	void *a, *b, *c;

	CHECK_OK(helios_mmap(NULL, 8 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&a));
	memset(a, 0xaa, 8 * HELIOS_PAGE_SIZE);
	CHECK_OK(helios_munmap(a, 8 * HELIOS_PAGE_SIZE));
	CHECK_OK(helios_mmap(a, 8 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &b));
	CHECK_EQ(a, b);
	CHECK_EQ(*(uint64_t *)b, 0);
	CHECK_ERROR(helios_mmap(a, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &c), HELIOS_BUSY, a);
	CHECK_OK(helios_mmap(a, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0, &c));
	CHECK(c != a);
}

TEST(mmap, split)
{
	struct helios_mmap_stats stats;
	struct level before;
	char *p;
	void *at;
	unsigned int i;

	level(&before);
	CHECK_OK(helios_mmap(NULL, 10 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			0, &at));
	p = at;
	for (i = 0; i < 10; i++)
		p[i * HELIOS_PAGE_SIZE] = (char)i;
	CHECK_OK(helios_munmap(p + 4 * HELIOS_PAGE_SIZE,
			2 * HELIOS_PAGE_SIZE));
	CHECK_OK(helios_munmap(p, HELIOS_PAGE_SIZE));
	CHECK_OK(helios_munmap(p + 9 * HELIOS_PAGE_SIZE, HELIOS_PAGE_SIZE));
	for (i = 1; i < 9; i++)
		if (i != 4 && i != 5)
			CHECK_EQ(p[i * HELIOS_PAGE_SIZE], i);
	CHECK_EQ(helios_page_at(p + 4 * HELIOS_PAGE_SIZE),
			HELIOS_CADDR_UNDEF);
	CHECK(helios_page_at(p + 6 * HELIOS_PAGE_SIZE) != HELIOS_CADDR_UNDEF);
	helios_mmap_stats(&stats);
	CHECK(stats.pages >= 6);
	CHECK_OK(helios_munmap(p, 10 * HELIOS_PAGE_SIZE));
	check_level(&before);
}

static uint64_t
fault_kind_of(void *(*fn)(void *), void *arg, struct helios_fault *fault)
{
	struct helios_thread *t;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_new(&t, fn, arg, NULL));
	CHECK_OK(helios_thread_set_fault(t, ep));
	CHECK_OK(helios_thread_start(t));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_fault_decode(&msg, fault));
	CHECK_OK(helios_thread_kill(t));
	CHECK_OK(helios_destroy(ep));
	return fault->kind;
}

static void *
write_at(void *arg)
{
	*(volatile char *)arg = 1;
	return NULL;
}

static void *
run_at(void *arg)
{
	union {
		void *in;
		void (*out)(void);
	} code = { .in = arg };

	code.out();
	return NULL;
}

TEST(mmap, protect)
{
	struct helios_fault fault;
	unsigned char *p;
	void *at;

	NEED_NO_EXECUTE();
	CHECK_OK(helios_mmap(NULL, 3 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&at));
	p = (unsigned char *)at + HELIOS_PAGE_SIZE;
	p[0] = 0xc3;			/* ret */
	CHECK_OK(helios_mprotect(p, HELIOS_PAGE_SIZE, HELIOS_PROT_READ));
	CHECK_EQ(p[0], 0xc3);
	CHECK_EQ(fault_kind_of(write_at, p, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p);
	CHECK_EQ(fault.access, HELIOS_RIGHT_W);
	CHECK_EQ(fault_kind_of(run_at, p, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p);
	CHECK_EQ(fault.access, HELIOS_RIGHT_X);
	p[-1] = 1;
	p[HELIOS_PAGE_SIZE] = 1;
	CHECK_OK(helios_mprotect(p, HELIOS_PAGE_SIZE, HELIOS_PROT_READ |
			HELIOS_PROT_EXEC));
	run_at(p);
	CHECK_OK(helios_mprotect(at, 3 * HELIOS_PAGE_SIZE,
			HELIOS_PROT_WRITE));
	p[0] = 1;
}

TEST(mmap, guard)
{
	struct helios_fault fault;
	char *p;
	void *at;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_GUARD, &at));
	p = at;
	CHECK_EQ(fault_kind_of(write_at, p - 1, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p - 1);
	CHECK_EQ(fault_kind_of(write_at, p + HELIOS_PAGE_SIZE, &fault),
			HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p + HELIOS_PAGE_SIZE);
	p[0] = 1;
	p[HELIOS_PAGE_SIZE - 1] = 1;
}

TEST(mmap, bad_arguments)
{
	struct level before;
	void *at = NULL;

	level(&before);
	CHECK_ERROR(helios_mmap((void *)1, 1, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_mmap(NULL, 0, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 1);
	CHECK_ERROR(helios_mmap(NULL, SIZE_MAX, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 1);
	CHECK_ERROR(helios_mmap(NULL, 1, HELIOS_PROT_WRITE | HELIOS_PROT_EXEC,
			0, &at), HELIOS_INVALID_PARAM, 2);
	CHECK_ERROR(helios_mmap(NULL, 1, HELIOS_PROT_READ, 64, &at),
			HELIOS_INVALID_PARAM, 3);
	CHECK(at == NULL);
	CHECK_OK(helios_mmap(NULL, 2 * HELIOS_PAGE_SIZE, HELIOS_PROT_READ, 0,
			&at));
	CHECK_ERROR(helios_mprotect(at, 3 * HELIOS_PAGE_SIZE,
			HELIOS_PROT_WRITE), HELIOS_FAULT,
			(char *)at + 2 * HELIOS_PAGE_SIZE);
	CHECK_STATUS(helios_mprotect(at, 1, HELIOS_PROT_NONE),
			HELIOS_INVALID_PARAM);
	CHECK_OK(helios_munmap(at, 2 * HELIOS_PAGE_SIZE));
	CHECK_STATUS(helios_mmap(NULL, (VULCAN_PAGES + 1) * HELIOS_PAGE_SIZE,
			HELIOS_PROT_READ, 0, &at), HELIOS_NOMEM);
	check_level(&before);
}

/* Something that the library did not map is in the way. */
TEST(mmap, foreign_mapping)
{
	helios_cap_t page;
	void *a, *b;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&a));
	CHECK_OK(helios_munmap(a, HELIOS_PAGE_SIZE));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, (uint64_t)a +
			HELIOS_PAGE_SIZE, HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
			&page, NULL));
	CHECK_OK(helios_mmap(NULL, 80 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			0, &b));
	memset(b, 1, 80 * HELIOS_PAGE_SIZE);
	CHECK_EQ(*((char *)a + HELIOS_PAGE_SIZE), 0);
	CHECK_STATUS(helios_mmap((char *)a + HELIOS_PAGE_SIZE,
			HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &b), HELIOS_BUSY);
}
