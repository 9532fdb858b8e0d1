# SPDX-License-Identifier: BSD-2-Clause
"""What a person sees after choosing "what this machine is" from the menu: on a
VGA's text screen, and on the framebuffer that UEFI leaves.  The picture is
read by the shapes of its letters."""

from machine.console import Ended, Hang
from machine.qemu import ISO, Qemu
from machine.tap import Tap


def fold(lines, columns):
    """As a screen of so many columns shows them."""
    rows = []
    for line in lines:
        rows += [line[i:i + columns].rstrip()
                 for i in range(0, max(1, len(line)), columns)]
    return rows


def look(tap, name, **how):
    machine = Qemu(iso=ISO, memory="256M", **how)
    try:
        machine.wait_for(r"what this machine is, verbose")
        machine.send("i")
        machine.wait_for(r"^helios: press a key to power off$")
    except (Hang, Ended) as error:
        tap.not_ok(f"{name}: boots", str(error))
        machine.kill()
        return
    picture = machine.screen()
    screen = machine.screen_lines()
    machine.send(" ")
    machine.wait_end()
    first = machine.said(r"^Helios\b.*$") or machine.said(r"^helios: .*$")
    text = machine.text[first.start():].split("\n")
    end = text.index("helios: press a key to power off")
    columns = 80 if picture.is_vga_text() else picture.width // 8
    said = [x for x in fold([x.rstrip() for x in text[:end + 1]], columns)
            if x]
    seen = [x for x in screen if x]
    tap.check(len(seen) > 3 and seen[-1] == said[-1] and
              seen == said[-len(seen):],
              f"{name}: the screen shows what the serial line says",
              "\n".join(["screen:"] + seen + ["serial:"] + said))
    tap.check(picture.is_vga_text() == (not how.get("uefi")),
              f"{name}: the kind of screen",
              f"{picture.width} x {picture.height}")


def main():
    tap = Tap()
    look(tap, "BIOS, text")
    look(tap, "UEFI, framebuffer", uefi=True)
    tap.done()


main()
