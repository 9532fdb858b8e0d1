/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting another program: a static-PIE ELF file in memory becomes a task
 * with its own VSpace and CSpace.
 *
 * The image is checked completely before anything is made.  Pages are filled
 * through Page WRITE and mapped with their final permissions, so nothing is
 * ever writable and executable.  The child gets its own CSpace, empty but
 * for what the starter puts there, and learns by HELIOS_AT_CAP where.
 */
#ifndef HELIOS_USER_ELF_H
#define HELIOS_USER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <helios/error.h>
#include <helios/types.h>

#define HELIOS_ELF_SEGMENTS	16u

struct helios_elf_segment {
	uint64_t offset, file_size;	/* in the image */
	uint64_t vaddr, mem_size;
	uint64_t map_flags;		/* HELIOS_MAP_W, HELIOS_MAP_X, 0 */
};

struct helios_elf {
	uint64_t entry;			/* all relative to the load address */
	uint64_t phdr, phnum;
	uint64_t span;			/* bytes from 0, whole pages */
	uint64_t tls_size, tls_align;	/* PT_TLS, 0: none */
	unsigned int nsegments;
	struct helios_elf_segment segments[HELIOS_ELF_SEGMENTS];
};

/*
 * Check an image.  INVALID_PARAM: *why (may be NULL) says what is wrong, a
 * static string.
 */
enum helios_status helios_elf_parse(const void *image, size_t size,
		struct helios_elf *out, const char **why);

struct helios_program {
	/* In: what to start. */
	const void *image;
	size_t size;
	const char *name;		/* of the task; NULL: argv[0] */
	const char *const *argv;	/* NULL-terminated; NULL: empty */
	const char *const *envp;
	size_t stack_size;		/* 0: 64 KiB */
	unsigned int cspace_radix;	/* 6 to 16; 0: 6, that is 64 slots */
	uint64_t task_flags;		/* HELIOS_TASK_* */
	unsigned int priority, highest;	/* both 0: as the maker */
	helios_cap_t fault;		/* endpoint, UNDEF: none */
	uint64_t memory_pages;		/* its quota; 0: as much as needed */
	const helios_cap_t *from;	/* Memory to carve that from; NULL:
					 * process.memory */
	/*
	 * Capabilities for it: slot as[i] of its CSpace gets a copy of
	 * caps[i] (what cannot be copied, such as a Memory, is moved, after
	 * everything that can fail but such a move itself).  as[] is any
	 * slot; of an enum helios_init_cap HELIOS_AT_CAP announces it,
	 * unless silent.
	 */
	unsigned int ncaps;
	const helios_cap_t *caps;
	const helios_cap_t *as;
	const uint32_t *rights;		/* of the copies; NULL: all */
	bool silent;
	/*
	 * Bits: also give it its own CSpace, VSpace, Task (as init has
	 * them): 1 << HELIOS_INIT_CSPACE and so on.
	 */
	unsigned int self;
	/* Aux entries of the starter's own: naux pairs of type and value. */
	const uint64_t *aux;
	unsigned int naux;

	/* Out: the caller's capabilities. */
	helios_cap_t memory;		/* its quota, holds everything */
	helios_cap_t cspace, vspace, task;
	helios_cap_t holder;		/* a CSpace with its pages: keep it */
	uint64_t base;			/* where it was loaded */
	const char *why;		/* after INVALID_PARAM, or NULL */
};

/*
 * The quota that it takes with memory_pages 0.  INVALID_PARAM as from load.
 */
enum helios_status helios_program_pages(struct helios_program *program,
		uint64_t *pages);

/*
 * Load; the task is left suspended, helios_task_resume(program->task) starts
 * it.  On an error nothing is left behind.
 */
enum helios_status helios_program_load(struct helios_program *program);

/* Stop it and free all that it has: destroys its Memory and the slots. */
enum helios_status helios_program_destroy(struct helios_program *program);

#endif
