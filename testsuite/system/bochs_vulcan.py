# SPDX-License-Identifier: BSD-2-Clause
"""helios.iso on Bochs, with a processor that has what QEMU's translator does
not model: the kernel uses it, and all of Vulcan runs."""

from machine import vulcan
from machine.bochs import Bochs
from machine.console import Ended, Hang
from machine.qemu import ISO
from machine.tap import Tap

USES = ["PCID", "SMEP", "SMAP", "FSGSBASE", "XSAVE"]


def boot(entry):
    machine = Bochs(ISO)
    machine.wait_for(r"what this machine is, verbose")
    machine.key(entry)
    return machine


def end(tap, machine, prefix):
    machine.key(" ")
    try:
        machine.wait_for(r"^helios: power off, status 0$")
        machine.wait_end()
        tap.check("soft power off" in machine.log().lower(),
                  f"{prefix}the machine switches itself off by ACPI",
                  machine.tail())
    except (Hang, Ended) as error:
        tap.not_ok(f"{prefix}the machine switches itself off by ACPI",
                   str(error))


def verbose(tap):
    prefix = "Bochs, verbose: "
    try:
        machine = boot("d")
        machine.wait_for(r"^helios: press a key to power off$")
    except (Hang, Ended) as error:
        tap.not_ok(f"{prefix}boots", str(error))
        return
    uses = machine.said(r"processor: uses(.*)")
    uses = uses.group(1).split() if uses else []
    for feature in USES:
        tap.check(feature in uses, f"{prefix}the kernel uses {feature}",
                  machine.head)
    tap.check(machine.said("APIC: x2APIC"),
              f"{prefix}the kernel uses the x2APIC", machine.head)
    tap.check(machine.said("timer: .*TSC"),
              f"{prefix}the timer is the TSC's deadline", machine.head)
    end(tap, machine, prefix)
    machine.kill()


def selftest(tap):
    prefix = "Bochs: "
    machine = boot("s")
    if vulcan.run(tap, machine, prefix, vulcan.names()):
        end(tap, machine, prefix)


def main():
    tap = Tap()
    verbose(tap)
    selftest(tap)
    tap.done()


main()
