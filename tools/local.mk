# SPDX-License-Identifier: BSD-2-Clause
#
# What gdb loads along with helios-hosted: next to it in the build tree, and
# in gdb's auto-load directory when installed.

gdb_modules = \
	tools/gdb/helios/__init__.py \
	tools/gdb/helios/commands.py \
	tools/gdb/helios/kernel.py \
	tools/gdb/helios/symbols.py

gdb_loader_in = tools/gdb/helios-gdb.py.in
gdb_modulesdir = $(pkgdatadir)/gdb/helios
gdb_autoloaddir = $(datadir)/gdb/auto-load$(bindir)
gdb_modules_DATA = $(gdb_modules)
noinst_DATA += helios-hosted-gdb.py

helios-hosted-gdb.py: $(gdb_loader_in) Makefile
	$(AM_V_GEN)$(SED) 's|@gdbdir[@]|$(abs_top_srcdir)/tools/gdb|g' \
	$(srcdir)/$(gdb_loader_in) >$@.new && mv $@.new $@

# gdb with all that, whatever its safe path is.

bin_SCRIPTS += helios-gdb

helios-gdb: tools/gdb/helios-gdb.in Makefile
	$(AM_V_GEN)$(SED) -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@autoloaddir[@]|$(gdb_autoloaddir)|g' \
	$(srcdir)/tools/gdb/helios-gdb.in >$@.new && chmod +x $@.new && \
	mv $@.new $@

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(gdb_autoloaddir)'
	$(SED) 's|@gdbdir[@]|$(pkgdatadir)/gdb|g' $(srcdir)/$(gdb_loader_in) \
	>'$(DESTDIR)$(gdb_autoloaddir)/helios-hosted-gdb.py'

uninstall-local:
	rm -f '$(DESTDIR)$(gdb_autoloaddir)/helios-hosted-gdb.py'

CLEANFILES += helios-gdb helios-hosted-gdb.py
EXTRA_DIST += $(gdb_modules) $(gdb_loader_in) tools/gdb/helios-gdb.in

gdb: helios-hosted helios-gdb helios-hosted-gdb.py vulcan.tar
	./helios-gdb vulcan.tar

.PHONY: gdb
