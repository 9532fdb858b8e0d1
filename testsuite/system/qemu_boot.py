# SPDX-License-Identifier: BSD-2-Clause
"""helios.iso on QEMU, from power on to power off: firmware, GRUB's menu, the
kernel, Vulcan, and what a person sees at the end.

The argument is the firmware: bios or uefi."""

import sys

from machine import vulcan
from machine.qemu import ISO, Qemu
from machine.tap import Tap

ENTRIES = ["Helios", "Helios, self test (Vulcan)",
           "Helios, what this machine is",
           "Helios, what this machine is, verbose"]


def main():
    firmware = sys.argv[1]
    tap = Tap()
    machine = Qemu(iso=ISO, uefi=firmware == "uefi", memory="256M")
    machine.wait_for(r"what this machine is, verbose")
    missing = [x for x in ENTRIES if x not in machine.text]
    tap.check(not missing, f"{firmware}: the menu is complete",
              f"missing: {missing}; {machine.tail()}")
    machine.send("s")
    prefix = f"{firmware}: "
    if vulcan.run(tap, machine, prefix, vulcan.names()):
        lines = [x for x in machine.screen_lines() if x]
        tap.check(lines[-1] == "helios: press a key to power off",
                  prefix + "the screen stays for a person to read",
                  "\n".join(lines))
        vulcan.power_off(tap, machine, prefix, lambda: machine.key("spc"))
    tap.done()


main()
