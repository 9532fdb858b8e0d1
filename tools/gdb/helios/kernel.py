# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's data structures, read from memory.

Nothing here calls a function in the process, so all of it works on a live
process, on a core file and on a machine behind a gdb stub alike.  Memory of
programs is read through the kernel's page tables and its view of physical
memory, whatever the host has mapped at the moment.

A Kernel is a snapshot: make one per command, since it caches what it reads.
"""
import struct

import gdb

PAGE = 4096

# enum helios_type
TYPES = ('Null', 'Dead', 'Memory', 'DevMem', 'CSpace', 'VSpace', 'Page',
         'Task', 'Endpoint', 'Note', 'Reply', 'IRQControl', 'IRQHandler',
         'IOControl', 'IOPort', 'SystemControl')
(NULL, DEAD, MEMORY, DEVMEM, CSPACE, VSPACE, PAGE_CAP, TASK, ENDPOINT, NOTE,
 REPLY, IRQCONTROL, IRQHANDLER, IOCONTROL, IOPORT, SYSTEMCONTROL) = range(16)

RIGHTS = ('send', 'recv', 'grant', 'r', 'w', 'x')

# enum task_slot
TASK_SLOTS = ('cspace', 'vspace', 'ipcbuf', 'fault', 'note', 'destroy')
SLOT_CSPACE, SLOT_VSPACE = 0, 1

PTE_PRESENT, PTE_WRITE, PTE_LARGE = 0x001, 0x002, 0x080
PTE_NX = 1 << 63
PTE_ADDRESS = 0x000ffffffffff000

PAGE_LARGE, PAGE_DEVICE = 1 << 46, 1 << 47

SLOT = struct.Struct('<QQQQQQQii')
FRAME = struct.Struct('<IIBBHIQQ')


def kernel_objfile():
    """The file with the kernel's symbols, or None."""
    for objfile in gdb.objfiles():
        if objfile.is_valid() and objfile.lookup_global_symbol('cap_root'):
            return objfile
    return None


class Slot:
    """struct slot: one capability and its place in the derivation."""

    def __init__(self, addr, data):
        self.addr = addr
        (self.open_next, self.open_prev, self.close_next, self.close_prev,
         self.cap, self.word, self.link, _, _) = SLOT.unpack(data)
        self.type = self.cap >> 8 & 0xff
        self.revoking = bool(self.cap & 0x80)
        obj = self.cap >> 16
        if self.type not in (PAGE_CAP, IOPORT) and obj >> 47:
            obj |= 0xffff << 48     # the machine's upper half
        self.object = obj

    @property
    def type_name(self):
        if self.type < len(TYPES):
            return TYPES[self.type]
        return 'type %d?' % self.type

    @property
    def rights(self):
        return '+'.join(name for bit, name in enumerate(RIGHTS)
                        if self.cap >> bit & 1)

    # A Page names its frame instead of an object.
    @property
    def phys(self):
        return (self.object & ~(PAGE_LARGE | PAGE_DEVICE)) << 12


class Kernel:
    """A snapshot of the stopped kernel."""

    def __init__(self):
        self.objfile = kernel_objfile()
        if self.objfile is None:
            raise gdb.GdbError(
                'helios: expected a Helios kernel with debugging symbols, '
                'found none; load one with "file helios-hosted" or '
                '"file helios-kernel"')
        self.inferior = gdb.selected_inferior()
        self.hosted = self.has('hosted_debug')
        self._pages = {}
        self._spaces = None
        try:
            self.physmap = int(self.var('hal_physmap'))
            booted = int(self.var('root_memory')) != 0
        except gdb.MemoryError:
            booted = False
        if not booted or self.physmap == 0:
            raise gdb.GdbError('helios: the kernel has not booted yet; ' +
                               ('"run" it, or load a core file'
                                if self.hosted else '"continue"'))
        frames = self.var('frames')
        if FRAME.size != frames.type.target().sizeof:
            raise gdb.GdbError('helios: this kernel\'s frame table is not '
                               'the one these helpers were written for')
        self.frames = int(frames)
        self.nframes = int(self.var('nframes'))
        self.kinds = {f.enumval: f.name[6:].lower() for f in
                      gdb.lookup_type('enum frame_kind').fields()}
        self.kind_nr = {name: nr for nr, name in self.kinds.items()}
        # From variables: of a release kernel's functions many are gone.
        self.task_type = self.var('cpu0')['current'].type.target()
        task = gdb.Value(0).cast(self.task_type.pointer())
        self.cspace_type = task['cspace'].type.target()
        self.vspace_type = task['vspace'].type.target()
        self.memory_type = self.var('root_memory').type.target()

    # Symbols of the kernel, not of some program that has the same names.

    def var(self, name):
        symbol = self.objfile.lookup_global_symbol(name)
        if symbol is None:
            raise gdb.GdbError('helios: this kernel has no "%s"' % name)
        return symbol.value()

    def has(self, name):
        return self.objfile.lookup_global_symbol(name) is not None

    def at(self, addr, type_):
        return gdb.Value(addr).cast(type_.pointer()).dereference()

    # Memory

    def _page(self, addr):
        page = self._pages.get(addr)
        if page is None:
            page = bytes(self.inferior.read_memory(addr, PAGE))
            self._pages[addr] = page
        return page

    def read(self, addr, length):
        if length > 16 * PAGE:
            return bytes(self.inferior.read_memory(addr, length))
        data = b''
        while length > 0:
            offset = addr % PAGE
            try:
                part = self._page(addr - offset)[offset:offset + length]
            except gdb.MemoryError:     # at the edge of a mapping
                part = bytes(self.inferior.read_memory(addr, length))
            data += part
            addr += len(part)
            length -= len(part)
        return data

    def word(self, addr):
        return struct.unpack('<Q', self.read(addr, 8))[0]

    def read_phys(self, phys, length):
        return self.read(self.physmap + phys, length)

    # Frames

    def all_frames(self):
        """Pairs of frame number and entry of the frame table."""
        data = self.read(self.frames, self.nframes * FRAME.size)
        return enumerate(FRAME.iter_unpack(data))

    def frame(self, phys):
        nr = phys >> 12
        if not 0 <= nr < self.nframes:
            return None
        return FRAME.unpack(self.read(self.frames + nr * FRAME.size,
                                      FRAME.size))

    # Slots

    def slot(self, addr):
        return Slot(addr, self.read(addr, SLOT.size))

    def root_slot(self):
        return self.slot(int(self.var('cap_root').address))

    def children(self, slot):
        """The slots directly derived from one, newest first."""
        mark = slot.open_next
        for _ in range(1 << 24):
            if mark == slot.addr + 16:
                return
            if mark & 16:
                break
            child = self.slot(mark & ~63)
            yield child
            mark = child.close_next
        raise gdb.GdbError('helios: the derivation list is broken at mark '
                           '%#x, inside the slot at %#x' % (mark, slot.addr))

    def parent(self, slot):
        """None: slot is the root of everything."""
        if slot.addr == int(self.var('cap_root').address):
            return None
        mark = slot.open_prev
        while mark & 16:        # a sibling's end: step over it
            mark = self.slot(mark & ~63).open_prev
        return self.slot(mark & ~63)

    def cspace_slots(self, addr):
        """Pairs of caddr and slot, used ones."""
        cspace = self.at(addr, self.cspace_type)
        table, count = int(cspace['slots']), int(cspace['nslots'])
        data = self.read(table, count * SLOT.size)
        for i in range(count):
            slot = Slot(table + i * SLOT.size,
                        data[i * SLOT.size:(i + 1) * SLOT.size])
            if slot.type != NULL:
                yield i, slot

    # Tasks

    def tasks(self):
        kind = self.kind_nr['task']
        found = [self.task(f[7]) for _, f in self.all_frames()
                 if f[2] == kind and f[7] != 0]
        return sorted(found, key=lambda t: t.id)

    def task(self, addr):
        return Task(self, addr)

    def current(self):
        """The task that runs, or None.  (After a panic the pointer may be
        what broke.)"""
        return self._on_processor('current')

    def last(self):
        """The task that runs or ran last, whose space is loaded."""
        return self.current() or self._on_processor('last')

    def _on_processor(self, which):
        addr = int(self.var('cpu0')[which])
        frame = self.frame(addr - self.physmap)
        if frame is None or frame[2] != self.kind_nr['task'] or \
                frame[7] != addr:
            return None
        return self.task(addr)

    def selected(self):
        """The task of gdb's selected thread, else the one that runs."""
        thread = gdb.selected_thread()
        if thread is not None and self.has('main_thread'):
            for task in self.tasks():
                if task.tid == thread.ptid[1]:
                    return task
        return self.current()

    def find_task(self, text):
        """By id or name; empty or ".": the one that is selected."""
        if text in ('', '.'):
            task = self.selected()
            if task is None:
                raise gdb.GdbError('helios: expected a task, for none runs '
                                   'now: give its id or name, see "helios '
                                   'tasks"')
            return task
        found = [t for t in self.tasks()
                 if t.name == text or str(t.id) == text.lstrip('#')]
        if len(found) == 1:
            return found[0]
        if found:
            raise gdb.GdbError(
                'helios: expected one task, found %d of the name "%s": '
                'give an id, one of %s' %
                (len(found), text, ', '.join(str(t.id) for t in found)))
        raise gdb.GdbError('helios: expected the id or name of a task, '
                           'found "%s"; see "helios tasks"' % text)

    # Address spaces

    def runs(self, root):
        """The mappings of a page table: (address, physical, length, w, x),
        with neighbours joined that continue each other."""
        run = None
        for va, phys, length, w, x in self._leaves(root, 3, 0):
            if run and run[0] + run[2] == va and run[1] + run[2] == phys \
                    and run[3:] == (w, x):
                run = (run[0], run[1], run[2] + length, w, x)
                continue
            if run:
                yield run
            run = (va, phys, length, w, x)
        if run:
            yield run

    def _leaves(self, table, level, base):
        entries = struct.unpack('<512Q', self.read_phys(table, PAGE))
        # The upper half of the root is the machine's own.
        for i, e in enumerate(entries[:256] if level == 3 else entries):
            if not e & PTE_PRESENT:
                continue
            va = base + (i << (12 + 9 * level))
            if level > 0 and not e & PTE_LARGE:
                yield from self._leaves(e & PTE_ADDRESS, level - 1, va)
            else:
                size = PAGE << 9 * level
                yield (va, e & PTE_ADDRESS & ~(size - 1), size,
                       bool(e & PTE_WRITE), not e & PTE_NX)

    def translate(self, root, va):
        """Physical address behind va, or None."""
        table = root
        for level in (3, 2, 1, 0):
            index = va >> (12 + 9 * level) & 511
            e = struct.unpack('<Q', self.read_phys(table + index * 8, 8))[0]
            if not e & PTE_PRESENT:
                return None
            if level == 0 or e & PTE_LARGE:
                size = PAGE << 9 * level
                return (e & PTE_ADDRESS & ~(size - 1)) | va & (size - 1)
            table = e & PTE_ADDRESS
        return None

    def read_user(self, root, va, length):
        """Bytes of a program; MemoryError names the first missing one."""
        data = b''
        while length > 0:
            phys = self.translate(root, va)
            if phys is None:
                raise gdb.MemoryError('nothing is mapped at %#x' % va)
            part = min(length, PAGE - va % PAGE)
            data += self.read_phys(phys, part)
            va += part
            length -= part
        return data

    def vspace_root(self, addr):
        return int(self.at(addr, self.vspace_type)['root'])

    # What things are called

    def object_id(self, addr):
        """Every object starts with magic, type and id."""
        return self.word(addr + 8)

    def describe(self, slot):
        """The object a slot names, in a few words."""
        if slot.type in (NULL, DEAD):
            return slot.type_name
        if slot.type == PAGE_CAP:
            size = '2M ' if slot.object & PAGE_LARGE else ''
            device = 'device ' if slot.object & PAGE_DEVICE else ''
            return 'Page %s%sat %#x' % (size, device, slot.phys)
        if slot.type == IOPORT:
            return 'IOPort %#x-%#x' % (slot.word >> 16 & 0xffff,
                                       slot.word & 0xffff)
        text = '%s #%d' % (slot.type_name, self.object_id(slot.object))
        if slot.type == TASK:
            text += ' "%s"' % self.task(slot.object).name
        elif slot.type == REPLY:
            text = 'Reply to task "%s"' % self.task(slot.object).name
        return text

    def _cspace_names(self):
        if self._spaces is None:
            self._spaces = {}
            for task in self.tasks():
                addr = task.part(SLOT_CSPACE)
                if addr and addr not in self._spaces:
                    self._spaces[addr] = task.name
        return self._spaces

    def slot_name(self, slot):
        """Where a slot is: "init:12", "init.vspace"."""
        if slot.addr == int(self.var('cap_root').address):
            return 'everything'
        frame = self.frame(slot.addr - self.physmap)
        kind = self.kinds.get(frame[2]) if frame else None
        if kind == 'cspace':
            cspace = self.at(frame[7], self.cspace_type)
            index = (slot.addr - int(cspace['slots'])) // SLOT.size
            name = self._cspace_names().get(frame[7])
            if name is None:
                name = 'CSpace#%d' % self.object_id(frame[7])
            return '%s:%d' % (name, index)
        if kind == 'task':
            task = self.task(frame[7])
            index = (slot.addr - task.slots) // SLOT.size
            if 0 <= index < len(TASK_SLOTS):
                return '%s.%s' % (task.name, TASK_SLOTS[index])
        return 'slot at %#x' % slot.addr


class Task:
    """struct task."""

    def __init__(self, kernel, addr):
        self.kernel = kernel
        self.addr = addr
        self.value = kernel.at(addr, kernel.task_type)
        self.id = int(self.value['heavy']['obj']['id'])
        name = kernel.read(int(self.value['name'].address), 33)
        self.name = name.split(b'\0')[0].decode('ascii', 'replace')
        self.slots = int(self.value['slots'].address)

    def slot(self, which):
        return self.kernel.slot(self.slots + which * SLOT.size)

    def part(self, which):
        """Address of the object in one of its own slots, or None."""
        slot = self.slot(which)
        return slot.object if slot.type > DEAD else None

    @property
    def root(self):
        """Its page table; None without an address space."""
        addr = self.part(SLOT_VSPACE)
        return self.kernel.vspace_root(addr) if addr else None

    @property
    def host_thread(self):
        """Hosted: its struct host_thread, or None."""
        if not self.kernel.has('main_thread'):
            return None
        addr = self.kernel.word(int(self.value['hal'].address))
        if addr == 0:
            return None
        type_ = self.kernel.var('main_thread').type.target()
        return self.kernel.at(addr, type_)

    @property
    def tid(self):
        """Hosted: its Linux thread id, or 0."""
        thread = self.host_thread
        return int(thread['tid']) if thread is not None else 0

    @property
    def in_program(self):
        """Hosted: are its registers in the processor, not in the kernel?"""
        thread = self.host_thread
        return thread is not None and not int(thread['where']) & 1

    @property
    def ip(self):
        """Where the program is."""
        if self.in_program:
            was = gdb.selected_thread()
            for thread in self.kernel.inferior.threads():
                if thread.ptid[1] == self.tid:
                    thread.switch()
                    ip = int(gdb.newest_frame().pc())
                    was.switch()
                    return ip
        return int(self.value['regs']['rip'])

    def _waits_for(self):
        """The slot its main wait goes through, or None."""
        waiter = self.value['waiters'][0]
        while int(waiter['via_prev']):      # only the first knows the slot
            waiter = waiter['via_prev'].dereference()
        via = int(waiter['via'])
        return self.kernel.slot(via) if via else None

    def state(self):
        """Why it does not run, in words."""
        v = self.value
        words = []
        if bool(v['dead']):
            words.append('dead')
        if bool(v['suspended']):
            words.append('suspended')
        blocked = self._blocked()
        if blocked:
            words.append(blocked)
        if self.part(SLOT_VSPACE) is None:
            words.append('no address space')
        if words:
            return ', '.join(words)
        current = self.kernel.current()
        return 'running' if current and current.addr == self.addr else 'ready'

    def _blocked(self):
        blocked = int(self.value['blocked'])
        names = {f.enumval: f.name for f in
                 gdb.lookup_type('enum blocked').fields()}
        kind = names.get(blocked, '%d?' % blocked)
        if kind == 'NOT_BLOCKED':
            return ''
        if kind in ('BLOCKED_CALL', 'BLOCKED_FAULT'):
            what = 'calling' if kind == 'BLOCKED_CALL' else 'faulted'
            return what + ', to be answered by ' + self._answerer()
        if kind == 'BLOCKED_POLL':
            return 'polling'
        what = {'BLOCKED_SEND': 'sending to', 'BLOCKED_RECV': 'receiving on',
                'BLOCKED_NOTE': 'waiting on'}.get(kind, kind)
        slot = self._waits_for()
        if slot is None:
            return what + ' something'
        return '%s %s (%s)' % (what, self.kernel.describe(slot),
                               self.kernel.slot_name(slot))

    def _answerer(self):
        replier = int(self.value['replier'])
        if replier:
            return '"%s"' % self.kernel.task(replier).name
        stored = int(self.value['reply_slot'])
        if stored:
            return 'the Reply in ' + \
                self.kernel.slot_name(self.kernel.slot(stored))
        return 'nobody'
