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
	-Iprotocols -fmacro-prefix-map=$(top_srcdir)/=
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

pkgconfig_DATA = src/user/helios-user.pc src/user/helios-mercury.pc

# libmercury: what drivers and their clients are linked with besides.

libmercury_sources = \
	src/user/libmercury/driver.c \
	src/user/libmercury/file.c \
	src/user/libmercury/ipc.c \
	src/user/libmercury/marshal.c \
	src/user/libmercury/service.c

libmercury_headers = \
	src/user/include/mercury/aux.h \
	src/user/include/mercury/driver.h \
	src/user/include/mercury/elfinfo.h \
	src/user/include/mercury/file.h \
	src/user/include/mercury/ipc.h \
	src/user/include/mercury/manifest.h \
	src/user/include/mercury/service.h

# Also compiled into helios-manifest, for the host.
manifest_sources = \
	src/user/libmercury/elfinfo.c \
	src/user/libmercury/manifest.c \
	src/user/libmercury/manifest_caps.c \
	src/user/libmercury/manifest_check.c \
	src/user/libmercury/manifest_print.c \
	src/user/libmercury/manifest_text.c

libmercury_objects = \
	$(patsubst %.c,%.uo,$(libmercury_sources) $(manifest_sources)) \
	$(protocol_objects)
user_objects += $(libmercury_objects)
libmercurydir = $(libheliosdir)
libmercury_DATA = src/user/libmercury.a

src/user/libmercury.a: $(libmercury_objects)
	$(AM_V_GEN)rm -f $@ && $(AR) crD $@ $(libmercury_objects) && \
	$(RANLIB) -D $@

mercury_includedir = $(includedir)/mercury
mercury_include_HEADERS = $(libmercury_headers)
nodist_mercury_include_HEADERS = $(protocol_headers)

CLEANFILES += $(libhelios_DATA) $(libmercury_DATA)
EXTRA_DIST += $(libmercury_sources) $(manifest_sources) \
	$(libhelios_sources) src/user/libhelios/internal.h \
	src/user/crt0/crt0.S doc/example/Makefile doc/example/hello.c \
	doc/example-driver/Makefile doc/example-driver/echo.c \
	doc/example-driver/echo.manifest

# sysinit, the first program, and usrinit, which it starts last.

sysinit_sources = \
	src/user/sysinit/driver.c \
	src/user/sysinit/driverserver.c \
	src/user/sysinit/fs.c \
	src/user/sysinit/grant.c \
	src/user/sysinit/handle.c \
	src/user/sysinit/log.c \
	src/user/sysinit/main.c \
	src/user/sysinit/pci.c \
	src/user/sysinit/process.c \
	src/user/sysinit/procserver.c \
	src/user/sysinit/registry.c \
	src/user/sysinit/report.c \
	src/user/sysinit/stats.c \
	src/user/sysinit/supervise.c \
	src/user/sysinit/timer.c \
	src/user/sysinit/waiter.c

usrinit_sources = \
	src/user/usrinit/commands.c \
	src/user/usrinit/devices.c \
	src/user/usrinit/drivers.c \
	src/user/usrinit/files.c \
	src/user/usrinit/keys.c \
	src/user/usrinit/line.c \
	src/user/usrinit/main.c \
	src/user/usrinit/processes.c \
	src/user/usrinit/serial.c \
	src/user/usrinit/session.c

sysinit_objects = $(sysinit_sources:.c=.uo)
usrinit_objects = $(usrinit_sources:.c=.uo)
sysinfo_objects = src/user/sysinfo/sysinfo.uo
user_objects += $(sysinit_objects) $(usrinit_objects) $(sysinfo_objects)
$(sysinfo_objects) $(usrinit_objects): \
	USER_CPPFLAGS += -DHELIOS_VERSION='"$(PACKAGE_VERSION)"'

mercury_programs = src/user/sysinit/sysinit src/user/usrinit/usrinit
src/user/sysinit/sysinit: $(sysinit_objects)
src/user/usrinit/usrinit: $(usrinit_objects)
$(mercury_programs): $(libmercury_DATA) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(filter %.uo,$^) \
	$(libmercury_DATA) $(libhelios_DATA)

src/user/sysinfo/sysinfo: $(sysinfo_objects) $(libhelios_DATA)
	$(AM_V_CCLD)$(USER_LINK) -o $@ $(sysinfo_objects) $(libhelios_DATA)

# Archives to boot from are the same to the byte for the same programs: no
# dates, no owners.
INITRAMFS = $(TAR) --format=ustar --mtime=@0 --owner=0 --group=0 \
	--numeric-owner --mode=0755 --sort=name

# What a person boots first: the drivers and a session; and what the machine
# is.
helios.tar: $(mercury_programs) $(driver_programs) drivers/names
	$(AM_V_GEN)$(INITRAMFS) --transform='s|.*/sysinit$$|init|' \
	--transform='s|.*/usrinit$$|usrinit|' \
	--transform='s|^drivers/[^/]*/|drivers/|' \
	-cf $@.new $(mercury_programs) $(driver_programs) && mv $@.new $@

sysinfo.tar: src/user/sysinfo/sysinfo
	$(AM_V_GEN)$(INITRAMFS) --transform='s|^sysinfo$$|init|' -cf $@.new \
	-C src/user/sysinfo sysinfo && mv $@.new $@

pkgdata_DATA += helios.tar sysinfo.tar
CLEANFILES += helios.tar sysinfo.tar $(mercury_programs) \
	src/user/sysinfo/sysinfo
EXTRA_DIST += $(sysinit_sources) $(usrinit_sources) \
	src/user/libmercury/manifest_internal.h \
	src/user/sysinfo/sysinfo.c src/user/sysinit/sysinit.h \
	src/user/usrinit/usrinit.h

run: helios-hosted helios.tar
	./helios-hosted --log-level=error helios.tar

.PHONY: run

# Rules that the compiler wrote: which object depends on which header.
user_depends = $(user_objects:.uo=.d)
-include $(user_depends)

mostlyclean-local:
	-rm -f $(user_objects) $(user_depends)
