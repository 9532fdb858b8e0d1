# SPDX-License-Identifier: BSD-2-Clause
#
# Manual pages.

dist_man1_MANS = doc/helios-hosted.1 doc/helios-manifest.1 \
	doc/helios-qemu.1 doc/ipcgen.1
dist_man5_MANS = doc/helios-manifest.5
dist_man7_MANS = doc/helios-kernel.7
