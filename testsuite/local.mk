# SPDX-License-Identifier: BSD-2-Clause
#
# make check: every test speaks TAP, and the count at its end is of single
# test points.

# Vulcan is installed, so that an installed kernel has something to boot.

vulcan_headers = \
	testsuite/vulcan/fill.h \
	testsuite/vulcan/level.h \
	testsuite/vulcan/machine.h \
	testsuite/vulcan/objects.h \
	testsuite/vulcan/peer.h \
	testsuite/vulcan/probe.h \
	testsuite/vulcan/serial.h \
	testsuite/vulcan/supervisor.h \
	testsuite/vulcan/vulcan.h

vulcan_sources = \
	testsuite/vulcan/child.c \
	testsuite/vulcan/clock.c \
	testsuite/vulcan/cspace.c \
	testsuite/vulcan/death.c \
	testsuite/vulcan/devmem.c \
	testsuite/vulcan/endpoint.c \
	testsuite/vulcan/fault.c \
	testsuite/vulcan/foreign.c \
	testsuite/vulcan/heap.c \
	testsuite/vulcan/hostile.c \
	testsuite/vulcan/instructions.c \
	testsuite/vulcan/ioport.c \
	testsuite/vulcan/ipcwait.c \
	testsuite/vulcan/irq.c \
	testsuite/vulcan/isolation.c \
	testsuite/vulcan/memory.c \
	testsuite/vulcan/mmap.c \
	testsuite/vulcan/note.c \
	testsuite/vulcan/outrun.c \
	testsuite/vulcan/page.c \
	testsuite/vulcan/peer.c \
	testsuite/vulcan/poll.c \
	testsuite/vulcan/privileged.c \
	testsuite/vulcan/probe.c \
	testsuite/vulcan/program.c \
	testsuite/vulcan/quota.c \
	testsuite/vulcan/race.c \
	testsuite/vulcan/reply.c \
	testsuite/vulcan/returns.c \
	testsuite/vulcan/revoke.c \
	testsuite/vulcan/sched.c \
	testsuite/vulcan/space.c \
	testsuite/vulcan/supervise.c \
	testsuite/vulcan/supervisor.c \
	testsuite/vulcan/system.c \
	testsuite/vulcan/task.c \
	testsuite/vulcan/threads.c \
	testsuite/vulcan/tlb.c \
	testsuite/vulcan/transfer.c \
	testsuite/vulcan/vectors.c \
	testsuite/vulcan/vspace.c \
	testsuite/vulcan/vulcan.c

vulcan_objects = $(vulcan_sources:.c=.uo)
user_objects += $(vulcan_objects)

testsuite/vulcan/vulcan: $(vulcan_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(vulcan_objects) $(libhelios_DATA)

# Two programs that know nothing of Helios; see their README.

testsuite/vulcan/foreign/foreign: testsuite/vulcan/foreign/foreign.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu17 $(USER_OPT) \
	$(WARN_CFLAGS) -ffreestanding -fPIE -fno-stack-protector \
	-fno-strict-aliasing -nostdlib -static-pie \
	-Wl,-z,noexecstack,--build-id=none -o $@ \
	$(srcdir)/testsuite/vulcan/foreign/foreign.c

testsuite/vulcan/foreign/foreign-glibc: testsuite/vulcan/foreign/glibc.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu17 -O2 $(WARN_CFLAGS) \
	-fPIE -static-pie -s -o $@ \
	$(srcdir)/testsuite/vulcan/foreign/glibc.c -lm

vulcan_programs = testsuite/vulcan/vulcan \
	testsuite/vulcan/foreign/foreign \
	testsuite/vulcan/foreign/foreign-glibc

vulcan.tar: $(vulcan_programs)
	$(AM_V_GEN)$(INITRAMFS) --transform='s|^vulcan$$|init|' -cf $@.new \
	-C testsuite/vulcan vulcan -C foreign foreign foreign-glibc && \
	mv $@.new $@

pkgdata_DATA += vulcan.tar
CLEANFILES += $(vulcan_programs) vulcan.tar
EXTRA_DIST += $(vulcan_headers) $(vulcan_sources) \
	testsuite/vulcan/foreign/README \
	testsuite/vulcan/foreign/foreign.c \
	testsuite/vulcan/foreign/glibc.c

vulcan: helios-hosted vulcan.tar
	./helios-hosted --log-level=error vulcan.tar

# Vulcan's harness with tests that fail in every way.

selftest_objects = testsuite/vulcan/selftest/broken.uo \
	testsuite/vulcan/child.uo \
	testsuite/vulcan/supervisor.uo \
	testsuite/vulcan/vulcan.uo
user_objects += testsuite/vulcan/selftest/broken.uo
testsuite/vulcan/selftest/selftest: $(selftest_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(selftest_objects) $(libhelios_DATA)

testsuite/vulcan/selftest.tar: testsuite/vulcan/selftest/selftest
	$(AM_V_GEN)$(INITRAMFS) --transform='s|^selftest$$|init|' \
	-cf $@.new -C testsuite/vulcan/selftest selftest && mv $@.new $@

check_DATA += testsuite/vulcan/selftest.tar
CLEANFILES += $(check_DATA) testsuite/vulcan/selftest/selftest
EXTRA_DIST += testsuite/vulcan/selftest/broken.c

# Programs to debug, for the tests of debugging.

debug_sources = testsuite/system/gdbguest.c testsuite/system/gdbchild.c
debug_objects = $(debug_sources:.c=.uo)
user_objects += $(debug_objects)

testsuite/system/gdbguest testsuite/system/gdbchild: %: %.uo $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $@.uo $(libhelios_DATA)

testsuite/system/gdb.tar: testsuite/system/gdbguest testsuite/system/gdbchild
	$(AM_V_GEN)$(INITRAMFS) --transform='s|^gdbguest$$|init|' \
	--transform='s|^gdbchild$$|child|' -cf $@.new \
	-C testsuite/system gdbguest gdbchild && mv $@.new $@

check_DATA += testsuite/system/gdb.tar
CLEANFILES += testsuite/system/gdbguest testsuite/system/gdbchild
EXTRA_DIST += $(debug_sources) testsuite/system/gdbguest.h

# The differential test's program: system calls at random, and what came of
# them, for a comparison of two kernels.

differ_sources = \
	testsuite/differ/call.c \
	testsuite/differ/differ.c \
	testsuite/differ/print.c \
	testsuite/differ/puppet.c \
	testsuite/differ/random.c \
	testsuite/differ/state.c \
	testsuite/differ/steps.c \
	testsuite/differ/world.c

differ_objects = $(differ_sources:.c=.uo) testsuite/differ/script.uo
user_objects += $(differ_objects)

testsuite/differ/init: $(differ_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(differ_objects) $(libhelios_DATA)

testsuite/differ.tar: testsuite/differ/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/differ init && \
	mv $@.new $@

check_DATA += testsuite/differ.tar
CLEANFILES += testsuite/differ.tar testsuite/differ/init
EXTRA_DIST += $(differ_sources) testsuite/differ/differ.h \
	testsuite/differ/script.S

include testsuite/mercury/local.mk
include testsuite/system/session/local.mk

# Unit tests: the kernel's objects on a HAL of their own.

unit_cppflags = $(AM_CPPFLAGS) -D_GNU_SOURCE -include config.h \
	-I$(top_srcdir)/src/core/include -I$(top_srcdir)/testsuite/unit
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_ldadd = testsuite/unit/libunit.la libcore.la $(CHECK_LIBS)

check_LTLIBRARIES = testsuite/unit/libunit.la
testsuite_unit_libunit_la_CPPFLAGS = $(unit_cppflags)
testsuite_unit_libunit_la_CFLAGS = $(unit_cflags)
testsuite_unit_libunit_la_SOURCES = \
	testsuite/unit/archive.c \
	testsuite/unit/archive.h \
	testsuite/unit/fastpath.h \
	testsuite/unit/fastpath_observe.c \
	testsuite/unit/fastpath_world.c \
	testsuite/unit/libcheck.h \
	testsuite/unit/mock_hal.c \
	testsuite/unit/mock_hal.h \
	testsuite/unit/model.c \
	testsuite/unit/model.h \
	testsuite/unit/model_apply.c \
	testsuite/unit/model_gen.c \
	testsuite/unit/model_ipc.c \
	testsuite/unit/model_ops.c \
	testsuite/unit/model_print.c \
	testsuite/unit/model_run.c \
	testsuite/unit/snapshot.c \
	testsuite/unit/snapshot.h \
	testsuite/unit/suites.h \
	testsuite/unit/test_alloc.c \
	testsuite/unit/test_boot.c \
	testsuite/unit/test_broken.c \
	testsuite/unit/test_cap.c \
	testsuite/unit/test_fastpath.c \
	testsuite/unit/test_memory.c \
	testsuite/unit/test_model.c \
	testsuite/unit/test_restart.c \
	testsuite/unit/test_sched.c \
	testsuite/unit/test_struct.c \
	testsuite/unit/test_vspace.c \
	testsuite/unit/unit.c \
	testsuite/unit/unit.h \
	testsuite/unit/world.c \
	testsuite/unit/world.h

check_PROGRAMS += testsuite/unit/unit-alloc
testsuite_unit_unit_alloc_CPPFLAGS = $(unit_cppflags)
testsuite_unit_unit_alloc_CFLAGS = $(unit_cflags)
testsuite_unit_unit_alloc_LDADD = $(unit_ldadd)
testsuite_unit_unit_alloc_SOURCES = testsuite/unit/main_alloc.c

check_PROGRAMS += testsuite/unit/unit-boot
testsuite_unit_unit_boot_CPPFLAGS = $(unit_cppflags)
testsuite_unit_unit_boot_CFLAGS = $(unit_cflags)
testsuite_unit_unit_boot_LDADD = $(unit_ldadd)
testsuite_unit_unit_boot_SOURCES = testsuite/unit/main_boot.c

check_PROGRAMS += testsuite/unit/unit-core
testsuite_unit_unit_core_CPPFLAGS = $(unit_cppflags)
testsuite_unit_unit_core_CFLAGS = $(unit_cflags)
testsuite_unit_unit_core_LDADD = $(unit_ldadd)
testsuite_unit_unit_core_SOURCES = testsuite/unit/main_core.c

check_PROGRAMS += testsuite/unit/unit-model
testsuite_unit_unit_model_CPPFLAGS = $(unit_cppflags)
testsuite_unit_unit_model_CFLAGS = $(unit_cflags)
testsuite_unit_unit_model_LDADD = $(unit_ldadd)
testsuite_unit_unit_model_SOURCES = testsuite/unit/main_model.c

check_PROGRAMS += testsuite/unit/unit-restart
testsuite_unit_unit_restart_CPPFLAGS = $(unit_cppflags)
testsuite_unit_unit_restart_CFLAGS = $(unit_cflags)
testsuite_unit_unit_restart_LDADD = $(unit_ldadd)
testsuite_unit_unit_restart_SOURCES = testsuite/unit/main_restart.c

# The machine's HAL without a machine: each test includes the file it tests.
# Symbols of the linker script are addresses, so the program is linked to a
# fixed one; as on a PC, words need not be aligned.

check_PROGRAMS += testsuite/unit/unit-machine
testsuite_unit_unit_machine_CPPFLAGS = -D_GNU_SOURCE -I$(top_srcdir) \
	-I$(top_srcdir)/include -I$(top_srcdir)/src/core/include \
	-I$(top_srcdir)/testsuite/unit
testsuite_unit_unit_machine_CFLAGS = $(unit_cflags) -fPIE \
	-fno-sanitize=alignment
testsuite_unit_unit_machine_LDFLAGS = $(AM_LDFLAGS) -no-pie
testsuite_unit_unit_machine_LDADD = $(CHECK_LIBS)
testsuite_unit_unit_machine_SOURCES = \
	src/core/klog.c \
	testsuite/unit/machine.h \
	testsuite/unit/machine_acpi.c \
	testsuite/unit/machine_boot.c \
	testsuite/unit/machine_console.c \
	testsuite/unit/machine_framebuffer.c \
	testsuite/unit/machine_memory.c \
	testsuite/unit/machine_mock.c \
	testsuite/unit/machine_options.c \
	testsuite/unit/machine_screen.c \
	testsuite/unit/machine_suites.h \
	testsuite/unit/machine_symbols.c \
	testsuite/unit/main_machine.c \
	testsuite/unit/unit.c \
	testsuite/unit/unit.h

# Helpers of the system tests.

check_PROGRAMS += testsuite/system/uffd-probe testsuite/system/mkelf
testsuite_system_uffd_probe_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
testsuite_system_uffd_probe_SOURCES = testsuite/system/uffd-probe.c
testsuite_system_mkelf_SOURCES = testsuite/system/mkelf.c

# Benchmarks: make bench.  They judge nothing; make check only sees that they
# work.

bench_sources = \
	testsuite/bench/bench.c \
	testsuite/bench/flat.c \
	testsuite/bench/ipc.c \
	testsuite/bench/memory.c \
	testsuite/bench/spaces.c

bench_objects = $(bench_sources:.c=.uo)
user_objects += $(bench_objects)

testsuite/bench/init: $(bench_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(bench_objects) $(libhelios_DATA)

testsuite/bench.tar: testsuite/bench/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/bench init && \
	mv $@.new $@

check_PROGRAMS += testsuite/system/bench-host
testsuite_system_bench_host_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
testsuite_system_bench_host_CFLAGS = $(AM_CFLAGS) -pthread
testsuite_system_bench_host_LDFLAGS = $(AM_LDFLAGS) -pthread
testsuite_system_bench_host_SOURCES = testsuite/system/bench-host.c

# On the machine: how long the boot takes.

boot_objects = testsuite/bench/boot-start.uo testsuite/bench/boot.uo
user_objects += $(boot_objects)

testsuite/bench/boot/init: $(boot_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(USER_LINK) -o $@ $(boot_objects) \
	src/user/libhelios.a

testsuite/boot.tar: testsuite/bench/boot/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/bench/boot init && \
	mv $@.new $@

check_DATA += testsuite/boot.tar
CLEANFILES += testsuite/boot.tar testsuite/bench/boot/init
EXTRA_DIST += testsuite/bench/boot-start.S testsuite/bench/boot.c \
	testsuite/bench/machine.sh

# And what each operation costs.

cost_sources = \
	testsuite/bench/cost/caps.c \
	testsuite/bench/cost/cost.c \
	testsuite/bench/cost/fault.c \
	testsuite/bench/cost/ipc.c \
	testsuite/bench/cost/main.c \
	testsuite/bench/cost/memory.c \
	testsuite/bench/cost/note.c \
	testsuite/bench/cost/peer.c \
	testsuite/bench/cost/task.c

cost_objects = $(cost_sources:.c=.uo)
user_objects += $(cost_objects)

testsuite/bench/cost/init: $(cost_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(cost_objects) $(libhelios_DATA)

testsuite/cost.tar: testsuite/bench/cost/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C testsuite/bench/cost init && \
	mv $@.new $@

# The table is of a release kernel.  Where this build is of another, one is
# made beside it, of the sources as they are distributed: so that nothing that
# was built among them is taken for its own.

cost_release = $(if $(DEBUG_CPPFLAGS),bench-release/build,.)

bench-release/build/helios-kernel: $(kernel_objects) Makefile
	@$(MKDIR_P) bench-release/build
	$(AM_V_GEN)$(MAKE) $(AM_MAKEFLAGS) distdir \
		distdir=bench-release/src >/dev/null
	$(AM_V_at)test -f bench-release/build/Makefile || \
	(cd bench-release/build && ../src/configure -q --disable-debug \
		CC='$(CC)' PYTHON3='$(PYTHON3)')
	+$(AM_V_at)cd bench-release/build && \
	$(MAKE) $(AM_MAKEFLAGS) helios-kernel && touch helios-kernel

bench_cost = \
	HELIOS_KERNEL='$(cost_release)/helios-kernel' BUILD=release \
	COMPILER="`$(CC) --version | sed 1q`: \
	`sed -n 's/^KERNEL_OPT = //p; s/^KERNEL_BUILD_CFLAGS = //p' \
		$(cost_release)/Makefile | tr '\n' ' '`" \
	COST_TAR=testsuite/cost.tar COST_INIT=testsuite/bench/cost/init \
	SOURCE='$(srcdir)' QEMU='$(QEMU)' PYTHON3='$(PYTHON3)' NM='$(NM)' \
	READELF='$(READELF)' OBJDUMP='$(OBJDUMP)' OUTPUT=bench.txt \
	BASELINE='$(BASELINE)' SAMPLES='$(SAMPLES)' TRACE='$(TRACE)' \
	$(SHELL) $(srcdir)/testsuite/bench/cost.sh

bench-cost: $(cost_release)/helios-kernel testsuite/cost.tar
	@$(bench_cost)

.PHONY: bench-cost

clean-bench:
	-rm -rf bench-release bench.txt
clean-local: clean-bench
.PHONY: clean-bench

CLEANFILES += testsuite/cost.tar testsuite/bench/cost/init
check_DATA += testsuite/cost.tar $(cost_release)/helios-kernel \
	$(cost_release)/helios-kernel-latency
EXTRA_DIST += doc/performance.md $(cost_sources) \
	testsuite/bench/cost/cost.h \
	testsuite/bench/cost-table.txt \
	testsuite/bench/cost.sh \
	testsuite/bench/cost_gdb.py \
	testsuite/bench/cost_table.py \
	testsuite/bench/cost_trace.py

bench_machine = \
	HELIOS_KERNEL='$(abs_builddir)/helios-kernel' \
	BUILD='$(if $(DEBUG_CPPFLAGS),debug,release)' \
	BOOT_TAR='$(abs_builddir)/testsuite/boot.tar' QEMU='$(QEMU)' \
	GRUB_MKRESCUE='$(GRUB_MKRESCUE)' XORRISO='$(XORRISO)' \
	READELF='$(READELF)' TIMEOUT='$(TIMEOUT)' \
	$(SHELL) $(srcdir)/testsuite/bench/machine.sh

# Slower than the baseline: said by the exit status, after all the tables.
bench: $(cost_release)/helios-kernel testsuite/cost.tar helios-hosted \
		testsuite/bench.tar testsuite/system/bench-host \
		helios-kernel testsuite/boot.tar
	@status=0; $(bench_cost) || status=$$?; \
	testsuite/system/bench-host ./helios-hosted testsuite/bench.tar \
		full || status=$$?; \
	$(bench_scale) || status=$$?; \
	$(bench_latency) || status=$$?; \
	$(bench_machine) || status=$$?; \
	exit $$status

bench-hosted: helios-hosted testsuite/bench.tar testsuite/system/bench-host
	testsuite/system/bench-host ./helios-hosted testsuite/bench.tar full

bench-machine: helios-kernel testsuite/boot.tar
	@$(bench_machine)

.PHONY: bench bench-hosted bench-machine

check_DATA += testsuite/bench.tar
CLEANFILES += testsuite/bench.tar testsuite/bench/init
EXTRA_DIST += $(bench_sources) testsuite/bench/bench.h

# Fuzzers, always of clang: make fuzz TARGET=manifest SECONDS=600.

fuzz_sources = $(wildcard $(top_srcdir)/testsuite/fuzz/*)
fuzz_depends = tools/ipcgen/ipcgen $(ipcgen_generated) $(protocol_headers) \
	$(protocol_headers:.h=.c) $(fuzz_sources) $(manifest_sources) \
	$(libmercury_sources) src/core/elf.c src/core/tar.c \
	src/user/libhelios/elf.c src/user/libhelios/tar.c

if WITH_FUZZ
testsuite/fuzz/built: $(fuzz_depends)
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/testsuite/fuzz/build.sh \
	$(top_srcdir) . '$(CLANG)' && touch $@

check_DATA += testsuite/fuzz/built

fuzz: testsuite/fuzz/built
	$(SHELL) $(top_srcdir)/testsuite/fuzz/run.sh . '$(TARGET)' '$(SECONDS)'
else
fuzz:
	@echo "This build was configured --without-fuzz." >&2; exit 1
endif

fuzz-clean:
	-rm -rf testsuite/fuzz/built testsuite/fuzz/objects \
	testsuite/fuzz/seeds testsuite/fuzz/probe

clean-local: fuzz-clean

.PHONY: fuzz fuzz-clean

bench-mercury: helios-kernel testsuite/mercury/mercury-cost.tar
	@HELIOS_KERNEL='$(abs_builddir)/helios-kernel' QEMU='$(QEMU)' \
	TIMEOUT='$(TIMEOUT)' \
	MERCURY_COST='$(abs_builddir)/testsuite/mercury/mercury-cost.tar' \
	$(SHELL) $(srcdir)/testsuite/mercury/bench.sh

.PHONY: bench-mercury

# The scripts, those that take longest first: so they run best in parallel.

TESTS += \
	testsuite/system/bochs-vulcan.sh \
	testsuite/system/qemu-cpu.sh \
	testsuite/system/qemu-devices.sh \
	testsuite/system/qemu-memory.sh \
	testsuite/system/qemu-uefi.sh \
	testsuite/system/qemu-bios.sh \
	testsuite/system/qemu-kernel.sh \
	testsuite/system/qemu-release.sh \
	testsuite/system/mercury-valgrind.sh \
	testsuite/system/mercury-qemu.sh \
	testsuite/system/mercury-line.sh \
	testsuite/system/qemu-session.sh \
	testsuite/fuzz.sh \
	testsuite/system/differential.sh \
	testsuite/system/vulcan-valgrind-strict.sh \
	testsuite/system/vulcan-valgrind-lazy.sh \
	testsuite/unit-model-valgrind.sh \
	testsuite/unit-alloc-valgrind.sh \
	testsuite/unit-restart-valgrind.sh \
	testsuite/unit-boot-valgrind.sh \
	testsuite/unit-core-valgrind.sh \
	testsuite/unit-machine-valgrind.sh \
	testsuite/unit-model.sh \
	testsuite/unit-alloc.sh \
	testsuite/unit-restart.sh \
	testsuite/unit-boot.sh \
	testsuite/unit-core.sh \
	testsuite/unit-machine.sh \
	testsuite/system/vulcan-uffd-strict.sh \
	testsuite/system/vulcan-uffd-lazy.sh \
	testsuite/system/vulcan-sigsegv-strict.sh \
	testsuite/system/vulcan-sigsegv-lazy.sh \
	testsuite/system/mercury-uffd.sh \
	testsuite/system/mercury-sigsegv.sh \
	testsuite/system/mercury-virtual.sh \
	testsuite/system/mercury-elf.sh \
	testsuite/system/mercury-bench.sh \
	testsuite/system/vulcan-virtual-1.sh \
	testsuite/system/vulcan-virtual-2.sh \
	testsuite/system/vulcan-virtual-3.sh \
	testsuite/system/vulcan-virtual-4.sh \
	testsuite/system/vulcan-shuffle.sh \
	testsuite/system/qemu-panic.sh \
	testsuite/system/qemu-refuse.sh \
	testsuite/system/qemu-stick.sh \
	testsuite/system/qemu-screen.sh \
	testsuite/system/qemu-hang.sh \
	testsuite/system/helios-qemu.sh \
	testsuite/system/gdb-qemu.sh \
	testsuite/system/gdb-breakpoints.sh \
	testsuite/system/gdb-step.sh \
	testsuite/system/gdb-attach.sh \
	testsuite/system/gdb-helios.sh \
	testsuite/system/gdb-core.sh \
	testsuite/system/trace-agrees.sh \
	testsuite/system/vulcan-selftest.sh \
	testsuite/system/example.sh \
	testsuite/system/example-driver.sh \
	testsuite/system/badinput.sh \
	testsuite/system/bench-cost.sh \
	testsuite/system/bench-smoke.sh \
	testsuite/system/bench-machine.sh \
	testsuite/system/boot-code.sh \
	testsuite/system/bench-scale.sh \
	testsuite/system/iso.sh \
	testsuite/manifest.sh \
	testsuite/ipcgen.sh \
	testsuite/system/session.sh \
	testsuite/lint.sh

EXTRA_DIST += $(TESTS) testsuite/summary.sh testsuite/valgrind.supp \
	testsuite/system/lib.sh \
	testsuite/system/gdb-lib.sh \
	testsuite/system/mercury-lib.sh \
	testsuite/manifest \
	testsuite/ipcgen $(wildcard $(top_srcdir)/testsuite/ipcgen/*.[ch]) \
	testsuite/fuzz \
	$(machine_modules)

# The tests on machines are programs in Python; scripts above start them.
machine_modules = \
	testsuite/system/bochs_vulcan.py \
	testsuite/system/machine/__init__.py \
	testsuite/system/machine/bochs.py \
	testsuite/system/machine/console.py \
	testsuite/system/machine/hosted.py \
	testsuite/system/machine/qemu.py \
	testsuite/system/machine/screen.py \
	testsuite/system/machine/tap.py \
	testsuite/system/machine/vulcan.py \
	testsuite/system/mercury_elf.py \
	testsuite/system/mercury_line.py \
	testsuite/system/qemu_boot.py \
	testsuite/system/qemu_hang.py \
	testsuite/system/qemu_kernel.py \
	testsuite/system/qemu_panic.py \
	testsuite/system/qemu_refuse.py \
	testsuite/system/qemu_screen.py \
	testsuite/system/qemu_stick.py \
	testsuite/system/session.py

TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	HELIOS_HOSTED='$(abs_builddir)/helios-hosted'; export HELIOS_HOSTED; \
	VULCAN='$(abs_builddir)/vulcan.tar'; export VULCAN; \
	MERCURY='$(abs_builddir)/testsuite/mercury'; export MERCURY; \
	SESSION_TAR='$(abs_builddir)/testsuite/session.tar'; \
	export SESSION_TAR; \
	IPCGEN='$(abs_builddir)/tools/ipcgen/ipcgen'; export IPCGEN; \
	HELIOS_MANIFEST='$(abs_builddir)/helios-manifest'; \
	export HELIOS_MANIFEST; \
	CLANG='$(CLANG)'; export CLANG; \
	FUZZ_BUILD='$(abs_builddir)/testsuite/fuzz'; export FUZZ_BUILD; \
	VULCAN_SELFTEST='$(abs_builddir)/testsuite/vulcan/selftest.tar'; \
	export VULCAN_SELFTEST; \
	UNIT_BUILD='$(abs_builddir)/testsuite/unit'; export UNIT_BUILD; \
	SYSTEM_BUILD='$(abs_builddir)/testsuite/system'; export SYSTEM_BUILD; \
	TIMEOUT='$(TIMEOUT)'; export TIMEOUT; \
	TAR='$(TAR)'; export TAR; \
	CC='$(CC)'; export CC; \
	PKG_CONFIG='$(PKG_CONFIG)'; export PKG_CONFIG; \
	READELF='$(READELF)'; export READELF; \
	VALGRIND='$(VALGRIND)'; export VALGRIND; \
	GDB='$(GDB)'; export GDB; \
	GDB_LOADER='$(abs_builddir)/helios-hosted-gdb.py'; export GDB_LOADER; \
	GDB_GUEST='$(abs_builddir)/testsuite/system/gdb.tar'; \
	export GDB_GUEST; \
	SANITIZE='$(enable_sanitize)'; export SANITIZE; \
	DIFFER='$(abs_builddir)/testsuite/differ.tar'; export DIFFER; \
	BOOT_TAR='$(abs_builddir)/testsuite/boot.tar'; export BOOT_TAR; \
	LATENCY_KERNEL='$(abs_builddir)/helios-kernel-latency'; \
	export LATENCY_KERNEL; \
	SCALE_TAR='$(abs_builddir)/testsuite/scale.tar'; export SCALE_TAR; \
	HOSTILE_TAR='$(abs_builddir)/testsuite/hostile.tar'; \
	export HOSTILE_TAR; \
	COST_TAR='$(abs_builddir)/testsuite/cost.tar'; export COST_TAR; \
	COST_INIT='$(abs_builddir)/testsuite/bench/cost/init'; \
	export COST_INIT; \
	BUILD='$(if $(DEBUG_CPPFLAGS),debug,release)'; export BUILD; \
	HELIOS_KERNEL='$(abs_builddir)/helios-kernel'; export HELIOS_KERNEL; \
	RELEASE_KERNEL='$(abs_builddir)/$(cost_release)/helios-kernel'; \
	export RELEASE_KERNEL; \
	HELIOS_TAR='$(abs_builddir)/helios.tar'; export HELIOS_TAR; \
	SYSINFO_TAR='$(abs_builddir)/sysinfo.tar'; export SYSINFO_TAR; \
	HELIOS_ISO='$(abs_builddir)/helios.iso'; export HELIOS_ISO; \
	HELIOS_QEMU='$(abs_builddir)/helios-qemu'; export HELIOS_QEMU; \
	CONSOLE_FONT='$(CONSOLE_FONT)'; export CONSOLE_FONT; \
	NM='$(NM)'; export NM; \
	OBJCOPY='$(OBJCOPY)'; export OBJCOPY; \
	PYTHON3='$(PYTHON3)'; export PYTHON3; \
	WITH_ISO='$(with_iso)'; export WITH_ISO; \
	XORRISO='$(XORRISO)'; export XORRISO; \
	QEMU='$(QEMU)'; export QEMU; \
	OVMF='$(OVMF)'; export OVMF; \
	BOCHS='$(BOCHS)'; export BOCHS; \
	BOCHS_BIOS='$(BOCHS_BIOS)'; export BOCHS_BIOS; \
	BOCHS_VGABIOS='$(BOCHS_VGABIOS)'; export BOCHS_VGABIOS;

# In place of Automake's rule of this name: the same, then our count,
# whatever became of the tests.
check-TESTS: $(check_PROGRAMS) $(check_DATA)
	@rm -f $(RECHECK_LOGS) $(RECHECK_LOGS:.log=.trs) $(TEST_SUITE_LOG)
	@status=0; \
	$(MAKE) $(AM_MAKEFLAGS) $(TEST_SUITE_LOG) || status=$$?; \
	test ! -f $(TEST_SUITE_LOG) || \
	$(SHELL) $(top_srcdir)/testsuite/summary.sh $(TEST_LOGS:.log=.trs) || \
	test "$$status" != 0 || status=1; \
	exit "$$status"

# The count of the last make check.
check-summary:
	@test -f $(TEST_SUITE_LOG) || { echo "No test has run." >&2; exit 1; }
	@$(SHELL) $(top_srcdir)/testsuite/summary.sh $(TEST_LOGS:.log=.trs)

# Which branches of the kernel did the last make check take?
if ENABLE_COVERAGE
coverage:
	@top=`cd '$(top_srcdir)' && pwd -P` && \
	$(GCOVR) --gcov-executable '$(GCOV)' --branches --print-summary \
		--exclude-throw-branches \
		--exclude-lines-by-pattern '.*(kassert|require)\(.*' \
		--root "$$top" --filter "$$top/src/core/" '$(abs_top_builddir)'
else
coverage:
	@echo "Expected a build configured with --enable-coverage." >&2; exit 1
endif

.PHONY: check-TESTS check-summary coverage vulcan
include testsuite/bench/local.mk
