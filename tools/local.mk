# SPDX-License-Identifier: BSD-2-Clause
#
# What gdb loads along with the kernels: next to them in the build tree, and
# in gdb's auto-load directory when installed.

gdb_modules = \
	tools/gdb/helios/__init__.py \
	tools/gdb/helios/commands.py \
	tools/gdb/helios/kernel.py \
	tools/gdb/helios/symbols.py

gdb_loader_in = tools/gdb/helios-gdb.py.in
gdb_modulesdir = $(pkgdatadir)/gdb/helios
gdb_autoloaddir = $(datadir)/gdb/auto-load$(bindir)
gdb_kerneldir = $(datadir)/gdb/auto-load$(pkgdatadir)
gdb_modules_DATA = $(gdb_modules)
gdb_loaders = helios-hosted-gdb.py helios-kernel-gdb.py
noinst_DATA += $(gdb_loaders)

$(gdb_loaders): $(gdb_loader_in) Makefile
	$(AM_V_GEN)$(SED) 's|@gdbdir[@]|$(abs_top_srcdir)/tools/gdb|g' \
	$(srcdir)/$(gdb_loader_in) >$@.new && mv $@.new $@

# gdb with all that, whatever its safe path is.

bin_SCRIPTS += helios-gdb

helios-gdb: tools/gdb/helios-gdb.in Makefile
	$(AM_V_GEN)$(SED) -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@autoloaddir[@]|$(gdb_autoloaddir)|g' \
	-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
	-e 's|@kerneldir[@]|$(gdb_kerneldir)|g' \
	$(srcdir)/tools/gdb/helios-gdb.in >$@.new && chmod +x $@.new && \
	mv $@.new $@

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(gdb_autoloaddir)' \
	'$(DESTDIR)$(gdb_kerneldir)'
	$(SED) 's|@gdbdir[@]|$(pkgdatadir)/gdb|g' $(srcdir)/$(gdb_loader_in) \
	>'$(DESTDIR)$(gdb_autoloaddir)/helios-hosted-gdb.py'
	$(SED) 's|@gdbdir[@]|$(pkgdatadir)/gdb|g' $(srcdir)/$(gdb_loader_in) \
	>'$(DESTDIR)$(gdb_kerneldir)/helios-kernel-gdb.py'

uninstall-local:
	rm -f '$(DESTDIR)$(gdb_autoloaddir)/helios-hosted-gdb.py' \
	'$(DESTDIR)$(gdb_kerneldir)/helios-kernel-gdb.py'

CLEANFILES += helios-gdb $(gdb_loaders)
EXTRA_DIST += $(gdb_modules) $(gdb_loader_in) tools/gdb/helios-gdb.in

gdb: helios-hosted helios-gdb helios-hosted-gdb.py vulcan.tar
	./helios-gdb vulcan.tar

.PHONY: gdb

# helios.iso: the kernel and what it boots, under GRUB, for CD and USB stick,
# BIOS and UEFI.  The kernel is without debug information there; archives are
# what they are here, to the byte.  Two makes of the same tree differ in the
# time that grub-mkrescue notes, and in nothing that Helios reads.

grub_config = tools/iso/grub.cfg
EXTRA_DIST += $(grub_config)

if WITH_ISO
helios.iso: helios-kernel helios.tar vulcan.tar sysinfo.tar $(grub_config) \
		Makefile
	$(AM_V_GEN)rm -rf $@.d && $(MKDIR_P) $@.d/boot/grub
	$(AM_V_at)$(OBJCOPY) --strip-debug helios-kernel $@.d/boot/helios-kernel
	$(AM_V_at)cp -p helios.tar vulcan.tar sysinfo.tar $@.d/boot
	$(AM_V_at)cp $(srcdir)/$(grub_config) $@.d/boot/grub/grub.cfg
	$(AM_V_at)$(GRUB_MKRESCUE) --xorriso='$(XORRISO)' --fonts= \
	--locales= --themes= --output=$@.new $@.d -- -volid HELIOS \
	>$@.log 2>&1 || { cat $@.log >&2; exit 1; }
	$(AM_V_at)rm -rf $@.d $@.log && mv $@.new $@

iso: helios.iso

# QEMU in this terminal: make qemu [UEFI=1] [GDB=1] [MEMORY=128M].  GDB is
# also configure's name for the debugger: only one on the command line counts.
qemu: helios-qemu helios.iso
	@./helios-qemu --iso=helios.iso $(if $(UEFI),--uefi) \
	$(if $(filter command,$(origin GDB)),--gdb) $(if $(MEMORY),--memory=$(MEMORY))

check_DATA += helios.iso
else
iso qemu:
	@echo "This build was configured --without-iso." >&2; exit 1
endif

CLEANFILES += helios.iso helios.iso.log

bin_SCRIPTS += helios-qemu

helios-qemu: tools/helios-qemu.in Makefile
	$(AM_V_GEN)$(SED) -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
	-e 's|@QEMU[@]|$(QEMU)|g' -e 's|@OVMF[@]|$(OVMF)|g' \
	$(srcdir)/tools/helios-qemu.in >$@.new && chmod +x $@.new && \
	mv $@.new $@

CLEANFILES += helios-qemu
EXTRA_DIST += tools/helios-qemu.in

.PHONY: iso qemu

# Host tools for those who write drivers: ipcgen compiles interfaces,
# helios-manifest checks manifests, with sysinit's parser.

bin_PROGRAMS += tools/ipcgen/ipcgen helios-manifest

ipcgen_dir = tools/ipcgen
tools_ipcgen_ipcgen_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-I$(srcdir)/tools/ipcgen -Itools/ipcgen
tools_ipcgen_ipcgen_SOURCES = \
	tools/ipcgen/check.c \
	tools/ipcgen/client.c \
	tools/ipcgen/header.c \
	tools/ipcgen/ipcgen.h \
	tools/ipcgen/load.c \
	tools/ipcgen/main.c \
	tools/ipcgen/server.c
nodist_tools_ipcgen_ipcgen_SOURCES = \
	tools/ipcgen/lex.c \
	tools/ipcgen/parse.c

tools/ipcgen/parse.h tools/ipcgen/parse.c: tools/ipcgen/parse.y
	$(AM_V_GEN)$(MKDIR_P) tools/ipcgen && $(BISON) -Werror \
	--header=tools/ipcgen/parse.h -o tools/ipcgen/parse.c $<

tools/ipcgen/lex.c: tools/ipcgen/lex.l
	$(AM_V_GEN)$(MKDIR_P) tools/ipcgen && $(FLEX) -o $@ $<

ipcgen_generated = tools/ipcgen/lex.c tools/ipcgen/parse.c \
	tools/ipcgen/parse.h
ipcgen_objects = $(tools_ipcgen_ipcgen_OBJECTS)
$(ipcgen_objects): | tools/ipcgen/parse.h
CLEANFILES += $(ipcgen_generated)
EXTRA_DIST += tools/ipcgen/lex.l tools/ipcgen/parse.y

helios_manifest_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-I$(top_srcdir)/src/user/include
helios_manifest_SOURCES = \
	$(manifest_sources) \
	tools/helios-manifest/format.c \
	tools/helios-manifest/helios-manifest.c
