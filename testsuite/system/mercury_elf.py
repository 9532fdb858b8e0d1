# SPDX-License-Identifier: BSD-2-Clause
"""A driver is one file: the same bytes in the archive that a person boots, in
the disc's, and in the tests'; and what the programs of both worlds read as
that file are these bytes, too."""

import hashlib
import io
import os
import re
import subprocess
import tarfile
import tempfile

from machine.tap import Tap

MERCURY = os.path.join(os.environ["MERCURY"], "mercury.tar")
LIMIT = 600
FILE = re.compile(r"^file: (\S+) (\d+) bytes, sum ([0-9a-f]{16})$", re.M)
ARGUMENTS = ["--timeout=100000000", "file::checksums"]


def drivers(data):
    """The drivers of an archive: {name: bytes}."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            name = entry.name.removeprefix("./")
            if entry.isfile() and name.startswith("drivers/"):
                found[name] = archive.extractfile(entry).read()
    return found


def checksum(data):
    """64-bit FNV-1a."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def read(path):
    with open(path, "rb") as file:
        return file.read()


def from_disc():
    """The archive on the disc."""
    with tempfile.TemporaryDirectory(prefix="helios-elf.") as directory:
        out = os.path.join(directory, "helios.tar")
        subprocess.run([os.environ["XORRISO"], "-osirrox", "on", "-indev",
                        os.environ["HELIOS_ISO"], "-extract",
                        "/boot/helios.tar", out], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return drivers(read(out))


def compare(tap, name, found, expected):
    """The drivers that both have, by SHA-256."""
    def sums(files):
        return "\n".join(f"{hashlib.sha256(files[x]).hexdigest()}  {x}"
                         for x in sorted(files))
    common = {x for x in expected if x in found}
    tap.check(common and all(found[x] == expected[x] for x in common), name,
              lambda: f"expected\n{sums(expected)}\nfound\n{sums(found)}")


def boot(argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=LIMIT,
                          capture_output=True, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace").replace(
        "\r", "")


def check_world(tap, name, text, files):
    found = {x: (int(size), int(total, 16))
             for x, size, total in FILE.findall(text)}
    expected = {x: (len(files[x]), checksum(files[x])) for x in files}
    tap.check(found == expected, f"{name}: programs read the same files",
              lambda: f"expected {expected}\nfound {found}\n{text[-2000:]}")


def main():
    tap = Tap()
    tested = drivers(read(MERCURY))
    shipped = drivers(read(os.environ["HELIOS_TAR"]))
    tap.check("drivers/pcserial" in tested and "drivers/pcserial" in shipped,
              "the tests boot a driver that a person boots",
              lambda: f"found {sorted(tested)} and {sorted(shipped)}")
    compare(tap, "the same files in both archives", tested, shipped)
    if os.environ.get("WITH_ISO") == "yes":
        disc = from_disc()
        compare(tap, "the same files on the disc", disc, shipped)
        tap.check(set(disc) == set(shipped), "all of them are on the disc")
    else:
        tap.skip("the same files on the disc", "configured --without-iso")
    check_world(tap, "hosted", boot(
        [os.environ["HELIOS_HOSTED"], "--log-level=error", MERCURY, "--",
         *ARGUMENTS]), tested)
    if os.environ.get("QEMU"):
        check_world(tap, "QEMU", boot(
            [os.environ["QEMU"], "-machine", "pc", "-accel", "tcg", "-cpu",
             "max", "-m", "256", "-nodefaults", "-no-user-config", "-nic",
             "none", "-display", "none", "-no-reboot", "-serial", "stdio",
             "-serial", "null", "-kernel", os.environ["HELIOS_KERNEL"],
             "-initrd", MERCURY, "-append",
             "log-level=error -- " + " ".join(ARGUMENTS)]), tested)
    else:
        tap.skip("QEMU: programs read the same files",
                 "configured --without-qemu")
    tap.done()


main()
