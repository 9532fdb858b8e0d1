# SPDX-License-Identifier: BSD-2-Clause
"""The other end of COM2: random bytes in, pseudo-random ones out, and both
at once.  The program in the archive (testsuite/mercury/line.c) says when it
is ready for each, and afterwards how many bytes it had and their checksum.

Nothing here is judged by its time; a machine that says nothing for long is
taken for hung, as in machine/console.py."""

import fcntl
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

from machine.console import SILENCE
from machine.tap import Tap

ARCHIVE = os.path.join(os.environ["MERCURY"], "mercury.tar")
BYTES = int(os.environ.get("LINE_BYTES", 1 << 20))
# At once, less: a machine that is emulated takes its time for each interrupt.
BOTH = BYTES // 4
ARGUMENTS = ["--timeout=100000000", f"--set=bytes={BYTES}",
             f"--set=both={BOTH}", "line"]
SAYS = re.compile(rb"^line: (\w+) (\d+) bytes, sum ([0-9a-f]{16})\r?$", re.M)


def checksum(data):
    """64-bit FNV-1a."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


class Line:
    """The socket: what came, and a thread that sends."""

    def __init__(self, path, alive):
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if not alive():
                    raise
                time.sleep(0.02)
        self.came = bytearray()
        self.taken = 0
        self.heard = time.monotonic()
        self.lock = threading.Lock()
        self.read_slowly(False)
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        data = True
        try:
            while data:
                select.select([self.socket], [], [])
                with self.lock:
                    data = self.socket.recv(self.piece)
                    self.came += data
                self.heard = time.monotonic()
                time.sleep(self.pause)
        except OSError:
            pass

    def read_slowly(self, slowly):
        self.piece, self.pause = (2048, 0.002) if slowly else (65536, 0)

    def arrived(self):
        """Bytes that have left the machine, whether received yet or not."""
        with self.lock:
            waiting = fcntl.ioctl(self.socket, termios.FIONREAD, bytes(4))
            return len(self.came) - self.taken + \
                int.from_bytes(waiting, sys.byteorder)

    def take(self, count):
        """The next so many bytes, or what there is of them when nothing
        has come for long.  The last may still be on its way through the
        host when the program has said that all is sent."""
        while len(self.came) - self.taken < count and \
                time.monotonic() - self.heard < SILENCE:
            time.sleep(0.02)
        data = bytes(self.came[self.taken:self.taken + count])
        self.taken += len(data)
        return data

    def send(self, data):
        def run():
            try:
                for at in range(0, len(data), 4096):
                    self.socket.sendall(data[at:at + 4096])
                    self.heard = time.monotonic()
            except OSError:
                pass
        threading.Thread(target=run, daemon=True).start()


class World:
    def __init__(self, argv, path):
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.line = Line(path, lambda: self.process.poll() is None)
        self.text = b""
        self.mark = 0

    def wait_for(self, pattern):
        """The next match on the console, or None."""
        heard = time.monotonic()
        while True:
            match = re.compile(pattern, re.M).search(self.text, self.mark)
            if match:
                self.mark = match.end()
                return match
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            data = os.read(self.process.stdout.fileno(), 65536) \
                if ready else None
            if data == b"":
                return None
            if data:
                self.text += data
                heard = time.monotonic()
            elif time.monotonic() - max(heard, self.line.heard) > SILENCE:
                return None

    def tail(self):
        return self.text[-2000:].decode("utf-8", "replace")

    def end(self):
        self.wait_for(rb"^this line never comes$")
        self.process.kill()
        self.process.wait()


def told(world, lines, count):
    """What the program says it had: {'sent': sum, 'received': sum}."""
    sums = {}
    for _ in range(lines):
        match = world.wait_for(SAYS.pattern)
        if not match or int(match.group(2)) != count:
            return None
        sums[match.group(1).decode()] = int(match.group(3), 16)
    return sums


def compare(tap, world, name, sums, key, data, count):
    tap.check(sums is not None and len(data) == count and
              sums.get(key) == checksum(data),
              f"{name}: {count} bytes {key}, none lost or out of order",
              lambda: f"the program had {sums}, this end {len(data)} bytes "
              f"with sum {checksum(data):016x}; {world.tail()}")


def one(tap, world, name, what):
    prefix = f"{name}, {what}"
    ready = world.wait_for(rb"^line: " + what.encode() + rb"\r?$")
    if not tap.check(ready, f"{prefix}: ready", world.tail):
        return
    count = BOTH if what == "both" else BYTES
    data = os.urandom(count) if what != "out" else b""
    if data:
        world.line.send(data)
    world.line.read_slowly(what == "out")
    sums = told(world, 2 if what == "both" else 1, count)
    if what == "out":
        arrived = world.line.arrived()
        tap.check(arrived == count, f"{prefix}: what is sent has left",
                  f"{arrived} bytes of {count}")
    world.line.read_slowly(False)
    if what != "out":
        compare(tap, world, prefix, sums, "received", data, count)
    if what != "in":
        compare(tap, world, prefix, sums, "sent", world.line.take(count),
                count)


def run(tap, name, argv, path):
    world = World(argv, path)
    for what in ("in", "out", "both"):
        one(tap, world, name, what)
    world.end()
    passed = len(re.findall(rb"^ok \d+ - line::", world.text, re.M))
    tap.check(passed == 3, f"{name}: no overrun, nothing dropped",
              world.tail)
    tap.check(len(world.line.came) == BYTES + BOTH,
              f"{name}: nothing else came",
              f"{len(world.line.came)} bytes, expected {BYTES + BOTH}")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="helios-line.") as directory:
        path = os.path.join(directory, "com2")
        run(tap, "hosted",
            [os.environ["HELIOS_HOSTED"], "--log-level=error",
             f"--com2=socket:{path}", ARCHIVE, "--", *ARGUMENTS], path)
        if os.environ.get("QEMU"):
            path = os.path.join(directory, "com2-qemu")
            run(tap, "QEMU",
                [os.environ["QEMU"], "-machine", "pc", "-accel", "tcg",
                 "-cpu", "max", "-m", "256", "-nodefaults",
                 "-no-user-config", "-nic", "none", "-display", "none",
                 "-no-reboot", "-serial", "stdio", "-serial",
                 f"unix:{path},server=on,wait=off", "-kernel",
                 os.environ["HELIOS_KERNEL"], "-initrd", ARCHIVE, "-append",
                 "log-level=error -- " + " ".join(ARGUMENTS)], path)
        else:
            tap.skip("QEMU", "configured --without-qemu")
    tap.done()


main()
