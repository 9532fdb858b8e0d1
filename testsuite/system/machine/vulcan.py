# SPDX-License-Identifier: BSD-2-Clause
"""Vulcan on a machine: each of its tests is a point of ours."""

import os
import re
import subprocess

from .console import Ended, Hang

POINT = re.compile(r"^(not )?ok (\d+) - (\S+)(?: # SKIP (.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)$")
END = r"^helios: (press a key to power off|power off, status \d+)$"
STOPPED = r"^helios: stopped$"


def names(*patterns):
    """What Vulcan would run, asked of the same archive on Linux."""
    out = subprocess.run(
        [os.environ["HELIOS_HOSTED"], os.environ["VULCAN"], "--", "--list",
         *patterns], capture_output=True, text=True, check=True).stdout
    return out.split()


class Results:
    """What the console says of Vulcan."""

    def __init__(self, text):
        self.found = {}         # name: (passed, reason to skip, remarks)
        self.order = []         # numbers as they came
        self.plan = None
        remarks = []
        for line in text.split("\n"):
            point, plan = POINT.match(line), PLAN.match(line)
            if point:
                name = point.group(3)
                remarks = []
                self.found[name] = (not point.group(1), point.group(4),
                                    remarks)
                self.order.append(int(point.group(2)))
            elif plan:
                self.plan = int(plan.group(1))
            else:
                remarks.append(line)

    def complete(self):
        count = len(self.order)
        return self.plan == count and self.order == list(range(1, count + 1))


def report(tap, text, prefix, expected):
    """A point for each test that was expected, and for each that was not."""
    results = Results(text)
    for name in expected:
        if name not in results.found:
            tap.not_ok(prefix + name, "no result")
            continue
        passed, skipped, remarks = results.found.pop(name)
        if skipped:
            tap.skip(prefix + name, skipped)
        else:
            tap.check(passed, prefix + name, "\n".join(remarks[:40]))
    for name in results.found:
        tap.not_ok(prefix + name, "a test that Vulcan does not list")
    return results


def run(tap, machine, prefix, expected):
    """Vulcan is booting on the machine.  True: it got to its end."""
    why = ""
    start = machine.mark
    try:
        match = machine.wait_for(f"{END}|{STOPPED}")
        if "stopped" in match.group(0):
            why = f"the kernel stopped; {machine.tail()}"
    except (Hang, Ended) as error:
        why = str(error)
    results = report(tap, machine.text[start:], prefix, expected)
    if not why and not results.complete():
        why = (f"plan {results.plan}, {len(results.order)} results; "
               f"{machine.tail()}")
    return tap.check(not why, prefix + "Vulcan runs from start to end", why)


def power_off(tap, machine, prefix, press=None):
    """The end of a machine that runs.  press: what makes it go off."""
    if press:
        press()
    name = prefix + "the machine switches itself off"
    try:
        status = machine.wait_end()
        reason = machine.end_reason()
        tap.check(status == 0 and reason == "guest-shutdown" and
                  machine.said(r"^helios: power off, status \d+$"), name,
                  f"exit status {status}, {reason}; {machine.tail(5)}")
    except (Hang, Ended) as error:
        tap.not_ok(name, str(error))
