# SPDX-License-Identifier: BSD-2-Clause
"""QEMU as the figures need it, and its debugger stub.

The command line is the one seL4's figures were measured on; only the real
time clock begins at the same time in every run.  -icount shift=0 makes the time stamp counter count instructions, those of a program that is
stepped included, so that a look at each instruction changes no figure.

The stub speaks the GDB remote serial protocol (GDB manual, appendix E): a
packet is $data#checksum, acknowledged by +.  Commands used: g, m, c, s, Z0,
z0, qRcmd, and QEMU's own Qqemu.sstep.
"""

import os
import re
import socket
import struct
import subprocess
import time

COMMAND_LINE = (
    "-machine pc,accel=tcg -cpu Haswell-noTSX,vendor=GenuineIntel -smp 1 "
    "-m 1G -global hpet.msi=on -display none -monitor none -no-reboot "
    "-nodefaults -rtc base=2026-01-01,clock=vm "
    "-icount").split()


class Unexpected(Exception):
    """For people: what was expected, and what was found."""


class Guest:
    """What runs: the kernel, the measuring program, how many samples."""

    def __init__(self, qemu, kernel, program, samples, limit):
        self.qemu, self.kernel, self.program = qemu, kernel, program
        self.samples, self.limit = samples, limit

    def command(self, serial, sleep="off", more=()):
        append = "log-level=error"
        if self.samples:
            append += f" -- {self.samples}"
        return [self.qemu, *COMMAND_LINE, "shift=0,sleep=" + sleep,
                "-serial", serial, "-kernel", self.kernel, "-initrd",
                self.program, "-append", append, *more]


def ended(console):
    """Whether the program said that it measured all."""
    return "\ncost end" in console


def complain(console, errors):
    tail = "\n".join((console + errors).splitlines()[-20:])
    return Unexpected("expected the machine to measure everything, found\n" +
                      tail)


def boot(guest):
    """What the program says."""
    try:
        run = subprocess.run(guest.command("stdio"),
                             stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=guest.limit, check=False, text=True,
                             errors="replace")
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"").decode(errors="replace")
        raise Unexpected(f"expected the machine to end within {guest.limit} s, "
                         f"found it running; it said\n{said}") from None
    console = run.stdout.replace("\r", "")
    if not ended(console):
        raise complain(console, run.stderr)
    return console


class Gone(Exception):
    """The machine ended."""


# For Stub.allow(); QEMU has them the other way round.
INTERRUPTS, TIMERS = 2, 4


# The registers of a g packet: struct format and names (QEMU's
# gdb-xml/i386-64bit.xml).
GENERAL = ("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 "
           "rip").split()
LAYOUT = struct.Struct("<17Q7I3Q")
FS_BASE = 24


class Stub:
    """The debugger's end of a machine that is stopped at its start."""

    def __init__(self, guest, directory):
        self.limit = guest.limit
        self.console = os.path.join(directory, "console")
        self.errors = os.path.join(directory, "errors")
        path = os.path.join(directory, "gdb")
        with open(self.errors, "wb") as errors:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                guest.command("file:" + self.console, "on",
                              ["-S", "-gdb",
                               f"unix:{path},server=on,wait=off"]),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        self.rest = b""
        self.owed = b""
        self.connect(path)
        self.allowed = None
        self.allow(0)

    def connect(self, path):
        end = time.monotonic() + 20
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(self.limit)
        while True:
            try:
                self.socket.connect(path)
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.kill()
                    raise Unexpected("expected QEMU to open its debugger "
                                     "stub, found\n" + self.said()) from None
                time.sleep(0.05)

    def said(self):
        text = ""
        for path in (self.console, self.errors):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read().replace("\r", "")
        return text

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def receive(self):
        while True:
            start = self.rest.find(b"$")
            end = self.rest.find(b"#", start)
            if 0 <= start < end and len(self.rest) >= end + 3:
                packet = self.rest[start + 1:end]
                self.rest = self.rest[end + 3:]
                self.owed = b"+"
                return packet.decode("latin-1")
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            except socket.timeout:
                raise Unexpected("expected the machine to go on, found it "
                                 "silent; it said\n" + self.said()) from None
            if not more:
                raise Gone
            self.rest += more

    def ask(self, text):
        packet = f"${text}#{sum(text.encode()) % 256:02x}".encode()
        try:
            self.socket.sendall(self.owed + packet)
        except ConnectionError:
            raise Gone from None
        self.owed = b""
        return self.receive()

    def stopped(self, reply):
        if reply[:1] == "W" or reply[:1] == "X":
            raise Gone
        if reply[:1] != "T" and reply[:1] != "S":
            raise Unexpected(f"expected the machine to stop, found '{reply}'")

    def allow(self, what):
        """What may happen at a step.  A machine that stands between two looks
        idle, for which its clock goes on, unless timers stand still too.  (It
        goes on with the host's, for with sleep=off it would leap to the next
        timer.)"""
        if what != self.allowed:
            flags = 7 & ~what
            if self.ask(f"Qqemu.sstep={flags:x}") != "OK":
                raise Unexpected("expected QEMU to take Qqemu.sstep")
            self.allowed = what

    def step(self):
        self.stopped(self.ask("s"))

    def run(self, addresses):
        """To one of these."""
        # A breakpoint where it stands would stop it again at once.
        self.step()
        for address in addresses:
            self.ask(f"Z0,{address:x},1")
        self.stopped(self.ask("c"))
        for address in addresses:
            self.ask(f"z0,{address:x},1")

    def registers(self):
        data = bytes.fromhex(self.ask("g")[:LAYOUT.size * 2])
        values = LAYOUT.unpack(data)
        regs = dict(zip(GENERAL, values))
        regs["fs"], regs["gs"] = values[FS_BASE], values[FS_BASE + 1]
        return regs

    def memory(self, address, size):
        found = b""
        for at in range(address, address + size, 1024):
            reply = self.ask(f"m{at:x},{min(1024, address + size - at):x}")
            if reply.startswith("E"):
                raise Unexpected(f"expected memory at {at:#x}, found none")
            found += bytes.fromhex(reply)
        return found

    def string(self, address):
        return self.memory(address, 64).split(b"\0")[0].decode()

    def monitor(self, text):
        reply = self.ask("qRcmd," + text.encode().hex())
        said = ""
        while reply != "OK":
            if not reply.startswith("O"):
                raise Unexpected(f"expected an answer to '{text}', found "
                                 f"'{reply}'")
            said += bytes.fromhex(reply[1:]).decode()
            reply = self.receive_more()
        return said

    def receive_more(self):
        self.socket.sendall(self.owed)
        return self.receive()

    def gate(self, vector):
        """Where the processor goes at an exception: from the IDT (Intel SDM
        volume 3, 6.14.1)."""
        table = re.search(r"IDT=\s*([0-9a-f]+)",
                          self.monitor("info registers"))
        gate = self.memory(int(table[1], 16) + 16 * vector, 16)
        low, _, _, middle, high = struct.unpack_from("<HHHHI", gate)
        return low | middle << 16 | high << 32
