# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel for the machine.  Like user programs it is compiled with rules
# of its own (objects end in .bo), so that neither CFLAGS nor sanitizer or
# coverage options of the host build reach it.  KERNEL_OPT is for you.
#
# It is small where that costs nothing: only what stands on the way of a
# message or an interrupt is optimized for speed (KERNEL_FAST).  The release
# kernel is compiled as one program (KERNEL_BUILD_CFLAGS has -flto), without
# frame pointers.
#
# Files that nobody needs after boot (kernel_boot_objects) are compiled one by
# one, and the names of their sections then start with .boot: kernel.lds puts
# their code and constants where bootcode.c can drop them.  Their data stay,
# for others read what they found out.
#
# It is linked twice: the second time with the table of its own symbols, for
# the backtrace of a panic.  The table stands behind all that it names, so no
# address moves.  After the first time bootcode.awk looks whether anything that
# stays refers to what goes.

KERNEL_OPT = -Os -g
KERNEL_CPPFLAGS = -I$(top_srcdir)/include -I$(top_srcdir)/src/core/include \
	$(DEBUG_CPPFLAGS) -fmacro-prefix-map=$(top_srcdir)/=
KERNEL_CFLAGS = -std=gnu17 $(KERNEL_OPT) $(WARN_CFLAGS) \
	$(KERNEL_TARGET_CFLAGS) $(KERNEL_BUILD_CFLAGS) -ffunction-sections \
	$(KERNEL_FAST) $(KERNEL_BOOT)
KERNEL_FAST =
KERNEL_BOOT =
KERNEL_FINISH =
KERNEL_COMPILE = $(CC) $(KERNEL_CPPFLAGS) $(KERNEL_CFLAGS) -MMD -MP
KERNEL_LINK = $(CC) $(KERNEL_CFLAGS) -nostdlib -static \
	-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--build-id=none \
	-Wl,--gc-sections

%.bo: %.c Makefile
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(KERNEL_COMPILE) -c -o $@ $< \
		$(KERNEL_FINISH)

%.bo: %.S Makefile
	$(AM_V_CPPAS)$(MKDIR_P) $(@D) && $(KERNEL_COMPILE) -c -o $@ $<

baremetal_headers = \
	src/hal-baremetal/baremetal.h \
	src/hal-baremetal/interrupt.h \
	src/hal-baremetal/layout.h \
	src/hal-baremetal/screen.h

baremetal_sources = \
	src/hal-baremetal/acpi.c \
	src/hal-baremetal/apic.c \
	src/hal-baremetal/boot.S \
	src/hal-baremetal/bootcode.c \
	src/hal-baremetal/bootloader.c \
	src/hal-baremetal/clock.c \
	src/hal-baremetal/console.c \
	src/hal-baremetal/cpu.c \
	src/hal-baremetal/crash.c \
	src/hal-baremetal/entry.S \
	src/hal-baremetal/font.S \
	src/hal-baremetal/framebuffer.c \
	src/hal-baremetal/hpet.c \
	src/hal-baremetal/irq.c \
	src/hal-baremetal/main.c \
	src/hal-baremetal/memory.c \
	src/hal-baremetal/options.c \
	src/hal-baremetal/paging.c \
	src/hal-baremetal/panic.c \
	src/hal-baremetal/pic.c \
	src/hal-baremetal/ports.c \
	src/hal-baremetal/power.c \
	src/hal-baremetal/screen.c \
	src/hal-baremetal/serial.c \
	src/hal-baremetal/space.c \
	src/hal-baremetal/string.c \
	src/hal-baremetal/symbols.c \
	src/hal-baremetal/task.c \
	src/hal-baremetal/timer.c \
	src/hal-baremetal/trap.c

kernel_core_objects = $(patsubst %.c,%.bo,$(filter %.c,$(libcore_la_SOURCES)))
kernel_hal_objects = $(patsubst %.c,%.bo,$(baremetal_sources:.S=.bo))
kernel_objects = $(kernel_hal_objects) $(kernel_core_objects)
kernel_script = src/hal-baremetal/kernel.ld

kernel_fast_objects = \
	src/core/cap.bo \
	src/core/cspace.bo \
	src/core/entry.bo \
	src/core/fastpath.bo \
	src/core/note.bo \
	src/core/pagetable.bo \
	src/core/sched.bo \
	src/core/uapi/invoke.bo \
	src/core/uapi/invoke_cspace.bo \
	src/core/uapi/invoke_vspace.bo \
	src/core/uapi/syscall.bo \
	src/core/vspace.bo \
	src/core/waitq.bo \
	src/hal-baremetal/clock.bo \
	src/hal-baremetal/space.bo \
	src/hal-baremetal/task.bo \
	src/hal-baremetal/trap.bo
$(kernel_fast_objects): KERNEL_FAST = -O2 $(KERNEL_FAST_CFLAGS)

kernel_boot_objects = \
	src/core/boot.bo \
	src/core/elf.bo \
	src/core/startup.bo \
	src/core/tar.bo \
	src/hal-baremetal/acpi.bo \
	src/hal-baremetal/bootloader.bo \
	src/hal-baremetal/cpu.bo \
	src/hal-baremetal/crash.bo \
	src/hal-baremetal/main.bo \
	src/hal-baremetal/memory.bo \
	src/hal-baremetal/options.bo \
	src/hal-baremetal/paging.bo
$(kernel_boot_objects): KERNEL_BOOT = -fno-lto
$(kernel_boot_objects): KERNEL_FINISH = \
	&& $(OBJCOPY) --prefix-alloc-sections=.boot $@

$(kernel_script): src/hal-baremetal/kernel.lds src/hal-baremetal/layout.h
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(CC) -E -P -x assembler-with-cpp \
		-o $@ $(srcdir)/src/hal-baremetal/kernel.lds

# The font, as the distribution ships it.
src/hal-baremetal/font.psf: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(GZIP) -dc '$(CONSOLE_FONT)' >$@.new && \
	mv $@.new $@
src/hal-baremetal/font.bo: src/hal-baremetal/font.psf
src/hal-baremetal/font.bo: KERNEL_CPPFLAGS += -Wa,-I,src/hal-baremetal

# awk: "address name" of each function, in order of address.
KERNEL_IMAGE = $(KERNEL_LINK) -T $(kernel_script) -Wl,--emit-relocs \
		-o $@.1 $(filter %.bo,$^) && \
	{ $(NM) -n $@.1 && $(READELF) -rW $@.1; } | LC_ALL=C $(AWK) \
		-f $(srcdir)/src/hal-baremetal/bootcode.awk && \
	LC_ALL=C $(NM) -n $@.1 | $(AWK) \
		-f $(srcdir)/src/hal-baremetal/symbols.awk >$@.sym.S && \
	$(KERNEL_COMPILE) -c -o $@.sym.o $@.sym.S && \
	$(KERNEL_LINK) -T $(kernel_script) -o $@.2 \
		$(filter %.bo,$^) $@.sym.o && \
	rm -f $@.1 $@.sym.S $@.sym.d $@.sym.o && mv $@.2 $@

helios-kernel: $(kernel_objects) $(kernel_script) \
		src/hal-baremetal/bootcode.awk \
		src/hal-baremetal/symbols.awk
	$(AM_V_CCLD)$(KERNEL_IMAGE)

pkgdata_DATA += helios-kernel
CLEANFILES += helios-kernel $(kernel_script) src/hal-baremetal/font.psf
EXTRA_DIST += $(baremetal_headers) $(baremetal_sources) \
	src/hal-baremetal/bootcode.awk \
	src/hal-baremetal/kernel.lds \
	src/hal-baremetal/symbols.awk

kernel_depends = $(kernel_objects:.bo=.d)
-include $(kernel_depends)

mostlyclean-kernel:
	-rm -f $(kernel_objects) $(kernel_depends)
mostlyclean-am: mostlyclean-kernel
.PHONY: mostlyclean-kernel
