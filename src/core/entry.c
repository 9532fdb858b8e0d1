/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel.  Each charges the time that has passed, does its
 * one thing, and lets core_exit choose who runs next.
 */
#include <stddef.h>

#include <hal.h>
#include <helios/fault.h>

#include <check.h>
#include <ipc.h>
#include <irq.h>
#include <klog.h>
#include <sched.h>
#include <task.h>
#include <uapi.h>

unsigned int core_check_interval = 1024;

struct task *
core_start(void)
{
	sched_enter();
	return core_exit();
}

static struct task *
leave_syscall(void)
{
#ifdef HELIOS_DEBUG
	static unsigned int calls;
	struct task *t = core_exit();

	if (core_check_interval != 0 && ++calls >= core_check_interval) {
		calls = 0;
		core_check();
	}
	return t;
#else
	return core_exit();
#endif
}

struct task *
core_syscall(void)
{
	struct task *t = cpu0.current;

	cpu0.timed = false;
	cpu0.worked = true;
	if (task_is_foreign(t)) {
		fault_set_syscall(t);
		fault_raise(t);
	} else {
		syscall_run(t);
	}
	return leave_syscall();
}

struct task *
core_stray_syscall(void)
{
	struct task *t = cpu0.current;

	sched_enter();
	fault_set_syscall(t);
	fault_raise(t);
	return core_exit();
}

struct task *
core_fault(const struct hal_fault *f)
{
	struct task *t = cpu0.current;

	sched_enter();
	if (f->page)
		fault_set(t, HELIOS_FAULT_PAGE, f->address, f->access,
				f->error);
	else
		fault_set(t, HELIOS_FAULT_EXCEPTION, f->address, 0,
				(uint64_t)f->vector << 32 |
				(f->error & 0xffffffffu));
	fault_raise(t);
	return core_exit();
}

struct task *
core_irq(unsigned int irq)
{
	sched_enter();
	irq_fired(irq);
	return core_exit();
}

struct task *
core_timer(void)
{
	/* It is not armed any more. */
	cpu0.armed = 0;
	sched_enter();
	return core_exit();
}

struct task *
core_current(void)
{
	return cpu0.current != NULL ? cpu0.current : cpu0.last;
}
