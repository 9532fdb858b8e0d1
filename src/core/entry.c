/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors of the kernel.  Each does its one thing, and lets core_exit
 * choose who runs next.
 */
#include <stddef.h>

#include <hal.h>
#include <helios/fault.h>

#include <entry.h>
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
	sched_enter(false);
	sched_look();
	return core_exit();
}

bool
core_goes_on(void)
{
	if (cpu0.look != 0)
		return false;
	check_now_and_then();
	return true;
}

struct task *
core_next(void)
{
	struct task *t = sched_choose();

	check_now_and_then();
	return t;
}

struct task *
core_syscall(void)
{
	struct task *t = cpu0.current;
	struct handover h = { .to = NULL };

	if (t->regs.rax == HELIOS_SYS_CALL)
		h = core_call(t->regs.rdi, t->regs.rsi);
	else if (t->regs.rax == HELIOS_SYS_REPLY_RECV)
		h = core_reply_recv(t->regs.rdi, t->regs.rsi);
	if (h.object != NULL)
		core_run_invoke(h.object);
	else if (h.to == NULL)
		core_run_syscall();
	if (h.to == NULL)
		return core_goes_on() ? t : core_next();
	if (h.message)
		message_pass(&h.to->regs, h.badge, &t->regs);
	return h.to;
}

struct task *
core_stray_syscall(void)
{
	struct task *t = cpu0.current;

	sched_enter(false);
	fault_set_syscall(t);
	fault_raise(t);
	return core_exit();
}

struct task *
core_fault(const struct hal_fault *f)
{
	struct task *t = cpu0.current, *to = NULL;

	if (f->page)
		fault_set(t, HELIOS_FAULT_PAGE, f->address, f->access,
				f->error);
	else
		fault_set(t, HELIOS_FAULT_EXCEPTION, f->address, 0,
				(uint64_t)f->vector << 32 |
				(f->error & 0xffffffffu));
	if (fault_has_handler(t))
		to = fault_handover(t);
	if (to != NULL)
		return to;
	sched_enter(false);
	fault_raise(t);
	return core_exit();
}

struct task *
core_irq(unsigned int irq)
{
	sched_enter(false);
	irq_fired(irq);
	return core_exit();
}

struct task *
core_timer(void)
{
	sched_enter(false);
	sched_timer();
	return core_exit();
}

struct task *
core_current(void)
{
	return cpu0.current != NULL ? cpu0.current : cpu0.last;
}
