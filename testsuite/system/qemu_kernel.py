# SPDX-License-Identifier: BSD-2-Clause
"""Vulcan on QEMU's -kernel, on one machine after another.  The argument is a
group of them, or all.

Each shows that the kernel does with less, or with other devices: what the
processor lacks is not used, and the kernel's own log must say so."""

import os
import sys

from machine import vulcan
from machine.qemu import KERNEL, VULCAN, Qemu
from machine.tap import Tap

RELEASE = os.environ.get("RELEASE_KERNEL", KERNEL)
USES = r"processor: uses\b.*"


def lacks(feature):
    """The kernel says what it uses, and this is not among it."""
    return [USES], [USES + r"\b" + feature + r"\b"]


class Case:
    def __init__(self, append="", shows=(), hides=(), **machine):
        self.append = append
        self.shows, self.hides = list(shows), list(hides)
        self.machine = machine


def without(flag, feature):
    shows, hides = lacks(feature)
    return Case(cpu=f"max,-{flag}", shows=shows, hides=hides)


OLD = [USES + rf"\b{x}\b" for x in ("SMEP", "SMAP", "UMIP", "FSGSBASE",
                                    "AVX", "XSAVE")]

GROUPS = {
    "whole": {
        "max": Case(shows=[
            USES + r"no-execute.*SMEP.*SMAP.*UMIP.*FSGSBASE.*AVX"]),
    },
    "release": {
        "release": Case(kernel=RELEASE),
        "release, qemu64": Case(kernel=RELEASE, cpu="qemu64"),
        "release, measured": Case(kernel=f"{RELEASE}-latency",
                                  shows=["latency end"]),
    },
    "cpu": {
        "qemu64": Case(cpu="qemu64", hides=OLD,
                       shows=[USES + "no-execute.*FXSAVE"]),
        "max without SMEP": without("smep", "SMEP"),
        "max without SMAP": without("smap", "SMAP"),
        "max without UMIP": without("umip", "UMIP"),
        "max without XSAVE": without("xsave", "AVX"),
        "max without FSGSBASE": without("fsgsbase", "FSGSBASE"),
        "max without NX": without("nx", "no-execute"),
    },
    "devices": {
        "q35": Case(machine="q35"),
        "8259": Case(append="apic=off", shows=["interrupts: .* 8259"]),
        "APIC timer": Case(append="timer=apic", shows=["timer: .*APIC"]),
        "HPET": Case(append="timer=hpet", shows=["timer: .*HPET"]),
        "PIT": Case(append="timer=pit", shows=["timer: .*(PIT|8254)"]),
        "8259 and PIT": Case(append="apic=off timer=pit"),
    },
    "memory": {
        "128 MiB": Case(memory="128M", shows=["memory: 12[67] MiB"]),
        "1 GiB": Case(memory="1G", shows=["memory: 102[0-3] MiB"]),
        "4 GiB": Case(memory="4G", shows=["memory: 40(8|9)[0-9] MiB"]),
    },
}


def run(tap, name, case):
    prefix = f"{name}: "
    machine = Qemu(**({"kernel": KERNEL} | case.machine), initramfs=VULCAN,
                   append=f"{case.append} log-level=info")
    if vulcan.run(tap, machine, prefix, vulcan.names()):
        vulcan.power_off(tap, machine, prefix)
    machine.kill()
    for pattern in case.shows:
        tap.check(machine.said(pattern), f"{prefix}the log has '{pattern}'",
                  machine.head)
    for pattern in case.hides:
        tap.check(not machine.said(pattern),
                  f"{prefix}the log does not have '{pattern}'", machine.head)


def main():
    tap = Tap()
    for group in sys.argv[1:]:
        for name, case in GROUPS[group].items():
            run(tap, name, case)
    tap.done()


main()
