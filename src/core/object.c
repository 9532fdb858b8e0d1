/* SPDX-License-Identifier: BSD-2-Clause */
#include <cspace.h>
#include <devmem.h>
#include <klog.h>
#include <memory.h>
#include <object.h>
#include <sched.h>
#include <task.h>
#include <vspace.h>

struct list reap_orphans;
uint64_t object_counts[HELIOS_TYPE_COUNT];

static const char *const names[HELIOS_TYPE_COUNT] = {
	[HELIOS_NULL] = "Null",
	[HELIOS_DEAD] = "Dead",
	[HELIOS_MEMORY] = "Memory",
	[HELIOS_DEVMEM] = "DevMem",
	[HELIOS_CSPACE] = "CSpace",
	[HELIOS_VSPACE] = "VSpace",
	[HELIOS_PAGE] = "Page",
	[HELIOS_TASK] = "Task",
	[HELIOS_ENDPOINT] = "Endpoint",
	[HELIOS_NOTE] = "Note",
	[HELIOS_REPLY] = "Reply",
	[HELIOS_IRQCONTROL] = "IRQControl",
	[HELIOS_IRQHANDLER] = "IRQHandler",
	[HELIOS_IOCONTROL] = "IOControl",
	[HELIOS_IOPORT] = "IOPort",
	[HELIOS_SYSTEMCONTROL] = "SystemControl",
};

static const uint32_t magics[HELIOS_TYPE_COUNT] = {
	[HELIOS_MEMORY] = MAGIC('M', 'E', 'M', 'O'),
	[HELIOS_DEVMEM] = MAGIC('D', 'E', 'V', 'M'),
	[HELIOS_CSPACE] = MAGIC('C', 'S', 'P', 'C'),
	[HELIOS_VSPACE] = MAGIC('V', 'S', 'P', 'C'),
	[HELIOS_TASK] = MAGIC('T', 'A', 'S', 'K'),
	[HELIOS_ENDPOINT] = MAGIC('E', 'N', 'D', 'P'),
	[HELIOS_NOTE] = MAGIC('N', 'O', 'T', 'E'),
	[HELIOS_IRQCONTROL] = MAGIC('I', 'R', 'Q', 'C'),
	[HELIOS_IRQHANDLER] = MAGIC('I', 'R', 'Q', 'H'),
	[HELIOS_IOCONTROL] = MAGIC('I', 'O', 'C', 'T'),
	[HELIOS_SYSTEMCONTROL] = MAGIC('S', 'Y', 'S', 'C'),
};

const char *
type_name(unsigned int type)
{
	return type < HELIOS_TYPE_COUNT ? names[type] : "?";
}

void
objects_reset(void)
{
	__builtin_memset(object_counts, 0, sizeof(object_counts));
	list_init(&reap_orphans);
}

static bool
is_heavy(unsigned int type)
{
	return type == HELIOS_MEMORY || type == HELIOS_DEVMEM ||
		type == HELIOS_CSPACE || type == HELIOS_VSPACE ||
		type == HELIOS_TASK;
}

void
object_init(struct object *o, unsigned int type, struct memory *m)
{
	static uint64_t last_id;

	o->magic = magics[type];
	o->type = type;
	o->id = ++last_id;
	o->memory = m;
	object_counts[type]++;
	if (m != NULL)
		memory_count(m, 1);
}

void
heavy_init(struct heavy *h, unsigned int type, struct memory *m)
{
	object_init(&h->obj, type, m);
	list_init(&h->by_task);
	list_init(&h->by_memory);
}

void
object_fini(struct object *o)
{
	object_assert(o, o->type);
	if (is_heavy(o->type)) {
		struct heavy *h = container_of(o, struct heavy, obj);

		list_remove(&h->by_task);
		list_remove(&h->by_memory);
	}
	o->magic = MAGIC_FREED;
	object_counts[o->type]--;
	if (o->memory != NULL)
		memory_count(o->memory, -1);
}

void
object_assert(const struct object *o, unsigned int type)
{
	(void)o;
	(void)type;
	kassert(o->type == type);
	kassert(o->magic == magics[type]);
}

struct list *
reap_list(void)
{
	struct task *t = cpu0.current;

	if (t != NULL && !t->dead) {
		sched_look();
		return &t->reap;
	}
	cpu0.look |= LOOK_REAP;
	return &reap_orphans;
}

void
reap_add(struct heavy *h)
{
	if (h->obj.type == HELIOS_TASK)
		task_kill(container_of(h, struct task, heavy));
	list_append(reap_list(), &h->by_task);
	if (h->obj.memory != NULL)
		list_append(&h->obj.memory->dead, &h->by_memory);
}

/* The step functions free the object when they have emptied it. */
static void
reap_object(struct heavy *h)
{
	switch (h->obj.type) {
	case HELIOS_MEMORY:
		memory_reap_step(container_of(h, struct memory, heavy));
		return;
	case HELIOS_DEVMEM:
		devmem_reap_step(container_of(h, struct devmem, heavy));
		return;
	case HELIOS_CSPACE:
		cspace_reap_step(container_of(h, struct cspace, heavy));
		return;
	case HELIOS_VSPACE:
		vspace_reap_step(container_of(h, struct vspace, heavy));
		return;
	case HELIOS_TASK:
		task_reap_step(container_of(h, struct task, heavy));
		return;
	}
	kpanic("a %s cannot be reaped", type_name(h->obj.type));
}

void
reap_step(struct list *list)
{
	reap_object(container_of(list->next, struct heavy, by_task));
}

bool
reap_memory_step(struct memory *m)
{
	if (list_empty(&m->dead))
		return false;
	reap_object(container_of(m->dead.next, struct heavy, by_memory));
	return true;
}
