# SPDX-License-Identifier: BSD-2-Clause
"""Read a picture of a text screen as a person does: by the shapes of its
letters.  A font gives the shapes, as bytes of 0 and 1, row by row."""

import collections
import gzip
import struct

WIDTH = 8                       # of a letter
UNKNOWN = "\ufffd"


def unpack(shape):
    return bytes(row >> (7 - i) & 1 for row in shape for i in range(WIDTH))


class Font:
    """PSF, version 1 or 2, 8 pixels wide, with a table of Unicode."""

    def __init__(self, name):
        with open(name, "rb") as file:
            data = file.read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        if data[:2] == b"\x36\x04":
            mode, self.height = data[2], data[3]
            start, size = 4, self.height
            count = 512 if mode & 1 else 256
            table = self._table1(data[start + count * size:])
        elif data[:4] == b"\x72\xb5\x4a\x86":
            (start, _flags, count, size, self.height,
             width) = struct.unpack_from("<6I", data, 8)
            if width != WIDTH:
                raise ValueError(f"{name}: 8 pixels expected, not {width}")
            table = self._table2(data[start + count * size:])
        else:
            raise ValueError(f"{name}: no PSF font")
        self.shapes = {}
        for index, characters in enumerate(table[:count]):
            at = start + index * size
            shape = unpack(data[at:at + size])
            best = min(characters, default=UNKNOWN)
            if best < self.shapes.get(shape, UNKNOWN):
                self.shapes[shape] = best

    @staticmethod
    def _table1(data):
        words = struct.unpack(f"<{len(data) // 2}H", data[:len(data) & ~1])
        table, now, plain = [], [], True
        for word in words:
            if word == 0xffff:
                table.append(now)
                now, plain = [], True
            elif word == 0xfffe:
                plain = False
            elif plain:
                now.append(chr(word))
        return table

    @staticmethod
    def _table2(data):
        return [list(entry.split(b"\xfe")[0].decode("utf-8", "replace"))
                for entry in data.split(b"\xff")]


class LearnedFont:
    """What a picture shows of a text that we know: printable ASCII in one
    row.  So the font in the ROM of a VGA is read, whichever it is."""

    height = 16
    CHARACTERS = "".join(map(chr, range(0x20, 0x7f)))

    def __init__(self, picture):
        self.shapes = {}
        width = picture.width // 80
        for index, character in enumerate(self.CHARACTERS):
            x, y = index % 80 * width, index // 80 * self.height
            if character != " ":
                self.shapes[picture.shape(x, y, self.height)] = character
        if len(self.shapes) != len(self.CHARACTERS) - 1:
            raise ValueError("two letters look the same")


class Picture:
    """A portable pixmap (P6), of text in one colour on another: bits has a
    byte for each pixel, 0 for the background."""

    def __init__(self, data):
        fields, at = [], 0
        while len(fields) < 4:
            end = at
            while not data[end:end + 1].isspace():
                end += 1
            fields.append(data[at:end])
            at = end + 1
        if fields[0] != b"P6" or fields[3] != b"255":
            raise ValueError("a P6 picture of 8 bits expected")
        self.width, self.height = int(fields[1]), int(fields[2])
        green = data[at + 1::3]
        background = collections.Counter(green).most_common(1)[0][0]
        self.bits = green.translate(bytes(i != background
                                          for i in range(256)))

    def shape(self, x, y, height, scale=1):
        rows = (((y + i * scale) * self.width + x) for i in range(height))
        return b"".join(self.bits[at:at + WIDTH * scale:scale]
                        for at in rows)

    def _character(self, font, x, y, scale):
        shape = self.shape(x, y, font.height, scale)
        if 1 not in shape:
            return " "
        for seen in (shape, shape.translate(b"\1\0" + bytes(254))):
            if seen in font.shapes:
                return font.shapes[seen]
        return " " if 1 not in shape[:-4 * WIDTH] else UNKNOWN  # the cursor

    def text(self, font, cell_width=WIDTH, origin=(0, 0), scale=1):
        """All lines of text."""
        across, down = cell_width * scale, font.height * scale
        return ["".join(self._character(font, x, y, scale)
                        for x in range(origin[0],
                                       self.width - across + 1, across))
                .rstrip()
                for y in range(origin[1], self.height - down + 1, down)]

    def is_vga_text(self):
        return (self.width, self.height) in ((720, 400), (640, 400))

    def _rows(self):
        return [self.bits[i:i + self.width]
                for i in range(0, len(self.bits), self.width)]

    def _scale(self):
        """As wide as the thinnest stroke."""
        runs = {len(run) for row in self._rows()
                for run in row.split(b"\0") if run}
        return min(runs, default=1)

    def read(self, font):
        """The text of a framebuffer, wherever its first letter is and
        however large it is drawn."""
        rows = self._rows()
        top = next((y for y, row in enumerate(rows) if 1 in row), None)
        if top is None:
            return []
        scale = self._scale()
        across, down = WIDTH * scale, font.height * scale

        def fits(origin):
            """Letters of the picture's first lines."""
            x0, y0 = origin
            start = max(y0, y0 + (top - y0) // down * down)
            end = min(start + 6 * down, self.height - down + 1)
            return sum(self.shape(x, y, font.height, scale) in font.shapes
                       for y in range(start, end, down)
                       for x in range(x0, self.width - across + 1, across))

        blank = bytes(WIDTH * font.height)
        letters = font.shapes.pop(blank, None)
        origin = max(((x, y) for y in range(down) for x in range(across)),
                     key=fits)
        if letters:
            font.shapes[blank] = letters
        lines = self.text(font, WIDTH, origin, scale)
        margin = min(len(x) - len(x.lstrip()) for x in lines if x)
        return [x[margin:] for x in lines]
