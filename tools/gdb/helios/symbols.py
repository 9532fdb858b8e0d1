# SPDX-License-Identifier: BSD-2-Clause
"""Symbols and breakpoints of the programs that run on the kernel.

Which program is where is found in memory alone, whoever loaded it: the
executable pages of an address space are compared with the text of each ELF
file in the initramfs, and the file that matches is loaded at that address.

The kernel calls hosted_text_mapped(first, end) before code that was newly
mapped can run.  An internal breakpoint there loads the symbols, so that
pending breakpoints take effect in time, and plants again the breakpoints in
that code: the new mapping does not have those of the mapping it replaced.
"""
import atexit
import os
import shutil
import struct
import tempfile

import gdb

from .kernel import PAGE, SLOT_VSPACE, Kernel, kernel_objfile

BLOCK = 512
PT_LOAD, PF_X = 1, 1


class Image:
    """One ELF file of the initramfs."""

    def __init__(self, name, data):
        self.name = name
        self.data = data
        self.text = []          # (address, bytes) of executable segments
        phoff, = struct.unpack_from('<Q', data, 32)
        phentsize, phnum = struct.unpack_from('<HH', data, 54)
        for i in range(phnum):
            (kind, flags, offset, vaddr, _, filesz, _, _) = \
                struct.unpack_from('<IIQQQQQQ', data, phoff + i * phentsize)
            if kind == PT_LOAD and flags & PF_X and filesz:
                self.text.append((vaddr, data[offset:offset + filesz]))

    def matches(self, read, base):
        """Is this the program at base?  read(address, length) or None."""
        return bool(self.text) and all(
            read(base + vaddr, len(text)) == text for vaddr, text in self.text)


def tar_files(data):
    """Name and contents of the regular files of a ustar archive."""
    at = 0
    while at + BLOCK <= len(data) and data[at]:
        head = data[at:at + BLOCK]
        size = int(head[124:136].strip(b' \0') or b'0', 8)
        name = head[:100].split(b'\0')[0]
        prefix = head[345:500].split(b'\0')[0]
        if prefix:
            name = prefix + b'/' + name
        if head[156:157] in (b'0', b'\0'):
            yield (name.decode('utf-8', 'replace'),
                   data[at + BLOCK:at + BLOCK + size])
        at += BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK


class Loaded:
    """A program whose symbols gdb has."""

    def __init__(self, space, image, base, path, visible):
        self.spaces = {space}   # ids of VSpaces; several may share addresses
        self.image = image
        self.base = base
        self.path = path
        self.visible = visible  # could gdb read its text then?


class Programs:
    """All of them, of one inferior."""

    def __init__(self):
        self.loaded = []
        self.images = None
        self.directory = None
        self.scanned = False
        self.entered = None     # machine: space and pages when last seen
        atexit.register(self.clean)

    def clean(self):
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.directory = None

    def forget(self):
        """The process is gone."""
        for entry in self.loaded:
            self._unload(entry)
        self.loaded = []
        self.images = None
        self.scanned = False
        self.entered = None

    # Finding

    def _archive(self, kernel):
        holder = 'physmem' if kernel.has('physmem') else 'boot_info'
        where = kernel.var(holder)['initramfs']
        return kernel.read_phys(int(where['base']), int(where['size']))

    def _images(self, kernel):
        if self.images is None:
            self.images = [
                Image(name, data)
                for name, data in tar_files(self._archive(kernel))
                if data[:5] == b'\x7fELF\x02' and len(data) >= 64]
        return self.images

    def _find(self, kernel, root):
        """Pairs of image and base of one address space."""
        def read(va, length):
            try:
                return kernel.read_user(root, va, length)
            except gdb.MemoryError:
                return None

        pages = {va for start, _, length, _, x in kernel.runs(root) if x
                 for va in range(start, start + length, PAGE)}
        for va in sorted(pages):
            if va - PAGE in pages:
                continue        # programs' text starts a run
            for image in self._images(kernel):
                if not image.text:
                    continue
                first = image.text[0][0] & ~(PAGE - 1)
                if image.matches(read, va - first):
                    yield image, va - first
                    break

    # Loading

    def _path(self, image):
        if self.directory is None:
            self.directory = tempfile.mkdtemp(prefix='helios-gdb-')
        path = os.path.join(self.directory, image.name)
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(image.data)
        return path

    def _load(self, kernel, space, image, base):
        path = self._path(image)
        gdb.execute('add-symbol-file "%s" -o %#x' % (path, base),
                    from_tty=False, to_string=True)
        try:
            kernel.inferior.read_memory(base + image.text[0][0], 1)
            visible = True
        except gdb.MemoryError:
            # On the machine gdb reads code from the file.
            visible = not kernel.hosted
        self.loaded.append(Loaded(space, image, base, path, visible))

    def _unload(self, entry):
        try:
            gdb.execute('remove-symbol-file -a %#x' %
                        (entry.base + entry.image.text[0][0]),
                        from_tty=False, to_string=True)
        except gdb.error:
            pass                # "file" has dropped it already

    def _drop(self, entry):
        self._unload(entry)
        self.loaded.remove(entry)

    def update_space(self, kernel, addr):
        """Load what the VSpace at addr holds; drop what was there."""
        space = kernel.object_id(addr)
        present = list(self._find(kernel, kernel.vspace_root(addr)))
        bases = {base for _, base in present}
        for entry in list(self.loaded):
            if (entry.image, entry.base) in present:
                if entry.visible:
                    present.remove((entry.image, entry.base))
                    entry.spaces.add(space)
                else:
                    self._drop(entry)
            elif entry.base in bases:
                self._drop(entry)
            else:
                self._leave(entry, space)
        for image, base in present:
            self._load(kernel, space, image, base)

    def _leave(self, entry, space):
        if space in entry.spaces:
            entry.spaces.remove(space)
            if not entry.spaces:
                self._drop(entry)

    def drop_space(self, space):
        for entry in list(self.loaded):
            self._leave(entry, space)

    def scan(self, kernel):
        """All spaces of all tasks."""
        self.scanned = True
        if not kernel.hosted:
            last = kernel.last()
            self.enter(kernel, last and last.part(SLOT_VSPACE), True)
            return
        spaces = {}
        for task in kernel.tasks():
            addr = task.part(SLOT_VSPACE)
            if addr:
                spaces[kernel.object_id(addr)] = addr
        for space in {s for entry in self.loaded for s in entry.spaces}:
            if space not in spaces:
                self.drop_space(space)
        for addr in spaces.values():
            self.update_space(kernel, addr)

    def enter(self, kernel, addr, again=False):
        """Machine: from now on addresses are those of the VSpace at addr."""
        if not addr:
            return
        space = kernel.object_id(addr)
        pages = int(kernel.at(addr, kernel.vspace_type)['nmapped'])
        if (space, pages) == self.entered and not again:
            return
        self.entered = space, pages
        for other in {s for entry in self.loaded for s in entry.spaces}:
            if other != space:
                self.drop_space(other)
        self.update_space(kernel, addr)


programs = Programs()


def replant(kernel, space, first, end):
    """Write code back as gdb reads it: reading hides the breakpoints that
    gdb believes to be there, writing puts them in."""
    inferior = kernel.inferior
    for va, _, length, _, x in kernel.runs(kernel.vspace_root(space)):
        if not x:
            continue
        for page in range(max(va, first), min(va + length, end), PAGE):
            try:
                inferior.write_memory(page, inferior.read_memory(page, PAGE))
            except gdb.MemoryError:
                pass            # not mapped (any more)


def owner_of(kernel, address):
    """The VSpace whose mappings stand in the hosted range of address."""
    debug = kernel.var('hosted_debug')
    index = (address - int(debug['guest_base'])) // int(debug['range_size'])
    if not 0 <= index < int(debug['range_count']):
        return 0
    return int(debug['ranges'][index]['owner'])


def argument(register):
    return int(gdb.newest_frame().read_register(register)) & (1 << 64) - 1


class TextMapped(gdb.Breakpoint):
    """hosted_text_mapped(first, end)"""

    def __init__(self):
        super().__init__('hosted_text_mapped', internal=True)
        self.silent = True

    def stop(self):
        try:
            first, end = argument('rdi'), argument('rsi')
            kernel = Kernel()
            size = int(kernel.var('hosted_debug')['range_size'])
            for address in range(first & ~(size - 1), end, size):
                space = owner_of(kernel, address)
                if space:
                    programs.update_space(kernel, space)
                    replant(kernel, space, first, end)
        except gdb.error as error:
            gdb.write('helios: symbols not updated: %s\n' % error)
        return False


class SpaceGone(gdb.Breakpoint):
    """hal_vspace_fini(vs): its programs' breakpoints must not be planted
    into the hole it leaves."""

    def __init__(self):
        super().__init__('hal_vspace_fini', internal=True)
        self.silent = True

    def stop(self):
        try:
            programs.drop_space(Kernel().object_id(argument('rdi')))
        except gdb.error as error:
            gdb.write('helios: symbols not updated: %s\n' % error)
        return False


def enter_loaded():
    """Machine: whose addresses are these now?"""
    kernel = Kernel()
    last = kernel.last()
    programs.enter(kernel, last and last.part(SLOT_VSPACE))


class SpaceLoaded(gdb.Breakpoint):
    """space_load(), on the machine, of the space of the task that is current
    by then.  (Where it was inlined its argument may be nowhere.)  It costs
    much, so it is on only while a breakpoint waits for its program."""

    def __init__(self):
        super().__init__('space_load', internal=True)
        self.silent = True
        self.enabled = False

    def stop(self):
        try:
            enter_loaded()
        except (gdb.error, gdb.GdbError) as error:
            gdb.write('helios: symbols not updated: %s\n' % error)
        return False

    def switch(self, _event=None):
        wanted = any(b.enabled and b.pending for b in gdb.breakpoints())
        if self.enabled != wanted:
            self.enabled = wanted


def alive():
    return any(True for _ in gdb.selected_inferior().threads())


def scan_once():
    """On what was not run under gdb from its start: attach, core file."""
    if programs.scanned or not alive() or kernel_objfile() is None:
        return
    try:
        kernel = Kernel()
    except (gdb.error, gdb.GdbError):
        return                  # not booted: the breakpoint will tell
    programs.scanned = True
    try:
        pin_text(kernel)
        programs.scan(kernel)
    except gdb.error as error:
        gdb.write('helios: symbols not found: %s\n' % error)


def pin_text(kernel):
    """Strict isolation must leave code mapped, or breakpoints in it go.  The
    process sees to that itself if it was started by gdb."""
    if not kernel.has('hosted_debug'):
        return
    pin = kernel.var('hosted_debug')['pin_text']
    if int(pin) == 0:
        try:
            kernel.inferior.write_memory(int(pin.address),
                                         struct.pack('<I', 1))
        except gdb.error:
            pass                # a core file


def on_exited(_event):
    programs.forget()


def on_stop(_event):
    scan_once()


def on_machine_stop(_event):
    try:
        enter_loaded()
    except (gdb.error, gdb.GdbError):
        pass                    # not booted


def setup_machine():
    # A program's code is there before its pages can be read.
    gdb.execute('set trust-readonly-sections on')
    # A function that was inlined everywhere is found only when all that is
    # known of its file has been read.
    gdb.execute('maintenance expand-symtabs', to_string=True)
    loaded = SpaceLoaded()
    for event in (gdb.events.breakpoint_created,
                  gdb.events.breakpoint_modified,
                  gdb.events.breakpoint_deleted,
                  gdb.events.stop):
        event.connect(loaded.switch)
    gdb.events.stop.connect(on_machine_stop)


def setup_hosted():
    TextMapped()
    SpaceGone()
    gdb.events.stop.connect(on_stop)
    gdb.events.before_prompt.connect(scan_once)


def on_new_objfile(_event):
    """The kernel, where this was loaded before it."""
    objfile = kernel_objfile()
    if objfile is None:
        return
    gdb.events.new_objfile.disconnect(on_new_objfile)
    if objfile.lookup_global_symbol('hosted_debug'):
        setup_hosted()
    else:
        setup_machine()


def setup():
    gdb.events.exited.connect(on_exited)
    gdb.events.new_objfile.connect(on_new_objfile)
    on_new_objfile(None)
