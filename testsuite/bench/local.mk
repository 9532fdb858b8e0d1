# SPDX-License-Identifier: BSD-2-Clause
#
# Benchmarks whose rules stand here: what the operations cost among many live
# objects, and the longest stretches with interrupts off.

# The operations are those of cost/, with fewer samples: instructions hardly
# vary.

scale_cost_objects = $(patsubst testsuite/bench/cost/%.c, \
	testsuite/bench/scale/cost/%.uo, \
	$(filter-out testsuite/bench/cost/main.c,$(cost_sources)))
scale_sources = \
	testsuite/bench/scale/caps.c \
	testsuite/bench/scale/crowd.c \
	testsuite/bench/scale/main.c \
	testsuite/bench/scale/tree.c
scale_objects = $(scale_sources:.c=.uo) $(scale_cost_objects)
user_objects += $(scale_objects)

$(scale_objects): USER_CPPFLAGS += -DSAMPLES=101u -DWARM_UP=20u \
	-I$(top_srcdir)/testsuite/bench/cost

testsuite/bench/scale/cost/%.uo: testsuite/bench/cost/%.c Makefile
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(USER_COMPILE) -c -o $@ $<

testsuite/bench/scale/init: $(scale_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -Wl,--wrap=cost_peer -o $@ \
		$(scale_objects) $(libhelios_DATA)

testsuite/scale.tar: testsuite/bench/scale/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/bench/scale init && \
	mv $@.new $@

# Its own table of its longest stretches: the kernel, with some files of the
# HAL compiled to measure.

latency_objects = \
	testsuite/bench/latency/entry.bo \
	testsuite/bench/latency/latency.bo \
	testsuite/bench/latency/power.bo \
	testsuite/bench/latency/trap.bo
$(latency_objects): KERNEL_CPPFLAGS += -DHELIOS_LATENCY
testsuite/bench/latency/trap.bo: KERNEL_FAST = -O2

testsuite/bench/latency/%.bo: src/hal-baremetal/%.c Makefile
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(KERNEL_COMPILE) -c -o $@ $<

testsuite/bench/latency/%.bo: src/hal-baremetal/%.S Makefile
	$(AM_V_CPPAS)$(MKDIR_P) $(@D) && $(KERNEL_COMPILE) -c -o $@ $<

helios-kernel-latency: $(latency_objects) \
		$(filter-out src/hal-baremetal/entry.bo \
			src/hal-baremetal/power.bo \
			src/hal-baremetal/trap.bo,$(kernel_objects)) \
		$(kernel_script) src/hal-baremetal/symbols.awk
	$(AM_V_CCLD)$(KERNEL_IMAGE)

hostile_sources = \
	testsuite/bench/latency/calls.c \
	testsuite/bench/latency/caps.c \
	testsuite/bench/latency/hostile.c \
	testsuite/bench/latency/memory.c \
	testsuite/bench/latency/messages.c \
	testsuite/bench/latency/tasks.c
hostile_objects = $(hostile_sources:.c=.uo) testsuite/bench/scale/crowd.uo
user_objects += $(hostile_sources:.c=.uo)

$(hostile_sources:.c=.uo): USER_CPPFLAGS += \
	-I$(top_srcdir)/testsuite/bench/scale

testsuite/bench/latency/init: $(hostile_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(hostile_objects) $(libhelios_DATA)

testsuite/hostile.tar: testsuite/bench/latency/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/bench/latency init && \
	mv $@.new $@

# The figures are of a release kernel, as those of bench-cost are.

bench-release/build/helios-kernel-latency: bench-release/build/helios-kernel
	+$(AM_V_at)cd bench-release/build && \
	$(MAKE) $(AM_MAKEFLAGS) helios-kernel-latency

bench_scale = \
	HELIOS_KERNEL='$(cost_release)/helios-kernel' \
	SCALE_TAR=testsuite/scale.tar BUILD=release QEMU='$(QEMU)' \
	TIMEOUT='$(TIMEOUT)' top_srcdir='$(abs_top_srcdir)' \
	$(SHELL) $(srcdir)/testsuite/bench/scale.sh
bench_latency = \
	LATENCY_KERNEL='$(cost_release)/helios-kernel-latency' \
	HOSTILE_TAR=testsuite/hostile.tar VULCAN=vulcan.tar \
	BUILD=release QEMU='$(QEMU)' \
	TIMEOUT='$(TIMEOUT)' top_srcdir='$(abs_top_srcdir)' \
	$(SHELL) $(srcdir)/testsuite/bench/latency.sh

bench_scale_depends = $(cost_release)/helios-kernel testsuite/scale.tar
bench_latency_depends = $(cost_release)/helios-kernel-latency \
	testsuite/hostile.tar vulcan.tar

bench: $(bench_scale_depends) $(bench_latency_depends)

bench-scale: $(bench_scale_depends) testsuite/boot.tar
	@$(bench_scale)
	@MEMORIES='256 1024' GRUB_MKRESCUE= \
	HELIOS_KERNEL='$(cost_release)/helios-kernel' BUILD=release \
	BOOT_TAR=testsuite/boot.tar QEMU='$(QEMU)' READELF='$(READELF)' \
	TIMEOUT='$(TIMEOUT)' $(SHELL) $(srcdir)/testsuite/bench/machine.sh

bench-latency: $(bench_latency_depends)
	@$(bench_latency)

.PHONY: bench-scale bench-latency

check_DATA += helios-kernel-latency testsuite/hostile.tar testsuite/scale.tar
CLEANFILES += helios-kernel-latency testsuite/hostile.tar testsuite/scale.tar \
	testsuite/bench/latency/init testsuite/bench/scale/init
EXTRA_DIST += $(hostile_sources) $(scale_sources) \
	src/hal-baremetal/latency.c \
	src/hal-baremetal/latency.h \
	testsuite/bench/latency.awk \
	testsuite/bench/latency.sh \
	testsuite/bench/latency/hostile.h \
	testsuite/bench/scale.awk \
	testsuite/bench/scale.sh \
	testsuite/bench/scale/crowd.h \
	testsuite/bench/scale/scale.h

latency_depends = $(latency_objects:.bo=.d)
-include $(latency_depends)

mostlyclean-latency:
	-rm -f $(latency_objects) $(latency_depends)
mostlyclean-am: mostlyclean-latency
.PHONY: mostlyclean-latency
