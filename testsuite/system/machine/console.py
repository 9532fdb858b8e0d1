# SPDX-License-Identifier: BSD-2-Clause
"""A machine is a process with a console.

Nothing here is judged by the time it takes.  But a machine that says nothing
for SILENCE seconds, or goes on for LIMIT, is taken for hung: it is killed,
and Hang tells what it said last and where it was."""

import atexit
import os
import re
import select
import signal
import subprocess
import sys
import time

SILENCE = 180
LIMIT = 1800

# What terminals obey and people do not see.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][0-9A-B]|[@-Z\\^_])")
HALF_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[()])?$")


class Hang(Exception):
    pass


class Ended(Exception):
    pass


def _leave(number, _frame):
    sys.exit(128 + number)


for _number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(_number, _leave)


class Machine:
    def __init__(self, silence=SILENCE):
        self.silence = silence
        self.text = ""          # all it said, without escape sequences
        self.mark = 0           # where the next wait_for begins
        self.half = ""
        self.process = None
        self.started = self.heard = time.monotonic()
        atexit.register(self.kill)

    def start(self, argv, **how):
        self.errors = open(self.path("stderr"), "w+b")
        self.process = subprocess.Popen(argv, stderr=self.errors, **how)

    def path(self, name):
        raise NotImplementedError

    def read(self, seconds):
        """New text of the console within so many seconds: bytes, or None
        when the machine has ended and there will be no more."""
        raise NotImplementedError

    def where(self):
        """Where the processor is, for a hang."""
        return ""

    def _pump(self, seconds):
        data = self.read(seconds)
        if data:
            text = self.half + data.decode("utf-8", "replace")
            half = HALF_ESCAPE.search(text)
            cut = half.start() if half else len(text)
            self.half = text[cut:]
            self.text += ESCAPE.sub("", text[:cut]).replace("\r", "")
        return data

    def said(self, pattern):
        """Has it, so far?  A match, or None."""
        return re.search(pattern, self.text, re.M)

    def head(self, lines=40):
        """The first it said, for a report."""
        return "\n".join(self.text.split("\n")[:lines])

    def remarks(self):
        """What the emulator itself has to say."""
        self.errors.seek(0)
        errors = self.errors.read().decode("utf-8", "replace").strip()
        return f"standard error:\n{errors}" if errors else ""

    def tail(self, lines=40):
        """The last it said, for a report."""
        said = [x for x in self.text.split("\n") if x.strip()]
        return ("the last it said:\n" +
                "\n".join("  | " + x.rstrip() for x in said[-lines:]) +
                "\n" + self.remarks())

    def _watch(self, what):
        """Pump once; False when the machine has ended."""
        data = self._pump(1)
        now = time.monotonic()
        if data:
            self.heard = now
        elif data is not None and now - self.heard > self.silence:
            self.hang(f"no sign of life for {self.silence} s", what)
        if now - self.started > LIMIT:
            self.hang(f"not done after {LIMIT} s", what)
        return data is not None

    def wait_for(self, pattern):
        """The first match of the pattern after the one before."""
        compiled = re.compile(pattern, re.M)
        self.heard = time.monotonic()
        while True:
            match = compiled.search(self.text, self.mark)
            # The end of a line is there when its newline is.
            if match and not (pattern.endswith("$") and
                              match.end() == len(self.text)):
                self.mark = match.end()
                return match
            if not self._watch(f"waiting for '{pattern}'"):
                status = self.process.wait()
                raise Ended(f"expected '{pattern}', but the machine ended "
                            f"(exit status {status}); {self.tail()}")

    def wait_quiet(self, seconds=2):
        """Until it has said all it has to say."""
        while self._pump(seconds):
            pass

    def wait_end(self):
        """Let it end by itself; its exit status."""
        self.heard = time.monotonic()
        while self._watch("waiting for it to end"):
            pass
        return self.process.wait()

    def hang(self, why, what):
        try:
            where = self.where()
        except (OSError, ValueError, KeyError) as error:
            where = f"(unknown: {error})"
        said = self.tail()
        self.kill()
        raise Hang(f"{why}, {what}; processor: {where or 'unknown'}; {said}")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def read_pipe(stream, seconds):
    """Of a pipe, as Machine.read."""
    ready, _, _ = select.select([stream], [], [], seconds)
    if not ready:
        return b""
    return os.read(stream.fileno(), 65536) or None
