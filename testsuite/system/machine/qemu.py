# SPDX-License-Identifier: BSD-2-Clause
"""QEMU: the serial line is its standard input and output, and QMP (QEMU's
own protocol) gives the screen, keys, and why it ended."""

import bisect
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

from .console import Machine, read_pipe
from .screen import Font, LearnedFont, Picture

QEMU = os.environ.get("QEMU", "")
KERNEL = os.environ.get("HELIOS_KERNEL", "")
VULCAN = os.environ.get("VULCAN", "")
HELIOS_TAR = os.environ.get("HELIOS_TAR", "")
SYSINFO_TAR = os.environ.get("SYSINFO_TAR", "")
ISO = os.environ.get("HELIOS_ISO", "")
OVMF = os.environ.get("OVMF", "")
CONSOLE_FONT = os.environ.get("CONSOLE_FONT", "")
NM = os.environ.get("NM", "nm").split()     # libtool adds options


# A boot sector: printable ASCII on the screen, then "!" to the serial line.
ASCII_SECTOR = bytes.fromhex(
    "b80300"    # mov $3, %ax           80x25 text
    "cd10"      # int $0x10
    "b800b8"    # mov $0xb800, %ax
    "8ec0"      # mov %ax, %es
    "31ff"      # xor %di, %di
    "fc"        # cld
    "b82007"    # mov $0x0720, %ax      a space, grey on black
    "ab"        # 1: stosw
    "fec0"      # inc %al
    "3c7f"      # cmp $0x7f, %al
    "75f9"      # jne 1b
    "baf803"    # mov $0x3f8, %dx
    "b021"      # mov $'!', %al
    "ee"        # out %al, %dx
    "f4"        # 2: hlt
    "ebfd"      # jmp 2b
).ljust(510, b"\0") + b"\x55\xaa" + bytes(1 << 20)


class Qmp:
    def __init__(self, path, process):
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if process.poll() is not None:
                    raise
                time.sleep(0.02)
        self.socket.settimeout(60)
        self.file = self.socket.makefile("rwb")
        self.events = []
        self.file.readline()
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        request = {"execute": command, "arguments": arguments}
        self.file.write(json.dumps(request).encode() + b"\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("QEMU has ended")
            reply = json.loads(line)
            if "event" in reply:
                self.events.append(reply)
            elif "error" in reply:
                raise OSError(f"{command}: {reply['error']['desc']}")
            else:
                return reply["return"]

    def rest(self):
        """Events up to QEMU's end."""
        try:
            for line in self.file:
                message = json.loads(line)
                if "event" in message:
                    self.events.append(message)
        except (OSError, ValueError):
            pass
        return self.events


def symbol(address):
    """The kernel's function at this address."""
    out = subprocess.run([*NM, "-n", KERNEL], capture_output=True, text=True,
                         check=False).stdout
    names = [(int(x.split()[0], 16), x.split()[2]) for x in out.splitlines()
             if re.match(r"[0-9a-f]+ [tT] ", x)]
    at = bisect.bisect_right(names, (address, "~")) - 1
    if at < 0 or address - names[at][0] > 0x10000:
        return ""
    return f"{names[at][1]}+{address - names[at][0]:#x}"


class Qemu(Machine):
    """One of kernel (with initramfs and command line), iso and stick (the
    image as a USB stick) says what it boots."""

    def __init__(self, kernel=None, initramfs=None, append="", iso=None,
                 uefi=False, cpu="max", memory="64M", machine="pc",
                 extra=(), silence=None):
        super().__init__(**({"silence": silence} if silence else {}))
        self.directory = tempfile.mkdtemp(prefix="helios-qemu.")
        argv = [QEMU, "-machine", machine, "-accel", "tcg", "-cpu", cpu,
                "-m", memory, "-nodefaults", "-nic", "none",
                "-no-user-config", "-device", "VGA", "-display", "none",
                "-serial", "stdio", "-no-reboot", "-qmp",
                f"unix:{self.path('qmp')},server=on,wait=off"]
        if kernel:
            argv += ["-kernel", kernel, "-append", append]
        if initramfs:
            argv += ["-initrd", initramfs]
        if iso:
            argv += ["-drive",
                     f"file={iso},format=raw,media=cdrom,readonly=on"]
        if uefi:
            argv += ["-bios", OVMF]
        self.start(argv + list(extra), stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE)
        self.qmp = Qmp(self.path("qmp"), self.process)

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, seconds):
        return read_pipe(self.process.stdout, seconds)

    def send(self, text):
        """To the serial line."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def key(self, *codes):
        """On the keyboard: QEMU's names of keys, pressed together."""
        self.qmp.execute("send-key", keys=[{"type": "qcode", "data": code}
                                           for code in codes])

    def _screendump(self):
        name = self.path("screen.ppm")
        self.qmp.execute("screendump", filename=name)
        with open(name, "rb") as file:
            return file.read()

    def screen(self):
        """The picture, once it does not change: QEMU draws it now and
        then."""
        seen = set()
        for _ in range(40):
            now = self._screendump()
            if now in seen:             # again, or a cursor blinks
                break
            seen.add(now)
            time.sleep(0.2)
        return Picture(now)

    def screen_lines(self, picture=None):
        """The text on the screen: of a VGA in text mode, or else of a
        framebuffer."""
        picture = picture or self.screen()
        if picture.is_vga_text():
            return picture.text(vga_font(), picture.width // 80)
        return picture.read(Font(CONSOLE_FONT))

    def where(self):
        text = self.qmp.execute("human-monitor-command",
                                **{"command-line": "info registers"})
        rip = int(re.search(r"[RE]IP=([0-9a-f]+)", text).group(1), 16)
        status = self.qmp.execute("query-status")["status"]
        return f"{status} at {rip:#x} {symbol(rip)}"

    def end_reason(self):
        """Why it ended: guest-shutdown (power off), guest-reset (reboot, or
        a triple fault), and so on."""
        for event in self.qmp.rest():
            if event["event"] == "SHUTDOWN":
                return event["data"]["reason"]
        return "no reason given"

    def kill(self):
        super().kill()
        shutil.rmtree(self.directory, ignore_errors=True)


@functools.lru_cache(maxsize=1)
def vga_font():
    with tempfile.NamedTemporaryFile(prefix="helios-sector.") as file:
        file.write(ASCII_SECTOR)
        file.flush()
        machine = Qemu(extra=["-drive", f"file={file.name},format=raw,"
                              "snapshot=on"])
        machine.wait_for("!")
        font = LearnedFont(machine.screen())
        machine.kill()
    return font
