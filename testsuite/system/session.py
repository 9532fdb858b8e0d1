# SPDX-License-Identifier: BSD-2-Clause
"""A session on the serial line, as a person has it: what sysinit says before,
keys and their echo, every command, mistakes, drivers that crash meanwhile
(the line's own among them), and each way it ends.

The argument says where: hosted, or qemu."""

import os
import re
import sys

from machine.console import Ended, Hang
from machine.hosted import Hosted
from machine.qemu import KERNEL, Qemu
from machine.tap import Tap

TAR = os.environ["SESSION_TAR"]     # helios.tar, and guest and mute
PROMPT = "helios> "
ECHO = "\a\b\x1b"                   # what is not text in an answer


class OnHosted:
    name = "hosted"

    @staticmethod
    def boot(*args, **how):
        return Hosted(TAR, args, **how)

    @staticmethod
    def status(machine):
        return machine.wait_end()


class OnQemu:
    name = "qemu"

    @staticmethod
    def boot(*args):
        quoted = " ".join(f'"{x}"' for x in args)
        return Qemu(kernel=KERNEL, initramfs=TAR, memory="128M",
                    extra=["-serial", "null"],
                    append=f"log-level=error panic=poweroff -- {quoted}")

    @staticmethod
    def status(machine):
        match = machine.wait_for(r"^helios: power off, status (\d+)$")
        return int(match.group(1))


class Session:
    """Types a line, and takes what is said up to the next prompt."""

    def __init__(self, tap, world, *args, **how):
        self.tap, self.world = tap, world
        self.machine = world.boot(*args, **how)

    def type(self, keys):
        self.machine.send(keys)

    def answer(self):
        """Up to the next prompt, which is taken, too."""
        start = self.machine.mark
        match = self.machine.wait_for(re.escape(PROMPT))
        return self.machine.text[start:match.start()]

    def command(self, line):
        self.type(line + "\r")
        said = self.answer()
        echo, _, rest = said.partition("\n")
        return rest if line in echo else said

    def says(self, line, *patterns, title=None):
        """A point: the answer has a line with each pattern."""
        said = self.command(line)
        missing = [x for x in patterns if not re.search(x, said, re.M)]
        self.tap.check(not missing, title or line, lambda:
                       f"expected {missing} in the answer:\n{said}")
        return said

    def ends(self, title, status):
        found = self.world.status(self.machine)
        self.tap.check(found == status, title, lambda:
                       f"expected status {status}, found {found}; "
                       + self.machine.tail())
        self.machine.kill()


def boot(s):
    s.machine.wait_for(r"^Helios [0-9.]+; help lists the commands$")
    said = s.machine.head(80)
    s.answer()
    for title, pattern in (
            ("the drivers are named", r"^sysinit: pcserial: Serial driver "
             r"for x86_64 PCs \(drivers/pcserial, process \d+\)$"),
            ("ports are listed", r"^  slot 1 +ioport +3F8-3FF$"),
            ("interrupts are listed", r"^  slot 5 +irq +4\b.*$")):
        s.tap.check(re.search(pattern, said, re.M), "boot: " + title, said)


def keys(s):
    """Editing, as seen by what the command was in the end."""
    unknown = "no command '{}'; help lists them"
    for title, typed, command in (
            ("erase with DEL", "fooo\x7f\r", "foo"),
            ("erase with BS", "foxx\b\bo\r", "foo"),
            ("erase more than there is", "ab\x7f\x7f\x7f\x7fbar\r", "bar"),
            ("Ctrl-U", "help\x15bar\r", "bar"),
            ("Ctrl-D in a line", "ba\x04r\r", "bar"),
            ("UTF-8 is erased by characters", "bl\u00e4\u20ac\x7f\x7fa\r",
             "bla"),
            ("an unknown sequence is ignored", "b\x1b[1;5Ca\x1b[3~r\r",
             "bar"),
            ("up", "\x1b[A\r", "bar"),
            ("up twice, down", "xyz\r\x1b[A\x1b[A\x1b[B\r", "xyz"),
            ("an arrow of an application", "\x1bOA\r", "xyz"),
            ("LF is Enter, too", "bar\n", "bar"),
            ("CR LF is one Enter", "bar\r\n", "bar")):
        s.type(typed)
        if typed.count("\r") == 2:
            s.answer()
        said = s.answer()
        s.tap.check(said.endswith(unknown.format(command) + "\n"),
                    "keys: " + title, repr(said))
    s.type("drivers\x03")
    said = s.answer()
    s.tap.check(said == "drivers^C\n", "keys: Ctrl-C", repr(said))
    s.type("x" * 300 + "\r")
    said = s.answer()
    s.tap.check("no command '" + "x" * 255 + "'" in said and
                said.count("\a") == 45, "keys: a line that is too long",
                repr(said))


def commands(s):
    s.says("help", r"^  help \[COMMAND\] +this list$", r"^  exit ")
    s.says("help exit", r"\A  exit \[STATUS\] .*\n\Z")
    s.says("drivers", r"^NAME +STATE +RESTARTS +PROCESS +DESCRIPTION$",
           r"^pcserial +running +0 +\d+  Serial driver for x86_64 PCs$")
    s.says("driver pcserial", r"^pcserial: Serial driver",
           r"^  running, process \d+, 0 restarts$",
           r"^  slot 1 +ioport +3F8-3FF$", r"^  slot 3 +note\b")
    s.says("devices", r"^dev::serial +0  pcserial +up, this line$",
           r"^dev::serial +1  pcserial +up$")
    s.says("ps", r"^ +ID MAKER  STATE ", r"^ +\d+ +0  running .* pcserial$",
           r"^ +\d+ +0  running .* usrinit$")
    s.says("ls", r"^ +\d{4,}  init$", r"^ +\d{4,}  drivers/pcserial$")
    s.says("ls drivers/*", r"\A +\d+  drivers/")
    s.says("machine", r"^Helios [0-9.]+, up \d+\.\d{3} s$",
           r"^2 processes, 1 drivers, 2 devices$")
    s.says("serial", r"^dev::serial 0: 115200 baud, 8 bits, parity none, "
           r"1 stop, flow none;.* CTS")
    s.says("serial 1 9600 7 even 2 hardware", r"^dev::serial 1: 9600 baud, "
           r"7 bits, parity even, 2 stop, flow hardware")
    s.says("serial 1 - 8", r"^dev::serial 1: 9600 baud, 8 bits, parity even")
    s.says("counters", r"^ +[1-9]\d* received$", r"^ +[1-9]\d* sent$",
           r"^ +0 overrun$")
    s.says("read pcserial:1", r"^pcserial:1: no data, or no room, at the "
           r"moment$")
    s.says("help exit; ;ls  'init' ;", r"^  exit \[STATUS\]",
           r"^ +\d+  init$", title="several commands in a line")
    s.says("wr pcserial 'a  b' c\\\\\\x\\r\\n",
           r"^a  b c\\x$", r"^pcserial: took 10 of 10 bytes$",
           title="a word in quotes, backslashes, an abbreviation")


def mistakes(s):
    for line, pattern in (
            ("foo", r"\Ano command 'foo'; help lists them\n\Z"),
            ("d", r"\A'd' may be drivers driver devices\n\Z"),
            ("driver", r"\Ausage: driver NAME\n\Z"),
            ("ps 1", r"\Ausage: ps \n\Z"),
            ("driver foo", r"\Ano driver 'foo'; there are: pcserial\n\Z"),
            ("crash foo", r"\Ano driver 'foo'; there are: pcserial\n\Z"),
            ("read pcserial:2", r"\Apcserial: 2 of its 2 devices are "
             r"files, there is no number 2; see devices\n\Z"),
            ("read pcserial:x", r"expected a number below \d+, found 'x'"),
            ("serial 7", r"\Ano dev::serial 7; devices lists what there is\n\Z"),
            ("serial 1 50x", r"\Abaud: expected a number"),
            ("serial 1 - 9", r"\Abits: expected a number below 9, found '9'"),
            ("serial 1 - - big", r"\Aparity: found 'big', expected one of "
             r"none odd even mark space\n\Z"),
            ("serial 1 7", r"\Adev::serial 1: a position, length or name "),
            ("stop pcserial", r"\Apcserial: it serves the line of this "),
            ("start pcserial", r"\Apcserial: not possible in its state"),
            ("kill 9999", r"\Ano process 9999 in the background"),
            ("load foo", r"\Ano file 'foo'; ls lists them\n\Z"),
            ("load drivers/pcserial", r"^drivers/pcserial: a driver of "
             r"this name is there already\n\Z"),
            ("load init", r"^init: the file is no program of the kind"),
            ("cat foo", r"\Ano file 'foo'; ls lists them\n\Z"),
            ("cat init", r"\Ainit: not a text; it has \d+ bytes\n\Z"),
            ("ls foo*", r"\Ano file matches 'foo\*'\n\Z"),
            ("run foo", r"\Ano file 'foo'; ls lists them\n\Z"),
            ("help 'foo", r"\Aa quotation mark has no other\n\Z"),
            ("a " * 40, r"\Aexpected at most 32 words\n\Z"),
            ("exit 1000", r"\Astatus: expected a number below 128")):
        s.says(line, pattern, title=f"mistake: {line[:32]}")


def programs(s):
    s.says("run guest 0", r"^guest: exit status 0$")
    s.says("run guest 42", r"^guest: exit status 42$")
    s.says("run guest fault", r"^guest: page fault; the console says where$",
           r"^sysinit: guest: page fault: write to 0x8 at ")
    s.says("run guest line 'over here'", r"^guest: over here$",
           r"^guest: exit status 0$")
    s.says("run guest log hello", r"^guest: hello, 3 arguments, [4-9] files$")
    s.type("run guest\r")
    s.machine.wait_for("guest\n")
    s.type("abc\x03")
    said = s.answer()
    s.tap.check("guest: killed" in said, "Ctrl-C kills a program", said)
    s.type("\r")
    said = s.answer()
    s.tap.check("no command 'abc'" in said, "what was typed ahead comes "
                "after it", said)
    said = s.says("run guest &", r"^guest: process \d+$",
                  title="in the background")
    pid = re.search(r"process (\d+)", said).group(1)
    s.says("ps", rf"^ +{pid} +\d+  running .* guest$",
           title="ps shows it, and whose it is")
    s.says("kill " + pid, rf"^process {pid}, guest: killed$")
    said = s.command("ps")
    s.tap.check("guest" not in said, "nothing of it stays", said)


def drivers(s):
    """Another driver, which is loaded now, and answers nobody."""
    s.says("load mute", r"^sysinit: mute: Answers nobody \(mute, process ",
           r"^mute: loaded$")
    s.says("devices", r"^io::file +0  mute +up$",
           title="it registered a device")
    for line in "read mute", "write mute hello":
        s.type(line + "\r")
        s.machine.wait_for(line + "\n")
        s.type("\x03")
        said = s.answer()
        s.tap.check(said.endswith("mute: interrupted\n"),
                    f"{line}: Ctrl-C ends the wait", repr(said))
    s.says("stop mute", r"^sysinit: mute: stopped$", r"^mute: stopped$")
    s.says("drivers", r"^mute +stopped +0 +-  Answers nobody$",
           title="it is stopped")
    s.says("devices", r"^io::file +0  mute +down$", title="its device is away")
    s.says("read mute", r"\Amute: its driver is stopped\n\Z",
           title="and cannot be read")
    s.says("start mute", r"^sysinit: mute: ", r"^mute: started$")
    s.says("drivers", r"^mute +running +1 +\d+  ", title="it runs again")
    s.says("crash mute", r"^sysinit: mute: page fault: jump to 0x0.*not "
           r"restarted", r"^mute: crashed$")
    s.says("drivers", r"^mute +failed +1 +-  ",
           title="and that was its last crash")
    s.says("read mute", r"\Amute: the driver crashed too often\n\Z",
           title="those who ask are told")


def crashes(s):
    """The line's own driver, in three ways; the session goes on."""
    for restarts, (command, how) in enumerate((
            ("crash pcserial", r"page fault: jump to 0x0"),
            ("kill pcserial", r"killed"),
            ("crash pcserial", r"page fault: jump to 0x0")), 1):
        s.says(command, rf"^sysinit: pcserial: {how}.*",
               rf"^pcserial: (crashed|killed)$",
               title=f"{command}: the session goes on")
        s.says("drivers", rf"^pcserial +running +{restarts} ",
               title=f"restart {restarts} is counted")
    s.says("serial", r"^dev::serial 0: 115200 baud",
           title="and the line works as before")


def whole_session(tap, world):
    s = Session(tap, world)
    for part in (boot, keys, commands, mistakes, programs, drivers, crashes):
        part(s)
    s.type("exit 7\r")
    s.ends("exit with a status", 7)


def ends(tap, world):
    s = Session(tap, world)
    s.answer()
    s.type("\x04")
    s.ends("Ctrl-D ends it with status 0", 0)
    s = Session(tap, world, "-c", "machine; foo; exit 9; drivers")
    s.ends("a batch ends with its exit", 9)
    said = s.machine.text
    tap.check("2 processes," in said and "no command 'foo'" in said and
              "DESCRIPTION" not in said and PROMPT not in said,
              "all of what a batch says is said", said)
    for args, status, pattern in (
            (["-c", "drivers; foo"], 1, "no command 'foo'"),
            (["--line=5"], 1, r"^usrinit: no line for a session: "
             "dev::serial 5: "),
            (["--line=x"], 2, r"^usrinit: --line: expected the number "),
            (["--nonsense"], 2, r"^usage: usrinit "),
            (["-c"], 2, r"^usrinit: unexpected argument '-c'")):
        s = Session(tap, world, *args)
        s.ends(" ".join(args) + f": status {status}", status)
        tap.check(s.machine.said(pattern), " ".join(args) + ": says why",
                  s.machine.tail())


def hangs_up(tap, world):
    """What only hosted lines do."""
    s = Session(tap, world)
    s.answer()
    s.machine.send("machine\n")
    s.machine.hang_up()
    s.ends("the end of standard input ends it with status 0", 0)
    tap.check(s.machine.said(r"^2 processes, .*(\n.*)*^usrinit: end of input "
                             r"on dev::serial 0$"),
              "after all that was typed, and it says so", s.machine.tail())
    s = Session(tap, world, com1="socket")
    client = s.machine.connect()
    client.sendall(b"\rexit")
    said = b""
    while b"exit" not in said:
        said += client.recv(4096)
    client.close()
    s.ends("a connection that is lost ends it with status 0", 0)


def main():
    tap = Tap()
    world = {"hosted": OnHosted, "qemu": OnQemu}[sys.argv[1]]
    parts = [whole_session, ends]
    if world is OnHosted:
        parts.append(hangs_up)
    for part in parts:
        try:
            part(tap, world)
        except (Hang, Ended) as error:
            tap.not_ok(part.__name__, str(error))
    tap.done()


main()
