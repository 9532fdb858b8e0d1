# SPDX-License-Identifier: BSD-2-Clause
"""What one run of each operation executes, instruction by instruction.

The program under test (cost/) calls cost_trace(name) before the last samples
of an operation and cost_traced(start, end, empty, name) after each: from the
first on the machine is stepped, until a sample has been seen from its reading
of the time stamp counter at the start to the one at the end.  What lies
between is the operation; its instructions must be those measured.

Registers before each instruction and a disassembly of the kernel tell what it
is and what memory it touches.
"""

import re
import struct
import subprocess

from cost_gdb import (GENERAL, INTERRUPTS, TIMERS, Gone, Stub,
                      Unexpected)

LINE = 64
USER_END = 1 << 47
RDTSC = b"\x0f\x31"
SYSCALL = b"\x0f\x05"

# Costly instructions, as "objdump -d" writes them.
COSTLY = (
    ("cr0-read", r"mov +%cr0,"),
    ("cr0-write", r"mov +%\w+,%cr0|clts|lmsw"),
    ("cr3-write", r"mov +%\w+,%cr3"),
    ("msr-write", r"wrmsr"),
    ("swapgs", r"swapgs"),
    ("fs-read", r"rdfsbase"),
    ("gs-read", r"rdgsbase"),
    ("fs-write", r"wrfsbase"),
    ("gs-write", r"wrgsbase"),
    ("xsave", r"f?xsave|fnsave"),
    ("xrstor", r"f?xrstor|frstor"),
    ("iret", r"iret"),
    ("sysret", r"sysret"),
    ("invlpg", r"invlpg|invpcid"),
    ("locked", r"lock |xchg .*\("),
)
COSTLY = tuple((name, re.compile(what)) for name, what in COSTLY)
COUNTS = tuple(name for name, _ in COSTLY) + ("data-lines", "code-lines")

# Operands in memory, and instructions whose operand is none.
OPERAND = re.compile(r"(?:%(\w)s:)?(-?0x[0-9a-f]+)?"
                     r"\((%\w+)?(?:,(%\w+),(\d))?\)")
ABSOLUTE = re.compile(r"(?:^|,)(?:%(\w)s:)?(0x[0-9a-f]+)(?=,|$)")
NO_ACCESS = re.compile(r"lea|nop|prefetch|invlpg|clflush")
BRANCH = re.compile(r"j\w+$|call|loop")
WIDE = re.compile(r"f?x(save|rstor)|f(n?save|rstor)")


class Code:
    """The kernel's instructions by address: text and length."""

    def __init__(self, objdump, kernel):
        said = subprocess.run([objdump, "-d", "-w", kernel], check=True,
                              capture_output=True, text=True).stdout
        self.at = {}
        for line in said.splitlines():
            part = line.split("\t")
            if len(part) >= 3:
                text = part[2].split("#")[0].split("<")[0].strip()
                self.at[int(part[0].strip(" :"), 16)] = (
                    text, len(part[1].split()))
        if not self.at:
            raise Unexpected(f"expected code in {kernel}, found none")

    def returns(self):
        """Where the kernel goes to a program."""
        return [at for at, (text, _) in self.at.items()
                if re.match("iretq|sysretq|rex.W sysret|sysretl?q?$", text)]


def width(mnemonic, operands):
    """Bytes of an operand in memory."""
    if WIDE.match(mnemonic):
        return 832 if mnemonic.startswith("x") else 512
    if "%xmm" in operands:
        return 16
    if "%ymm" in operands:
        return 32
    return 8 if mnemonic.endswith("q") or re.search(r"%r", operands) else 4


def address(regs, after, segment, offset, base, index, scale):
    at = int(offset, 16) if offset else 0
    if base:
        name = base[1:]
        at += after if name == "rip" else regs[name]
    if index and index != "%riz":
        at += regs[index[1:]] * int(scale)
    if segment in ("f", "g"):
        at += regs[segment + "s"]
    return at % (1 << 64)


def accesses(text, length, regs):
    """(address, bytes) of all memory that an instruction touches."""
    words = text.split(None, 1)
    while words[0] in ("rep", "repz", "repnz", "lock", "notrack", "data16",
                       "cs", "rex.W"):
        if words[0].startswith("rep") and regs["rcx"] == 0:
            return []
        words = words[1].split(None, 1) if len(words) > 1 else ["nop"]
    mnemonic = words[0]
    operands = words[1] if len(words) > 1 else ""
    found = []
    if not NO_ACCESS.match(mnemonic):
        size = width(mnemonic, operands)
        after = regs["rip"] + length
        found = [(address(regs, after, *match), size)
                 for match in OPERAND.findall(operands)]
        if not found and not BRANCH.match(mnemonic):
            found = [(int(at, 16) + (regs[segment + "s"] if segment else 0),
                      size) for segment, at in ABSOLUTE.findall(operands)]
    if mnemonic.startswith(("push", "call")):
        found.append((regs["rsp"] - 8, 8))
    elif mnemonic.startswith(("pop", "ret")):
        found.append((regs["rsp"], 8))
    elif mnemonic.startswith("leave"):
        found.append((regs["rbp"], 8))
    elif mnemonic.startswith("iret"):
        found.append((regs["rsp"], 40))
    return found


def lines(at, size):
    return range(at // LINE, (at + size - 1) // LINE + 1)


def count(code, steps):
    """The costly instructions and the lines among those of the kernel."""
    counts = dict.fromkeys(COUNTS, 0)
    data, text_lines = set(), set()
    before = None
    for regs in steps:
        if regs["rip"] >= USER_END:
            entry = before is not None and before["rip"] < USER_END
            if entry and before.get("bytes") != SYSCALL:
                # What the processor pushed.
                data.update(lines(regs["rsp"], 40))
            if regs["rip"] not in code.at:
                raise Unexpected(f"expected an instruction of the kernel at "
                                 f"{regs['rip']:#x}, found none")
            text, length = code.at[regs["rip"]]
            text_lines.update(lines(regs["rip"], length))
            for at, size in accesses(text, length, regs):
                data.update(lines(at, size))
            for name, what in COSTLY:
                counts[name] += bool(what.match(text))
        before = regs
    counts["data-lines"], counts["code-lines"] = len(data), len(text_lines)
    return counts


def symbols(nm, program):
    said = subprocess.run([*nm.split(), program], check=True, capture_output=True,
                          text=True).stdout
    found = {}
    for line in said.splitlines():
        part = line.split()
        if len(part) == 3:
            found[part[2]] = int(part[0], 16)
    return found


def moved(regs, now):
    """Whether anything but the stack pointer, which an exception moves, is
    other than it was."""
    return any(regs[name] != now[name] for name in GENERAL
               if name not in ("rip", "rsp"))


class Tracer:
    """Steps through the operations of one boot."""

    def __init__(self, stub, code, names, entry):
        self.stub = stub
        self.code = code
        self.stop_at(names, entry)
        self.page_fault = stub.gate(14)
        self.seen = {}

    def stop_at(self, names, entry):
        """The program's addresses: it is where its loader put it, which its
        first instruction tells."""
        self.stub.run(self.code.returns())
        self.stub.step()
        base = self.stub.registers()["rip"] - entry
        self.mark = base + names["cost_trace"]
        self.done = base + names["cost_traced"]
        self.spin = (base + names["cost_spin"], base + names["cost_spin_jump"])

    def step(self, at, waits):
        """One instruction.  Interrupts come at the mark, where the clock has
        leapt, and to a program that waits for one, has read the time, and is
        not about to; in the end with all the time they need."""
        if at not in self.spin or waits < 5:
            self.stub.allow(0)
        elif waits < 20:
            self.stub.allow(INTERRUPTS)
        else:
            self.stub.allow(INTERRUPTS | TIMERS)
        self.stub.step()

    def later(self, at, now):
        """An instruction that was not executed but will be, when it is there
        again: at a page fault, an interrupt, and before an access to a
        device, where QEMU stops to count until there."""
        return now in (self.page_fault, at) or (at in self.spin and
                                                now >= USER_END)

    def sample(self, expected):
        """Step from a mark to the end of a sample of so many instructions:
        its steps, and how many they are; of the last, if none has so many."""
        steps, readings, tries, waits, found = [], {}, 0, 0, None
        regs = self.stub.registers()
        while True:
            at = regs["rip"]
            if at < USER_END:
                regs["bytes"] = self.bytes_at(at)
            if at == self.done:
                found = self.between(regs, steps, readings) or found
                tries += 1
                if (found and found[1] == expected) or tries == 4:
                    return found
                waits = 0
            waits += at in self.spin
            steps.append(regs)
            self.step(at, waits)
            now = self.stub.registers()
            if regs.get("bytes") == RDTSC:
                readings[now["rdx"] << 32 | now["rax"]] = len(steps) - 1
            if self.later(at, now["rip"]) and not moved(regs, now):
                steps.pop()
            regs = now

    def bytes_at(self, at):
        """Two of a program: enough to tell what matters here.  Peers are the
        same program at the same place, so one look at each will do."""
        if at not in self.seen:
            self.seen[at] = self.stub.memory(at, 2)
        return self.seen[at]

    def between(self, regs, steps, readings):
        """The steps of the sample that the program describes, and how many
        instructions they are."""
        start, end, empty = regs["rdi"], regs["rsi"], regs["rdx"]
        # What began at an interrupt did so just after a reading.
        after = [n for n in range(3) if start - n in readings]
        if end not in readings or not after:
            return None
        first, last = readings[start - after[0]] + after[0], readings[end]
        if after[0] == 0 and steps[first]["rip"] not in self.spin and \
                end - start != last - first:
            raise Unexpected(f"expected {end - start} instructions between "
                             "two readings, as the counter says; found "
                             f"{last - first} in the trace")
        return steps[first + 1:last], last - first - empty

    def next_mark(self):
        self.stub.run([self.mark])
        regs = self.stub.registers()
        return self.stub.string(regs["rdi"])


def entry_of(program):
    """The first instruction of an ELF-64 file (e_entry)."""
    with open(program, "rb") as file:
        head = file.read(64)
    if head[:5] != b"\x7fELF\x02":
        raise Unexpected(f"expected an ELF-64 file in {program}")
    return struct.unpack_from("<Q", head, 24)[0]


def trace(guest, init, tools, directory, medians):
    """{operation: (instructions, counts)} of those operations."""
    code = Code(tools["objdump"], guest.kernel)
    found = {}
    stub = Stub(guest, directory)
    try:
        tracer = Tracer(stub, code, symbols(tools["nm"], init),
                        entry_of(init))
        while len(found) < len(medians):
            name = tracer.next_mark()
            if name in found or name not in medians:
                continue
            sample = tracer.sample(medians[name])
            if sample is None:
                raise Unexpected(f"{name}: expected the trace to have a "
                                 "sample's readings of the time stamp "
                                 "counter, found none")
            found[name] = sample[1], count(code, sample[0])
    except Gone:
        raise Unexpected("expected to trace each operation, found none of "
                         f"{sorted(set(medians) - set(found))}; the machine "
                         "said\n" + stub.said()[-2000:]) from None
    finally:
        stub.kill()
    return found
