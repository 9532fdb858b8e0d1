# SPDX-License-Identifier: BSD-2-Clause
#
# Mercury's tests: archives whose usrinit is the test program, and the drivers
# that it needs.  A driver here is a C file with one manifest or several; the
# program is the same file in each.

mercury_test_sources = \
	testsuite/mercury/cycles.c \
	testsuite/mercury/devices.c \
	testsuite/mercury/files.c \
	testsuite/mercury/hostile.c \
	testsuite/mercury/line.c \
	testsuite/mercury/processes.c \
	testsuite/mercury/sandbox.c \
	testsuite/mercury/seed.c \
	testsuite/mercury/supervise.c \
	testsuite/mercury/world.c

mercury_driver_sources = \
	testsuite/mercury/crasher.c \
	testsuite/mercury/echo.c \
	testsuite/mercury/needy.c \
	testsuite/mercury/rogue.c \
	testsuite/mercury/stillborn.c \
	testsuite/mercury/uart.c

mercury_cost_sources = testsuite/mercury/cost.c

mercury_manifests = \
	testsuite/mercury/backoff.manifest \
	testsuite/mercury/crasher.manifest \
	testsuite/mercury/echo.manifest \
	testsuite/mercury/limited.manifest \
	testsuite/mercury/needy.manifest \
	testsuite/mercury/never.manifest \
	testsuite/mercury/provider.manifest \
	testsuite/mercury/quick.manifest \
	testsuite/mercury/sleeper.manifest \
	testsuite/mercury/stillborn.manifest \
	testsuite/mercury/uart.manifest \
	testsuite/mercury/wrong.manifest

mercury_test_objects = $(mercury_test_sources:.c=.uo) \
	testsuite/vulcan/child.uo \
	testsuite/vulcan/supervisor.uo \
	testsuite/vulcan/vulcan.uo
mercury_cost_objects = $(mercury_cost_sources:.c=.uo)
user_objects += $(mercury_test_sources:.c=.uo) \
	$(mercury_driver_sources:.c=.uo) $(mercury_cost_objects)

testsuite/mercury/usrinit: $(mercury_test_objects)
testsuite/mercury/cost: $(mercury_cost_objects)
testsuite/mercury/usrinit testsuite/mercury/cost: \
		$(libmercury_DATA) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(filter %.uo,$^) \
	$(libmercury_DATA) $(libhelios_DATA)

mercury_driver_programs = $(mercury_driver_sources:.c=)
$(mercury_driver_programs): %: %.uo $(libmercury_DATA) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $< $(libmercury_DATA) $(libhelios_DATA)

# Archives are laid out in directories of these names.  NAME=PROGRAM:MANIFEST
# is a driver with that manifest, NAME=FILE that file as it is.
mercury_put = $(srcdir)/testsuite/mercury/layout.sh "$(OBJCOPY)" $(srcdir)
mercury_base = init=src/user/sysinit/sysinit \
	usrinit=testsuite/mercury/usrinit \
	drivers/echo=testsuite/mercury/echo:testsuite/mercury/echo.manifest
mercury_crasher = testsuite/mercury/crasher:testsuite/mercury

mercury_files = $(mercury_base) \
	drivers/backoff=$(mercury_crasher)/backoff.manifest \
	drivers/crasher=$(mercury_crasher)/crasher.manifest \
	drivers/limited=$(mercury_crasher)/limited.manifest \
	drivers/needy=testsuite/mercury/needy:testsuite/mercury/needy.manifest \
	drivers/never=$(mercury_crasher)/never.manifest \
	drivers/pcserial=drivers/pcserial/pcserial \
	drivers/sleeper=$(mercury_crasher)/sleeper.manifest \
	drivers/stillborn=testsuite/mercury/stillborn:testsuite/mercury/stillborn.manifest \
	test/provider=$(mercury_crasher)/provider.manifest \
	test/text=$(srcdir)/testsuite/mercury/text \
	test/uart=testsuite/mercury/uart:testsuite/mercury/uart.manifest \
	test/wrong=testsuite/mercury/echo:testsuite/mercury/wrong.manifest

# The driver of the tree, restarted at once and without end.
mercury_cycles_files = $(mercury_base) \
	drivers/pcserial=drivers/pcserial/pcserial:testsuite/mercury/quick.manifest

# The driver of the tree, with the seed's manifest; it leaves COM2 to another.
mercury_seed_files = $(mercury_base) \
	drivers/pcserial=drivers/pcserial/pcserial:testsuite/manifest/good/seed.manifest \
	drivers/uart=testsuite/mercury/uart:testsuite/mercury/uart.manifest

# Somebody else, with the seed's manifest.
mercury_rogue_files = $(mercury_base) \
	drivers/pcserial=testsuite/mercury/rogue:testsuite/manifest/good/seed.manifest

mercury_cost_files = init=src/user/sysinit/sysinit \
	usrinit=testsuite/mercury/cost

mercury_archives = \
	testsuite/mercury/mercury.tar \
	testsuite/mercury/mercury-cost.tar \
	testsuite/mercury/mercury-cycles.tar \
	testsuite/mercury/mercury-rogue.tar \
	testsuite/mercury/mercury-seed.tar

$(mercury_archives): %.tar: src/user/sysinit/sysinit $(driver_programs) \
		testsuite/mercury/usrinit testsuite/mercury/cost \
		$(mercury_driver_programs) $(mercury_manifests) \
		testsuite/manifest/good/seed.manifest \
		testsuite/mercury/text testsuite/mercury/layout.sh
	$(AM_V_GEN)$(SHELL) $(mercury_put) $*.root $($(subst -,_,$(*F))_files) && \
	$(INITRAMFS) -cf $@.new -C $*.root . && mv $@.new $@

check_DATA += $(mercury_archives)
CLEANFILES += $(mercury_archives) $(mercury_driver_programs) \
	testsuite/mercury/usrinit testsuite/mercury/cost
EXTRA_DIST += $(mercury_test_sources) $(mercury_driver_sources) \
	$(mercury_cost_sources) $(mercury_manifests) \
	testsuite/mercury/bench.sh \
	testsuite/mercury/interfaces.h testsuite/mercury/layout.sh \
	testsuite/mercury/text testsuite/mercury/world.h

mercury-clean:
	-rm -rf $(mercury_archives:.tar=.root)

clean-local: mercury-clean

.PHONY: mercury-clean
