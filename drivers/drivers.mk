# SPDX-License-Identifier: BSD-2-Clause
#
# For GNU make, which reads this as it is (Automake does not know define).
# The manifest is checked, and travels in the section .manifest of the file.

define driver_rules
drivers/$(1)/$(1): $$(filter drivers/$(1)/%,$$(driver_objects)) \
		drivers/$(1)/$(1).manifest helios-manifest \
		$$(libmercury_DATA) $$(libhelios_DATA)
	$$(AM_V_CCLD)./helios-manifest \
	$$(top_srcdir)/drivers/$(1)/$(1).manifest && \
	$$(USER_LINK) -o $$@.new $$(filter drivers/$(1)/%.uo,$$^) \
	$$(libmercury_DATA) $$(libhelios_DATA) && \
	$$(OBJCOPY) --add-section \
	.manifest=$$(top_srcdir)/drivers/$(1)/$(1).manifest \
	--set-section-flags .manifest=contents,readonly $$@.new && \
	mv $$@.new $$@
endef

$(foreach d,$(driver_names),$(eval $(call driver_rules,$(d))))
