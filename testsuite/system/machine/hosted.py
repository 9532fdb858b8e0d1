# SPDX-License-Identifier: BSD-2-Clause
"""The hosted kernel as a machine: console and first serial line are its
standard input and output, as they are QEMU's.  Or the line is a socket."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from .console import Machine, read_pipe

HOSTED = os.environ.get("HELIOS_HOSTED", "")


class Hosted(Machine):
    def __init__(self, initramfs, args=(), options=(), com1="stdio",
                 silence=None):
        super().__init__(**({"silence": silence} if silence else {}))
        self.directory = tempfile.mkdtemp(prefix="helios-hosted.")
        if com1 == "socket":
            com1 = "socket:" + self.path("com1")
        self.start([HOSTED, "--log-level=error", f"--com1={com1}", *options,
                    initramfs, "--", *args],
                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, seconds):
        return read_pipe(self.process.stdout, seconds)

    def send(self, text):
        """To the serial line."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def hang_up(self):
        self.process.stdin.close()

    def connect(self):
        """To the first serial line, if it is a socket."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(self.silence)
        while True:
            try:
                client.connect(self.path("com1"))
                return client
            except OSError:
                if self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self):
        super().kill()
        if self.process and self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        shutil.rmtree(self.directory, ignore_errors=True)
