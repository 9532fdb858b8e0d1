# SPDX-License-Identifier: BSD-2-Clause
"""helios.iso is no CD only: from a USB stick and from a disk, with BIOS and
with UEFI, an entry boots as it is and ends with a key."""

from machine import vulcan
from machine.console import Ended, Hang
from machine.qemu import ISO, Qemu
from machine.tap import Tap

USB = ["-drive", f"file={ISO},format=raw,if=none,id=stick,readonly=on",
       "-device", "qemu-xhci", "-device",
       "usb-storage,drive=stick,removable=on"]
DISK = ["-drive", f"file={ISO},format=raw,snapshot=on"]

CASES = [("USB stick, BIOS", USB, {}),
         ("USB stick, UEFI", USB, {"uefi": True}),
         ("disk, BIOS", DISK, {}),
         ("disk of a Q35, UEFI", DISK, {"uefi": True, "machine": "q35"})]


def main():
    tap = Tap()
    for name, drive, how in CASES:
        machine = Qemu(extra=drive, memory="256M", **how)
        try:
            machine.wait_for(r"what this machine is, verbose")
            machine.send("i")
            machine.wait_for(r"^helios: press a key to power off$")
            tap.ok(f"{name}: boots")
            vulcan.power_off(tap, machine, f"{name}: ",
                             lambda: machine.send(" "))
        except (Hang, Ended) as error:
            tap.not_ok(f"{name}: boots", str(error))
        machine.kill()
    tap.done()


main()
