# SPDX-License-Identifier: BSD-2-Clause
#
# Drivers.  A directory drivers/NAME with NAME.manifest and C files becomes
# the program drivers/NAME of helios.tar: nothing needs to be listed here.
# After adding a file to one, run make again; drivers.mk looks each time.

driver_manifests = $(wildcard $(top_srcdir)/drivers/*/*.manifest)
driver_names = $(basename $(notdir $(driver_manifests)))
driver_programs = $(foreach d,$(driver_names),drivers/$(d)/$(d))
driver_sources = $(wildcard $(top_srcdir)/drivers/*/*.[chS])
driver_objects = $(patsubst $(top_srcdir)/%,%.uo,$(basename $(filter-out \
	%.h,$(driver_sources))))
user_objects += $(driver_objects)

-include $(top_srcdir)/drivers/drivers.mk

# Changes when a driver comes or goes.
drivers/names: FORCE
	@$(MKDIR_P) drivers && echo '$(driver_names)' >$@.new && \
	{ cmp -s $@.new $@ && rm -f $@.new || mv $@.new $@; }

FORCE:
.PHONY: FORCE

CLEANFILES += $(driver_programs) drivers/names
EXTRA_DIST += drivers/drivers.mk $(driver_manifests) $(driver_sources)
