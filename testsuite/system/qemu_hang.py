# SPDX-License-Identifier: BSD-2-Clause
"""The tests of machines are worth something: one that hangs is killed and
named, with what it said last; results that are missing or wrong are
failures."""

import io
import contextlib

from machine import vulcan
from machine.console import Ended, Hang
from machine.qemu import KERNEL, VULCAN, Qemu
from machine.tap import Tap


def hangs(tap):
    machine = Qemu(kernel=KERNEL, initramfs=VULCAN, append="end=key -- clock")
    why = "it ended"
    try:
        machine.wait_for(r"^helios: press a key to power off$")
        machine.silence = 5
        machine.wait_for(r"this is never said")
    except (Hang, Ended) as error:
        why = str(error)
    tap.check("no sign of life" in why and "this is never said" in why,
              "a machine that hangs is noticed", why)
    tap.check("1.." in why and "press a key to power off" in why,
              "the report has the last it said", why)
    tap.check("processor: running at 0xffffffff8" in why,
              "the report says where the processor is", why)
    tap.check(machine.process.poll() is not None,
              "the machine is gone afterwards")


def stopped(tap):
    machine = Qemu(kernel=KERNEL, initramfs=VULCAN, extra=["-S"], silence=5)
    why = "it ended"
    try:
        machine.wait_for(r"helios")
    except (Hang, Ended) as error:
        why = str(error)
    tap.check("no sign of life" in why and "prelaunch" in why,
              "a machine that never starts is noticed", why)


def ends_early(tap):
    machine = Qemu(kernel=KERNEL, initramfs=VULCAN, append="-- clock")
    why = "it did not end"
    try:
        machine.wait_for(r"this is never said")
    except (Hang, Ended) as error:
        why = str(error)
    tap.check("the machine ended" in why and "power off, status 0" in why,
              "a machine that ends too early is noticed", why)


def judged(text, expected):
    """How many points pass and fail of a console that says this."""
    tap = Tap()
    with contextlib.redirect_stdout(io.StringIO()):
        results = vulcan.report(tap, text, "", expected)
    return tap.count - tap.failed, tap.failed, results.complete()


def results(tap):
    good = "ok 1 - a::a\nok 2 - a::b # SKIP no\n1..2\n"
    for text, expected, verdict, what in [
            (good, ["a::a", "a::b"], (2, 0, True), "a good run passes"),
            (good, ["a::a", "a::b", "a::c"], (2, 1, True),
             "a test without a result fails"),
            (good, ["a::a"], (1, 1, True), "a test that is unknown fails"),
            (good.replace("ok 1", "not ok 1"), ["a::a", "a::b"],
             (1, 1, True), "a failure fails"),
            (good.replace("1..2\n", ""), ["a::a", "a::b"], (2, 0, False),
             "a run without a plan is incomplete"),
            (good.replace("1..2", "1..3"), ["a::a", "a::b"], (2, 0, False),
             "a run with another plan is incomplete")]:
        found = judged(text, expected)
        tap.check(found == verdict, what, f"expected {verdict}, {found}")


def main():
    tap = Tap()
    results(tap)
    hangs(tap)
    stopped(tap)
    ends_early(tap)
    tap.done()


main()
