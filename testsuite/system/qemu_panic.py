# SPDX-License-Identifier: BSD-2-Clause
"""A kernel that finds itself broken says so in a way that a person can work
with: what happened in words, whose turn it was, registers, and by name how
it came there; on the serial line and on the screen; and then it does what
panic= says.  crash= breaks it, by each of the ways there are.

That a crash is noticed at all shows that the protection is there."""

import re
import subprocess

from machine.console import Ended, Hang
from machine.qemu import SYSINFO_TAR, KERNEL, NM, Qemu
from machine.tap import Tap

# Kind: what is said, and whether the processor noticed (not a check).
KINDS = {
    "panic": (r"crash=panic was asked for", False),
    "assert": (r"src/hal-baremetal/crash\.c:\d+: .*one == 2", False),
    "null": (r"the kernel read 0x0{16}: a null pointer", True),
    "write-text": (r"the kernel wrote to 0xffffffff8[0-9a-f]{7}: "
                   r"a read-only part of the kernel", True),
    "exec-data": (r"the kernel executed 0xffffffff8[0-9a-f]{7}: "
                  r"not executable", True),
    "user-read": (r"the kernel read 0x0000[0-9a-f]{12}: a user program's",
                  True),
    "user-exec": (r"the kernel executed 0x0000[0-9a-f]{12}: "
                  r"a user program's", True),
    "stack": (r"kernel stack overflow", True),
    "divide": (r"divide error in the kernel", True),
    "invalid": (r"invalid instruction in the kernel", True),
    "gp": (r"general protection fault in the kernel", True),
    "nmi": (r"non-maskable interrupt: the hardware reports an error", True),
    "boot-code": (r"the kernel executed 0xffffffff8[0-9a-f]{7}: "
                  r"code of the boot, which is over", True),
}

# What a processor has to have for a kind to be a crash.
NEEDS = {"exec-data": "nx", "user-read": "smap", "user-exec": "smep"}

REGISTERS = ("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 "
             "rip flags cs ss").split()
CONTROL = "cr0 cr2 cr3 cr4".split()
FRAME = re.compile(r"^  #(\d+) 0x([0-9a-f]{16}) (\w[\w.]*)\+0x([0-9a-f]+)$",
                   re.M)


def symbols():
    out = subprocess.run([*NM, KERNEL], capture_output=True, text=True,
                         check=True).stdout
    known = {}
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3:         # without what compilers add: ".part.0"
            name = words[2].split(".")[0]
            known.setdefault(name, set()).add(int(words[0], 16))
    return known


def crash(kind, panic, **how):
    return Qemu(kernel=KERNEL, initramfs=SYSINFO_TAR,
                append=f"crash={kind} panic={panic}", **how)


def check_frames(tap, prefix, text, known):
    frames = FRAME.findall(text)
    names = [name for _, _, name, _ in frames]
    tap.check([int(n) for n, *_ in frames] == list(range(len(frames))) and
              names[-1:] == ["boot_high"] and "kernel_main" in names,
              f"{prefix}the backtrace goes to where the kernel began", text)
    wrong = [name for _, address, name, offset in frames
             if int(address, 16) - int(offset, 16) not in
             known.get(name, ())]
    tap.check(frames and not wrong,
              f"{prefix}each of its names belongs to its address",
              f"{wrong}\n{text}")
    return names


def report(tap, kind, known):
    """The words of one crash, and power off after it."""
    prefix = f"{kind}: "
    words, by_processor = KINDS[kind]
    machine = crash(kind, "poweroff")
    try:
        machine.wait_for(r"^helios: power off, status 127$")
        status = machine.wait_end()
    except (Hang, Ended) as error:
        tap.not_ok(f"{prefix}a panic", str(error))
        return
    text = machine.text
    tap.check(re.search(rf"^helios: panic: {words}$", text, re.M),
              f"{prefix}it says what happened", text)
    tap.check(re.search(r'^  task \d+ "init"$', text, re.M),
              f"{prefix}it names the task", text)
    wanted = CONTROL + (REGISTERS if by_processor else [])
    missing = [x for x in wanted
               if not re.search(rf"(^|  ) *{x} +[0-9a-f]{{4,}}", text, re.M)]
    tap.check(not missing, f"{prefix}it shows the registers",
              f"missing {missing}\n{text}")
    names = check_frames(tap, prefix, text, known)
    own = "crash_" + kind.replace("-", "_")
    tap.check(any(x.startswith(own) for x in names),
              f"{prefix}the backtrace names the culprit", text)
    if kind == "stack":
        tap.check([x.split(".")[0] for x in names[:2]] == ["recurse"] * 2 and
                  re.search(r"^     and the same \d{2,} more times$", text,
                            re.M),
                  f"{prefix}the backtrace shows what recursed, once", text)
    reason = machine.end_reason()
    tap.check(status == 0 and reason == "guest-shutdown",
              f"{prefix}the machine is switched off",
              f"exit status {status}, {reason}")


def screen(tap):
    """panic=halt: a person reads the same on the screen, and it stays."""
    machine = crash("null", "halt")
    machine.wait_for(r"^helios: stopped$")
    said = machine.text.split("\n")
    start = next(i for i, x in enumerate(said) if "helios: panic: " in x)
    said = [x.rstrip() for x in said[start:] if x.strip()]
    seen = [x for x in machine.screen_lines() if x]
    tap.check(seen[-len(said):] == said,
              "halt: the screen shows all the serial line says",
              "\n".join(["screen:"] + seen + ["serial:"] + said))
    status = machine.qmp.execute("query-status")["status"]
    tap.check(status == "running" and machine.process.poll() is None,
              "halt: the machine stays as it is", status)
    machine.kill()


def reboot(tap):
    machine = crash("divide", "reboot")
    try:
        machine.wait_for(r"^helios: panic: divide error")
        machine.wait_end()
        tap.check(machine.end_reason() == "guest-reset",
                  "reboot: the machine starts again", machine.end_reason())
    except (Hang, Ended) as error:
        tap.not_ok("reboot: the machine starts again", str(error))


def absent(tap, kind, flag):
    """Nothing breaks where the processor has no such protection."""
    machine = crash(kind, "poweroff", cpu=f"max,-{flag}")
    name = f"{kind}: without {flag} the kernel says so and goes on"
    try:
        machine.wait_for(r"nothing happens$")
        machine.wait_for(r"^helios: power off, status 0$")
        tap.ok(name)
    except (Hang, Ended) as error:
        tap.not_ok(name, str(error))
    machine.kill()


def main():
    tap = Tap()
    known = symbols()
    for kind in KINDS:
        report(tap, kind, known)
    for kind, flag in NEEDS.items():
        absent(tap, kind, flag)
    screen(tap)
    reboot(tap)
    tap.done()


main()
