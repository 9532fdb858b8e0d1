# SPDX-License-Identifier: BSD-2-Clause
#
# make check: every test speaks TAP, and the count at its end is of single
# test points.

# Archives to boot from.  They are the same to the byte for the same
# programs: no dates, no owners.

INITRAMFS = $(TAR) --format=ustar --mtime=@0 --owner=0 --group=0 \
	--numeric-owner --mode=0755

# Vulcan is installed, so that an installed kernel has something to boot.

vulcan_headers = \
	testsuite/vulcan/fill.h \
	testsuite/vulcan/level.h \
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
	testsuite/vulcan/ioport.c \
	testsuite/vulcan/ipcwait.c \
	testsuite/vulcan/irq.c \
	testsuite/vulcan/memory.c \
	testsuite/vulcan/mmap.c \
	testsuite/vulcan/note.c \
	testsuite/vulcan/outrun.c \
	testsuite/vulcan/page.c \
	testsuite/vulcan/peer.c \
	testsuite/vulcan/poll.c \
	testsuite/vulcan/probe.c \
	testsuite/vulcan/program.c \
	testsuite/vulcan/quota.c \
	testsuite/vulcan/race.c \
	testsuite/vulcan/reply.c \
	testsuite/vulcan/revoke.c \
	testsuite/vulcan/sched.c \
	testsuite/vulcan/space.c \
	testsuite/vulcan/supervise.c \
	testsuite/vulcan/supervisor.c \
	testsuite/vulcan/system.c \
	testsuite/vulcan/task.c \
	testsuite/vulcan/threads.c \
	testsuite/vulcan/transfer.c \
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

run: helios-hosted vulcan.tar
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

check_DATA = testsuite/vulcan/selftest.tar
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
	testsuite/unit/test_memory.c \
	testsuite/unit/test_model.c \
	testsuite/unit/test_restart.c \
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

bench: helios-hosted testsuite/bench.tar testsuite/system/bench-host
	testsuite/system/bench-host ./helios-hosted testsuite/bench.tar full

.PHONY: bench

check_DATA += testsuite/bench.tar
CLEANFILES += testsuite/bench.tar testsuite/bench/init
EXTRA_DIST += $(bench_sources) testsuite/bench/bench.h

# The scripts, those that take longest first: so they run best in parallel.

TESTS += \
	testsuite/system/vulcan-valgrind-strict.sh \
	testsuite/system/vulcan-valgrind-lazy.sh \
	testsuite/unit-model-valgrind.sh \
	testsuite/unit-alloc-valgrind.sh \
	testsuite/unit-restart-valgrind.sh \
	testsuite/unit-boot-valgrind.sh \
	testsuite/unit-core-valgrind.sh \
	testsuite/unit-model.sh \
	testsuite/unit-alloc.sh \
	testsuite/unit-restart.sh \
	testsuite/unit-boot.sh \
	testsuite/unit-core.sh \
	testsuite/system/vulcan-uffd-strict.sh \
	testsuite/system/vulcan-uffd-lazy.sh \
	testsuite/system/vulcan-sigsegv-strict.sh \
	testsuite/system/vulcan-sigsegv-lazy.sh \
	testsuite/system/vulcan-virtual-1.sh \
	testsuite/system/vulcan-virtual-2.sh \
	testsuite/system/vulcan-virtual-3.sh \
	testsuite/system/vulcan-virtual-4.sh \
	testsuite/system/vulcan-shuffle.sh \
	testsuite/system/gdb-breakpoints.sh \
	testsuite/system/gdb-step.sh \
	testsuite/system/gdb-attach.sh \
	testsuite/system/gdb-helios.sh \
	testsuite/system/gdb-core.sh \
	testsuite/system/trace-agrees.sh \
	testsuite/system/vulcan-selftest.sh \
	testsuite/system/example.sh \
	testsuite/system/badinput.sh \
	testsuite/system/bench-smoke.sh \
	testsuite/lint.sh

EXTRA_DIST += $(TESTS) testsuite/summary.sh testsuite/valgrind.supp \
	testsuite/system/lib.sh \
	testsuite/system/gdb-lib.sh

TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	HELIOS_HOSTED='$(abs_builddir)/helios-hosted'; export HELIOS_HOSTED; \
	VULCAN='$(abs_builddir)/vulcan.tar'; export VULCAN; \
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
	SANITIZE='$(enable_sanitize)'; export SANITIZE;

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

.PHONY: check-TESTS check-summary coverage run
