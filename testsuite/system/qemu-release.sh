#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel that people run is compiled in another way than the one that is
# built here for debugging: all of Vulcan on it, and on the one that measures
# how long interrupts are off.
. "$(dirname "$0")/lib.sh"
: "${RELEASE_KERNEL:?}"
need_qemu
run_python qemu_kernel.py release
