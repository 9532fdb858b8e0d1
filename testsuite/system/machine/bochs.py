# SPDX-License-Identifier: BSD-2-Clause
"""Bochs: a model of the processor with nothing in common with QEMU's.

Its serial port is a file.  Its screen and keyboard are a pseudo-terminal:
one of its own, if it has a debugger (as Debian's), which it names when it
starts; otherwise ours."""

import os
import pty
import re
import shutil
import tempfile
import threading
import time
import tty

from .console import Machine

BOCHS = os.environ.get("BOCHS", "")
BIOS = os.environ.get("BOCHS_BIOS", "")
VGABIOS = os.environ.get("BOCHS_VGABIOS", "")

# PCI makes it an i440FX with ACPI.  An instruction is a tick of its clock,
# whatever the host's does, so each run is the same; with fewer ticks a
# second Vulcan's tests would not end within the time they allow themselves.
CONFIGURATION = """\
config_interface: textconfig
display_library: term
romimage: file="{bios}"
vgaromimage: file="{vgabios}"
megs: {memory}
cpu: model={cpu}, count=1, ips=200000000, reset_on_triple_fault=0
pci: enabled=1, chipset=i440fx
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{serial}"
clock: sync=none
speaker: enabled=0
log: "{log}"
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
"""


class Bochs(Machine):
    def __init__(self, iso, cpu="corei7_skylake_x", memory=128):
        super().__init__()
        self.directory = tempfile.mkdtemp(prefix="helios-bochs.")
        with open(self.path("rc"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                bios=BIOS, vgabios=VGABIOS, memory=memory, cpu=cpu, iso=iso,
                serial=self.path("serial"), log=self.path("log")))
        # A Bochs with its debugger stops at once: go on.
        with open(self.path("continue"), "w", encoding="utf-8") as file:
            file.write("c\n")
        open(self.path("serial"), "wb").close()
        self.terminal, terminal = pty.openpty()
        self.start([BOCHS, "-q", "-f", self.path("rc"),
                    "-rc", self.path("continue")],
                   stdin=terminal, stdout=terminal, start_new_session=True,
                   env={**os.environ, "TERM": "vt100", "LINES": "50",
                        "COLUMNS": "132"})
        os.close(terminal)
        self.screen = None
        self._drain(self.terminal)
        self.serial = open(self.path("serial"), "rb", buffering=0)

    @staticmethod
    def _drain(terminal):
        """Take what it draws, lest it wait for us."""
        def drain():
            try:
                while os.read(terminal, 65536):
                    pass
            except OSError:
                pass
        threading.Thread(target=drain, daemon=True).start()

    def _own_screen(self):
        """The pseudo-terminal that it made, if so."""
        with open(self.path("stderr"), encoding="utf-8") as file:
            match = re.search(r'connected to screen "(.*)"', file.read())
        if match and self.screen is None:
            self.screen = os.open(match.group(1), os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self.screen)
            self._drain(self.screen)

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, seconds):
        deadline = time.monotonic() + seconds
        self._own_screen()
        while True:
            over = self.process.poll() is not None
            data = self.serial.read(65536)
            if data:
                return data
            if over:
                return None
            if time.monotonic() > deadline:
                return b""
            time.sleep(0.05)

    def key(self, text):
        """On the keyboard."""
        os.write(self.screen or self.terminal, text.encode())

    def log(self):
        with open(self.path("log"), errors="replace",
                  encoding="utf-8") as file:
            return file.read()

    def remarks(self):
        """The end of its log, in place of what plugins say on standard
        error."""
        said = [x for x in self.log().split("\n") if x.strip()]
        return "Bochs's log:\n" + "\n".join("  | " + x for x in said[-8:])

    def kill(self):
        super().kill()
        shutil.rmtree(self.directory, ignore_errors=True)
