# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel as a Linux process.  Core's headers come after the system's, as
# both have a sched.h; and no name of core's can stand in for one of libc's
# in a shared library.

bin_PROGRAMS += helios-hosted
helios_hosted_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-idirafter $(top_srcdir)/src/core/include
helios_hosted_CFLAGS = $(AM_CFLAGS) -pthread
helios_hosted_LDFLAGS = $(AM_LDFLAGS) -pthread -Wl,--exclude-libs,ALL
helios_hosted_LDADD = libcore.la
helios_hosted_SOURCES = \
	src/hal-hosted/chardev.c \
	src/hal-hosted/chardev.h \
	src/hal-hosted/cmos.c \
	src/hal-hosted/entry.S \
	src/hal-hosted/hosted.h \
	src/hal-hosted/io.c \
	src/hal-hosted/irq.c \
	src/hal-hosted/layout.h \
	src/hal-hosted/log.c \
	src/hal-hosted/main.c \
	src/hal-hosted/memcheck.c \
	src/hal-hosted/options.c \
	src/hal-hosted/physmem.c \
	src/hal-hosted/signal.c \
	src/hal-hosted/thread.c \
	src/hal-hosted/time.c \
	src/hal-hosted/tlb.c \
	src/hal-hosted/trace.c \
	src/hal-hosted/uart.c \
	src/hal-hosted/uffd.c
