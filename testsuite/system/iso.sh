#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What is in helios.iso: archives that are, to the byte, those of the build,
# the kernel, a menu for each of them, and what firmware looks for.
. "$(dirname "$0")/lib.sh"
need_iso
make_workdir
cd "$workdir" || exit 99

: "${HELIOS_ISO:?}" "${HELIOS_TAR:?}" "${SYSINFO_TAR:?}" "${HELIOS_KERNEL:?}" \
	"${XORRISO:?}"

"$XORRISO" -osirrox on -indev "$HELIOS_ISO" -extract /boot boot >log 2>&1 ||
	not_ok "the image can be read" "$(tail -n 20 log)"

# same <description> <file> <file>
same()
{
	if cmp "$2" "$3" >difference 2>&1; then
		ok "$1"
	else
		not_ok "$1" "$(cat difference)"
	fi
}

same "helios.tar is the one of the build" "$HELIOS_TAR" boot/helios.tar
same "sysinfo.tar is the one of the build" "$SYSINFO_TAR" boot/sysinfo.tar
same "vulcan.tar is the one of the build" "$VULCAN" boot/vulcan.tar
"$OBJCOPY" --strip-debug "$HELIOS_KERNEL" kernel
same "the kernel is the one of the build, without debug information" \
	kernel boot/helios-kernel
if "$READELF" -SW boot/helios-kernel | grep -q '\.debug'; then
	not_ok "no debug information" "$("$READELF" -SW boot/helios-kernel)"
else
	ok "no debug information"
fi

# Each entry boots files that are there, and waits for a key at its end.
config=boot/grub/grub.cfg
for title in 'Helios' 'Helios, self test (Vulcan)' \
	'Helios, what this machine is' \
	'Helios, what this machine is, verbose'; do
	if grep -qF "menuentry \"$title\"" $config; then
		ok "the menu has '$title'"
	else
		not_ok "the menu has '$title'" "$(grep menuentry $config)"
	fi
done
missing=$(sed -n 's/^[[:space:]]*\(multiboot2\|module2\) \/\([^ ]*\).*/\2/p' \
	$config | sort -u | while read -r file; do
		[ -f "$file" ] || echo "$file"
	done)
if [ -z "$missing" ] && [ "$(grep -c '^	multiboot2 ' $config)" = 4 ]; then
	ok "what the menu boots is there"
else
	not_ok "what the menu boots is there" "missing: $missing
$(cat $config)"
fi
if [ "$(grep -c '^	multiboot2 .* end=key' $config)" = 4 ]; then
	ok "each entry waits for a key at its end"
else
	not_ok "each entry waits for a key at its end" "$(cat $config)"
fi

# Firmware: El Torito for CDs, a boot record and an EFI partition for sticks.
"$XORRISO" -indev "$HELIOS_ISO" -report_el_torito plain \
	-report_system_area plain >log 2>&1
for what in 'El Torito boot img.* BIOS' 'El Torito boot img.* UEFI' \
	'MBR partition table\|MBR .*grub2-mbr' 'GPT partition name'; do
	if grep -q "$what" log; then
		ok "the image has '$what'"
	else
		not_ok "the image has '$what'" "$(cat log)"
	fi
done

# What make qemu would do.  The debugger that configure found is no wish.
build=$(dirname "$HELIOS_QEMU")
(unset MAKEFLAGS MAKELEVEL MFLAGS; cd "$build" &&
	make -n qemu && echo == && make -n qemu UEFI=1 GDB=1) >out 2>&1
if sed '/^==/q' out | grep -q 'helios-qemu --iso=helios.iso' &&
	! sed '/^==/q' out | grep -q -e '--gdb'; then
	ok "make qemu boots the image, and waits for nobody"
else
	not_ok "make qemu boots the image, and waits for nobody" "$(cat out)"
fi
if sed '1,/^==/d' out | grep -q -e '--uefi' &&
	sed '1,/^==/d' out | grep -q -e '--gdb'; then
	ok "make qemu UEFI=1 GDB=1"
else
	not_ok "make qemu UEFI=1 GDB=1" "$(cat out)"
fi
tap_done
