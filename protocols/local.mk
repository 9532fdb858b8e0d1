# SPDX-License-Identifier: BSD-2-Clause
#
# Interfaces, compiled to C by ipcgen.

protocols = dev io sys
protocol_headers = $(patsubst %,protocols/mercury/%.h,$(protocols))
protocol_objects = $(patsubst %,protocols/mercury/%.uo,$(protocols))
protocol_sources = $(patsubst %,protocols/%.ipc,$(protocols))

protocols/mercury/%.h protocols/mercury/%.c: protocols/%.ipc \
		tools/ipcgen/ipcgen
	$(AM_V_GEN)$(MKDIR_P) protocols/mercury && tools/ipcgen/ipcgen \
	-I $(srcdir)/protocols -o protocols/mercury $<

# A protocol's interfaces may inherit from another's.
protocols/mercury/dev.h protocols/mercury/dev.c: protocols/io.ipc
protocols/mercury/sys.h protocols/mercury/sys.c: protocols/io.ipc

# Which object needs which header the compiler finds out; they have to be
# there before it starts.
$(user_objects): | $(protocol_headers)

.SECONDARY: $(protocol_headers) $(protocol_headers:.h=.c)

protocolsdir = $(pkgdatadir)/protocols
protocols_DATA = protocols/dev.ipc protocols/io.ipc protocols/sys.ipc
CLEANFILES += $(protocol_headers) $(protocol_headers:.h=.c)
EXTRA_DIST += $(protocols_DATA)
