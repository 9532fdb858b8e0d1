# SPDX-License-Identifier: BSD-2-Clause
#
# What helios.tar has, and for the test of the session a program to run and a
# driver to load.

session_sources = \
	testsuite/system/session/guest.c \
	testsuite/system/session/mute.c

session_manifest = testsuite/system/session/mute.manifest
session_programs = $(session_sources:.c=)
user_objects += $(session_sources:.c=.uo)

$(session_programs): %: %.uo $(libmercury_DATA) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $< $(libmercury_DATA) $(libhelios_DATA)

session_files = \
	init=src/user/sysinit/sysinit \
	usrinit=src/user/usrinit/usrinit \
	drivers/pcserial=drivers/pcserial/pcserial \
	guest=testsuite/system/session/guest \
	mute=testsuite/system/session/mute:$(session_manifest)

testsuite/session.tar: $(mercury_programs) $(driver_programs) \
		$(session_programs) $(session_manifest) \
		testsuite/mercury/layout.sh
	$(AM_V_GEN)$(SHELL) $(srcdir)/testsuite/mercury/layout.sh \
	"$(OBJCOPY)" $(srcdir) $@.root $(session_files) && \
	$(INITRAMFS) -cf $@.new -C $@.root drivers guest init mute usrinit && \
	rm -rf $@.root && mv $@.new $@

check_DATA += testsuite/session.tar
CLEANFILES += testsuite/session.tar $(session_programs)
EXTRA_DIST += $(session_sources) $(session_manifest)
