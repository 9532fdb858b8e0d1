/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes: records, loading, the end.
 *
 * A process's quota is a Memory that sysinit keeps:
 *
 *	quota
 *	+-- program	image, tables, task: what the loader makes
 *	+-- system	for the processes that it makes, if it can make any
 *	+-- own		a Memory that is moved into its CSpace
 *
 * The quotas of its children come from its system part, so that whatever it
 * and they do, they have no more than the first of them was given, and
 * destroying that gives back all of it.
 */
#include "sysinit.h"

#define FIRST_SLOT	16u		/* for what it was given */
#define RADIX		8u
#define RADIX_MOST	12u		/* by quota */
#define OBJECTS		4u		/* pages, for the Memories' records */
#define OWN_PAGES	64u		/* where no quota was named */
#define PLACES		(1 + GIVEN_EACH)

struct process *processes;

static uint32_t last_id;

static void
no_program(struct helios_program *program)
{
	program->memory = program->cspace = program->vspace = program->task =
		program->holder = HELIOS_CADDR_UNDEF;
}

struct process *
process_new(struct process *parent, uint64_t quota_pages)
{
	struct process **end = &processes, *p;
	unsigned int n = 0;

	for (; *end; end = &(*end)->next)
		n += (*end)->parent != NULL;
	/* What sysinit makes for itself others cannot prevent. */
	if (parent && (n == PROCESSES || parent->nchildren == CHILDREN_EACH))
		return NULL;
	p = calloc(1, sizeof(*p) + ARGUMENT_BYTES);
	if (!p)
		return NULL;
	p->strings = (char *)(p + 1);
	p->id = ++last_id;
	p->parent = parent;
	p->state = SYS_PROCESS_STATE_NEW;
	p->quota_pages = quota_pages;
	p->quota = p->system = HELIOS_CADDR_UNDEF;
	no_program(&p->program);
	if (parent)
		parent->nchildren++;
	*end = p;
	return p;
}

struct process *
process_find(uint32_t id)
{
	struct process *p = processes;

	while (p && p->id != id)
		p = p->next;
	return p;
}

static bool
has_room(const struct process *p, size_t len)
{
	return p->nargs + p->nenv < STRINGS_EACH &&
		len < ARGUMENT_BYTES - p->args_len - p->env_len;
}

bool
process_arg(struct process *p, const char *text, size_t len)
{
	char *at = p->strings + p->args_len;

	if (!has_room(p, len))
		return false;
	memmove(at + len + 1, at, p->env_len);
	memcpy(at, text, len);
	at[len] = 0;
	p->args_len += len + 1;
	p->nargs++;
	return true;
}

bool
process_env(struct process *p, const char *text, size_t len)
{
	char *at = p->strings + p->args_len + p->env_len;

	if (!has_room(p, len))
		return false;
	memcpy(at, text, len);
	at[len] = 0;
	p->env_len += len + 1;
	p->nenv++;
	return true;
}

/* Where load() puts together what the loader is told. */
struct plan {
	struct process *p;
	const struct load *load;
	bool driver;
	const char *strings[STRINGS_EACH + 2];	/* with both ends */
	unsigned int n, naux;
	helios_cap_t caps[PLACES], as[PLACES];
	uint64_t aux[2 * GIVEN_EACH];
	uint64_t image, quota, system, own;	/* pages */
};

static void
name_it(struct process *p)
{
	const char *slash = strrchr(p->strings, '/');

	if (p->name[0])
		return;
	strlcpy(p->name, slash ? slash + 1 : p->strings, sizeof(p->name));
	log_clean(p->name, strlen(p->name));
}

static void
set_strings(struct plan *l)
{
	struct process *p = l->p;
	const char *s = p->strings;
	unsigned int i, n = 0;

	p->program.argv = l->strings;
	for (i = 0; i < p->nargs; i++, s += strlen(s) + 1)
		l->strings[n++] = s;
	l->strings[n++] = NULL;
	p->program.envp = l->strings + n;
	for (i = 0; i < p->nenv; i++, s += strlen(s) + 1)
		l->strings[n++] = s;
	l->strings[n] = NULL;
}

/* Each page that it maps takes a slot. */
static unsigned int
radix(const struct plan *l)
{
	unsigned int r = RADIX;

	if (l->load->cspace_radix)
		return l->load->cspace_radix;
	while (!l->driver && r < RADIX_MOST && 1u << r < l->p->quota_pages)
		r++;
	return r;
}

static void
describe(struct plan *l)
{
	struct process *p = l->p;

	p->program = (struct helios_program){
		.image = l->load->image,
		.size = l->load->size,
		.name = p->name,
		.cspace_radix = radix(l),
		.task_flags = l->load->task_flags,
		.priority = PRIORITY_CHILD,
		.highest = PRIORITY_CHILD,
		.from = &p->quota,
		.fault = p->fault->cap,
		.aux = l->load->aux,
		.naux = l->load->naux,
	};
	no_program(&p->program);
	name_it(p);
	set_strings(l);
}

static bool
makes_processes(const struct process *p)
{
	unsigned int i;

	for (i = 0; i < p->ngiven; i++)
		if (p->given[i].cap == HELIOS_CADDR_UNDEF &&
				p->given[i].iface == SYS_PROCMGR_ID)
			return true;
	return false;
}

/* How many pages for what.  A quota that is too small for the image is found
 * out by the loader. */
static void
divide(struct plan *l)
{
	uint64_t least = l->image + OBJECTS, rest;

	if (l->driver) {
		l->quota = least + l->load->extra_pages;
		return;
	}
	l->quota = l->p->quota_pages ? l->p->quota_pages : least + OWN_PAGES;
	rest = l->quota > least ? l->quota - least : 0;
	if (makes_processes(l->p))
		l->system = rest - rest / 4;
	l->own = rest - l->system;
}

static enum helios_status
carve(helios_cap_t from, uint64_t pages, helios_cap_t *out)
{
	if (!pages)
		return HELIOS_OK;
	return helios_allocate(from, HELIOS_MEMORY, pages, 1, out);
}

static enum helios_status
carve_all(struct plan *l, helios_cap_t *own)
{
	struct process *p = l->p;
	helios_cap_t from = p->parent ? p->parent->system :
		helios_process.memory;
	enum helios_status status;

	if (from == HELIOS_CADDR_UNDEF)
		return HELIOS_NOMEM;
	status = carve(from, l->quota, &p->quota);
	if (status == HELIOS_OK)
		status = carve(p->quota, l->system, &p->system);
	if (status == HELIOS_OK)
		status = carve(p->quota, l->own, own);
	return status;
}

static void
place(struct plan *l, helios_cap_t cap, helios_cap_t slot)
{
	l->caps[l->n] = cap;
	l->as[l->n++] = slot;
}

static bool
is_gone(helios_cap_t cap)
{
	uint64_t what;

	return helios_identify(cap, &what) != HELIOS_OK ||
		HELIOS_IDENTIFY_TYPE(what) <= HELIOS_DEAD;
}

/*
 * What it was given: of sysinit's services a handle of its own, so that what
 * it does there counts as its doing.  What its giver has revoked by now it
 * does not have.
 */
static enum helios_status
place_given(struct plan *l)
{
	struct process *p = l->p;
	struct handle *h;
	unsigned int i;

	for (i = 0; i < p->ngiven; i++) {
		helios_cap_t cap = p->given[i].cap, slot = FIRST_SLOT + i;

		if (cap == HELIOS_CADDR_UNDEF) {
			if (handle_new(handle_service(p->given[i].iface), p,
					NULL, &h) != HELIOS_OK)
				return HELIOS_CSPACE_FULL;
			cap = h->cap;
		} else if (is_gone(cap)) {
			continue;
		}
		place(l, cap, slot);
		l->aux[2 * l->naux] = MERCURY_AT_SERVICE(p->given[i].iface);
		l->aux[2 * l->naux++ + 1] = slot;
	}
	return HELIOS_OK;
}

/* What only processes have, and not drivers. */
static enum helios_status
furnish(struct plan *l, helios_cap_t own)
{
	struct helios_program *program = &l->p->program;
	enum helios_status status;

	if (own != HELIOS_CADDR_UNDEF)
		place(l, own, HELIOS_INIT_MEMORY);
	status = place_given(l);
	program->self = 1u << HELIOS_INIT_CSPACE | 1u << HELIOS_INIT_VSPACE |
		1u << HELIOS_INIT_TASK;
	program->ncaps = l->n;
	program->caps = l->caps;
	program->as = l->as;
	program->aux = l->aux;
	program->naux = l->naux;
	return status;
}

static void
drop(helios_cap_t *cap)
{
	if (*cap != HELIOS_CADDR_UNDEF)
		helios_destroy(*cap);
	*cap = HELIOS_CADDR_UNDEF;
}

/* Its quota goes first: that ends it, and all it has. */
static void
release(struct process *p)
{
	drop(&p->quota);
	drop(&p->system);
	helios_program_destroy(&p->program);
	if (p->fault)
		handle_close(p->fault);
	p->fault = NULL;
	handle_close_owned(p);
}

static void
drop_given(struct process *p)
{
	unsigned int i;

	for (i = 0; i < p->ngiven; i++)
		drop(&p->given[i].cap);
	p->ngiven = 0;
}

static enum helios_status
load_quota(struct plan *l)
{
	helios_cap_t own = HELIOS_CADDR_UNDEF;
	enum helios_status status = carve_all(l, &own);

	if (status == HELIOS_OK && !l->driver)
		status = furnish(l, own);
	if (status == HELIOS_OK)
		status = helios_program_load(&l->p->program);
	if (status != HELIOS_OK)
		drop(&own);
	return status;
}

enum helios_status
process_load(struct process *p, const struct load *load, const char **why)
{
	struct plan l = {
		.p = p, .load = load, .driver = p->driver || load->aux,
	};
	enum helios_status status = HELIOS_CSPACE_FULL;

	if (why)
		*why = NULL;
	if (handle_new(HANDLE_FAULT, NULL, p, &p->fault) != HELIOS_OK)
		return status;
	describe(&l);
	status = helios_program_pages(&p->program, &l.image);
	if (status == HELIOS_OK) {
		divide(&l);
		status = load_quota(&l);
	}
	/* They point to what is not there any more. */
	p->program.image = NULL;
	p->program.argv = p->program.envp = NULL;
	p->program.caps = p->program.as = NULL;
	p->program.aux = NULL;
	if (status == HELIOS_OK) {
		drop_given(p);
		return status;
	}
	if (why)
		*why = p->program.why;
	release(p);
	return status;
}

enum helios_status
process_run(struct process *p)
{
	enum helios_status status = helios_task_resume(p->program.task);

	if (status != HELIOS_OK) {
		release(p);
		return status;
	}
	p->state = SYS_PROCESS_STATE_RUNNING;
	p->started = helios_clock();
	return HELIOS_OK;
}

uint64_t
process_value(const struct process *p)
{
	const struct ending *e = &p->ending;

	return e->how == SYS_ENDING_EXIT ? e->fault.address :
		e->how == SYS_ENDING_FAULT ? e->fault.kind : 0;
}

static void
answer_waiting(struct process *p)
{
	struct waiter *w;

	while ((w = waiter_take(&p->waiting)) != NULL) {
		sys_process_wait_reply(w->reply, 0, 0, process_value(p));
		waiter_free(w);
	}
}

static void
free_children(const struct process *p)
{
	struct process *c = processes;

	while (c) {
		if (c->parent != p) {
			c = c->next;
			continue;
		}
		process_free(c);
		c = processes;
	}
}

static void
stop(struct process *p, const struct ending *e)
{
	struct helios_task_info info;

	if (p->quota != HELIOS_CADDR_UNDEF && helios_task_info(
			p->program.task, &info) == HELIOS_OK)
		p->cpu_ns = info.cpu_ns;
	p->state = SYS_PROCESS_STATE_ENDED;
	p->ending = *e;
	free_children(p);
	waiter_drop(p);
	if (p->driver)
		driver_halt(p->driver);
	release(p);
	drop_given(p);
	log_ended(p);
	answer_waiting(p);
}

/* A crash is said with the lines of who made it, who may make many. */
static void
say_crash(const struct process *p, const struct ending *e)
{
	char text[160];

	if (e->how != SYS_ENDING_FAULT || (p->parent &&
			!log_admit(p->parent)))
		return;
	report_ending(p, p->strings, e, text, sizeof(text));
	say("%s: %s; process %u ended", p->name, text, p->id);
}

void
process_end(struct process *p, const struct ending *e)
{
	struct ending ending = *e;

	if (p->state == SYS_PROCESS_STATE_ENDED)
		return;
	stop(p, &ending);
	if (p->driver) {
		driver_ended(p->driver, &ending);
		return;
	}
	say_crash(p, &ending);
	if (!p->usrinit)
		return;
	sys_shutdown((int)process_value(p) +
			(ending.how == SYS_ENDING_EXIT ? 0 : 128));
}

void
process_free(struct process *p)
{
	static const struct ending forgotten = {
		.how = SYS_ENDING_KILLED, .why = "its maker let go of it",
	};
	struct process **at = &processes;

	if (p->state != SYS_PROCESS_STATE_ENDED)
		stop(p, &forgotten);
	handle_close_object(HANDLE_PROCESS, p);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->parent)
		p->parent->nchildren--;
	free(p);
}

void
process_fault(struct process *p, const struct helios_msg *msg)
{
	struct ending e = { .how = SYS_ENDING_FAULT };

	if (helios_fault_decode(msg, &e.fault) != HELIOS_OK)
		return;
	if (e.fault.kind == HELIOS_FAULT_EXIT)
		e.how = SYS_ENDING_EXIT;
	process_end(p, &e);
}
