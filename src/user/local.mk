# SPDX-License-Identifier: BSD-2-Clause
#
# What runs on Helios: freestanding static PIEs.  The rules are our own
# (objects end in .uo) so that neither CFLAGS nor sanitizer or coverage
# options of the host build reach these programs: the same program boots on
# every kernel, however that kernel was built.  USER_OPT is for you.
#
# Programs relocate themselves, hence no dynamic linker, no RELRO and no
# text relocations.

USER_OPT = -O2 -g
USER_CPPFLAGS = -I$(top_srcdir)/include -I$(top_srcdir)/src/user/include \
	-fmacro-prefix-map=$(top_srcdir)/=
USER_CFLAGS = -std=gnu17 $(USER_OPT) $(WARN_CFLAGS) $(USER_TARGET_CFLAGS)
USER_LINKFLAGS = -nostdlib -static-pie -Wl,-z,text,-z,norelro \
	-Wl,-z,separate-code,-z,max-page-size=4096,-z,noexecstack \
	-Wl,--build-id=none
USER_COMPILE = $(CC) $(USER_CPPFLAGS) $(USER_CFLAGS) -MMD -MP
USER_LINK = $(CC) $(USER_CFLAGS) $(USER_LINKFLAGS)

%.uo: %.c Makefile
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(USER_COMPILE) -c -o $@ $<

%.uo: %.S Makefile
	$(AM_V_CPPAS)$(MKDIR_P) $(@D) && $(USER_COMPILE) -c -o $@ $<

libhelios_sources = \
	src/user/libhelios/cap.c \
	src/user/libhelios/device.c \
	src/user/libhelios/elf.c \
	src/user/libhelios/entry.S \
	src/user/libhelios/format.c \
	src/user/libhelios/heap.c \
	src/user/libhelios/ipc.c \
	src/user/libhelios/memory.c \
	src/user/libhelios/mutex.c \
	src/user/libhelios/process.c \
	src/user/libhelios/program.c \
	src/user/libhelios/space.c \
	src/user/libhelios/start.c \
	src/user/libhelios/string.c \
	src/user/libhelios/tar.c \
	src/user/libhelios/task.c \
	src/user/libhelios/thread.c

libhelios_headers = \
	src/user/include/helios-user/cap.h \
	src/user/include/helios-user/device.h \
	src/user/include/helios-user/elf.h \
	src/user/include/helios-user/format.h \
	src/user/include/helios-user/heap.h \
	src/user/include/helios-user/ipc.h \
	src/user/include/helios-user/memory.h \
	src/user/include/helios-user/mutex.h \
	src/user/include/helios-user/process.h \
	src/user/include/helios-user/raw.h \
	src/user/include/helios-user/space.h \
	src/user/include/helios-user/string.h \
	src/user/include/helios-user/tar.h \
	src/user/include/helios-user/task.h \
	src/user/include/helios-user/thread.h

user_objects = $(libhelios_objects) src/user/crt0/crt0.uo

libhelios_objects = $(patsubst %.c,%.uo,$(libhelios_sources:.S=.uo))
libheliosdir = $(libdir)/helios
libhelios_DATA = src/user/crt0.o src/user/libhelios.a

src/user/crt0.o: src/user/crt0/crt0.uo
	$(AM_V_GEN)cp src/user/crt0/crt0.uo $@

src/user/libhelios.a: $(libhelios_objects)
	$(AM_V_GEN)rm -f $@ && $(AR) crD $@ $(libhelios_objects) && \
	$(RANLIB) -D $@

helios_userincludedir = $(includedir)
helios_userinclude_HEADERS = src/user/include/libhelios.h
libhelios_includedir = $(includedir)/helios-user
libhelios_include_HEADERS = $(libhelios_headers)

pkgconfig_DATA = src/user/helios-user.pc

CLEANFILES += $(libhelios_DATA)
EXTRA_DIST += $(libhelios_sources) src/user/libhelios/internal.h \
	src/user/crt0/crt0.S doc/example/Makefile doc/example/hello.c

# What a person boots first.

sysinfo_objects = src/user/sysinfo/sysinfo.uo
user_objects += $(sysinfo_objects)
$(sysinfo_objects): USER_CPPFLAGS += -DHELIOS_VERSION='"$(PACKAGE_VERSION)"'

src/user/sysinfo/init: $(sysinfo_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(sysinfo_objects) $(libhelios_DATA)

# Archives to boot from are the same to the byte for the same programs: no
# dates, no owners.
INITRAMFS = $(TAR) --format=ustar --mtime=@0 --owner=0 --group=0 \
	--numeric-owner --mode=0755

helios.tar: src/user/sysinfo/init
	$(AM_V_GEN)$(INITRAMFS) -cf $@.new -C src/user/sysinfo init && \
	mv $@.new $@

pkgdata_DATA += helios.tar
CLEANFILES += helios.tar src/user/sysinfo/init
EXTRA_DIST += src/user/sysinfo/sysinfo.c

# Rules that the compiler wrote: which object depends on which header.
user_depends = $(user_objects:.uo=.d)
-include $(user_depends)

mostlyclean-local:
	-rm -f $(user_objects) $(user_depends)
