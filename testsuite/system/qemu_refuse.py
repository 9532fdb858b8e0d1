# SPDX-License-Identifier: BSD-2-Clause
"""What cannot boot says why, in one line that a person can read: on the
serial line and on the screen.  And it stops there."""

import os
import re
import tempfile

from machine.console import Ended, Hang
from machine.qemu import SYSINFO_TAR, KERNEL, VULCAN, Qemu
from machine.tap import Tap

UNKNOWN = r"unknown option \"nonsense\"; .*log-level=.* --"


class Case:
    def __init__(self, words, initramfs=SYSINFO_TAR, append="", **how):
        self.words, self.initramfs, self.append = words, initramfs, append
        self.how = how


def cases(directory):
    def file(name, data):
        path = os.path.join(directory, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    with open(VULCAN, "rb") as archive:
        whole = archive.read()
    broken = bytearray(whole)
    broken[150] ^= 1                    # in the checksum of a header
    return {
        "no long mode (qemu32)":
            Case(r"processor: .*64-bit.* expected, .* 32 bits",
                 cpu="qemu32"),
        "no long mode (pentium3)":
            Case(r"processor: .*64-bit.* expected, .* 32 bits",
                 cpu="pentium3"),
        "no initramfs": Case(r"no initramfs: .* expected, none found.*",
                             initramfs=None),
        "an initramfs that is no archive":
            Case(r".*ustar.*expected.*",
                 initramfs=file("text", b"This is no archive.\n" * 999)),
        "an initramfs that is cut": Case(
            r".*truncated.*", initramfs=file("cut", whole[:20480])),
        "an initramfs with a bad byte": Case(
            r".*checksum.*", initramfs=file("bad", bytes(broken))),
        "an unknown option": Case(UNKNOWN, append="nonsense"),
        "an unknown value": Case(
            r"timer=sundial: one of .*hpet.* expected",
            append="timer=sundial"),
        "a number that is none": Case(
            r"seed=-1: a number .* expected", append="seed=-1"),
        "a slice that is too long": Case(
            r"slice=9999999: .* to 1000000 .* expected",
            append="slice=9999999"),
        "an unknown crash": Case(r"crash=boredom: .*",
                                 append="crash=boredom"),
        "an unknown end": Case(r"end=never: one of .* expected",
                               append="end=never"),
    }


def wrapped(line, columns):
    return [line[i:i + columns] for i in range(0, len(line), columns)]


def shown(line, screen):
    """Is it there, over as many rows as it needs?"""
    rows = wrapped(line, 80)
    return any([x.rstrip() for x in screen[i:i + len(rows)]] ==
               [x.rstrip() for x in rows] for i in range(len(screen)))


def refuses(tap, name, case):
    machine = Qemu(kernel=KERNEL, initramfs=case.initramfs,
                   append=case.append, **case.how)
    try:
        match = machine.wait_for(rf"^helios: ({case.words})$")
        machine.wait_quiet()
        line = match.group(0)
        said = [x for x in machine.text.split("\n") if x.strip()]
        tap.check(said in ([line], [line, "helios: stopped"]),
                  f"{name}: one line on the serial line",
                  "\n".join(said))
        screen = machine.screen_lines()
        tap.check(shown(line, screen), f"{name}: the same on the screen",
                  "\n".join(x for x in screen if x))
        status = machine.qmp.execute("query-status")["status"]
        tap.check(status == "running", f"{name}: the machine stays as it is",
                  status)
    except (Hang, Ended) as error:
        tap.not_ok(f"{name}: one line on the serial line", str(error))
    machine.kill()


def too_little(tap):
    """With ever less memory: it boots, or it says that there is too
    little."""
    said = 0
    for mebibytes in (16, 8, 6, 5, 4):
        machine = Qemu(kernel=KERNEL, initramfs=SYSINFO_TAR,
                       memory=f"{mebibytes}M")
        name = f"{mebibytes} MiB of memory: it boots or says why not"
        try:
            match = machine.wait_for(
                r"^helios: (?:power off, status 0|stopped|.*memory.*)$")
            if "memory" in match.group(0):
                said += 1
                line = match.group(0)
                machine.wait_quiet()
                screen = machine.screen_lines()
                tap.check(re.search(r"\d", line) and shown(line, screen), name,
                          "\n".join([line] + screen))
            else:
                tap.check("power off" in match.group(0), name,
                          machine.tail())
        except (Hang, Ended) as error:
            tap.not_ok(name, str(error))
        machine.kill()
    tap.check(said > 0, "too little memory: it was tried")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="helios-refuse.") as directory:
        for name, case in cases(directory).items():
            refuses(tap, name, case)
    too_little(tap)
    tap.done()


main()
