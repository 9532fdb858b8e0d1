# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel without a machine.  A convenience library: the hosted kernel
# and the unit tests link it, each with a HAL of its own.  It takes nothing
# from libc but the memcpy and memset that compilers call on their own.

noinst_LTLIBRARIES += libcore.la
libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/core/include
libcore_la_CFLAGS = $(AM_CFLAGS) -ffreestanding -fno-strict-aliasing
libcore_la_SOURCES = \
	src/core/boot.c \
	src/core/cap.c \
	src/core/check.c \
	src/core/cspace.c \
	src/core/devmem.c \
	src/core/elf.c \
	src/core/endpoint.c \
	src/core/entry.c \
	src/core/fastpath.c \
	src/core/fault.c \
	src/core/include/cap.h \
	src/core/include/check.h \
	src/core/include/cspace.h \
	src/core/include/devmem.h \
	src/core/include/entry.h \
	src/core/include/hal.h \
	src/core/include/image.h \
	src/core/include/ipc.h \
	src/core/include/irq.h \
	src/core/include/klog.h \
	src/core/include/list.h \
	src/core/include/memory.h \
	src/core/include/object.h \
	src/core/include/page.h \
	src/core/include/result.h \
	src/core/include/sched.h \
	src/core/include/startup.h \
	src/core/include/task.h \
	src/core/include/tree.h \
	src/core/include/uapi.h \
	src/core/include/vspace.h \
	src/core/include/waitq.h \
	src/core/irq.c \
	src/core/klog.c \
	src/core/make.c \
	src/core/memory.c \
	src/core/message.c \
	src/core/note.c \
	src/core/object.c \
	src/core/page.c \
	src/core/pagetable.c \
	src/core/poll.c \
	src/core/reply.c \
	src/core/result.c \
	src/core/sched.c \
	src/core/slab.c \
	src/core/startup.c \
	src/core/tar.c \
	src/core/task.c \
	src/core/tree.c \
	src/core/uaccess.c \
	src/core/uapi/arguments.c \
	src/core/uapi/invoke.c \
	src/core/uapi/invoke_cspace.c \
	src/core/uapi/invoke_devmem.c \
	src/core/uapi/invoke_ioport.c \
	src/core/uapi/invoke_irq.c \
	src/core/uapi/invoke_memory.c \
	src/core/uapi/invoke_system.c \
	src/core/uapi/invoke_task.c \
	src/core/uapi/invoke_vspace.c \
	src/core/uapi/syscall.c \
	src/core/vspace.c \
	src/core/waitq.c
