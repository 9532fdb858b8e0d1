# SPDX-License-Identifier: BSD-2-Clause
"""The "helios" commands."""
import gdb

from . import kernel as k
from .symbols import programs, scan_once

HELP = '''\
helios tasks               all tasks: state, priority, CPU time, where
helios caps [TASK]         the capabilities in a task's CSpace and own slots
helios derivation SLOT     what a capability comes from, and what from it
helios vspace [TASK]       the mappings of a task's address space
helios memory              Memory objects, and what the frames are used for
helios log [LINES]         the kernel's log, shown or not
helios x TASK ADDRESS [N]  N bytes of a task's memory, through its page table
helios symbols             find the programs again, and list them

A TASK is an id or a name; left out or ".", it is the one of the selected
thread.  A SLOT is TASK:CADDR, TASK.PART (cspace, vspace, ipcbuf, fault or
note) or the address of a struct slot.

Tasks are threads: "info threads", "thread N", "backtrace".  The programs'
symbols come from the initramfs in memory; strip nothing in it.  Of a task
that does not run, gdb itself sees only those pages the host has mapped;
"helios x" sees all.

On the machine ("helios-gdb --qemu") there is one thread, the processor; the
symbols are those of the program that runs, or ran last.

Signals that the kernel uses are passed silently.  To stop at faults that
programs make: "break core_fault"; at system calls: "break core_syscall", on
the machine "break syscall_entry".
'''

FLAGS = ((1, 'foreign'), (2, 'writecons'), (4, 'capfault'))


def table(rows, right=()):
    """Aligned columns; the last one as it comes."""
    widths = [max(len(str(row[i])) for row in rows)
              for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [str(cell).rjust(width) if i in right
                 else str(cell).ljust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        gdb.write('  '.join(cells + [str(row[-1])]).rstrip() + '\n')


def symbol_at(address):
    """"main+12", or "" where gdb knows no better."""
    text = gdb.execute('info symbol %#x' % address, to_string=True)
    if text.startswith('No symbol'):
        return ''
    return text.split(' in section')[0].replace(' + ', '+').strip()


def where(address):
    return ('%#x %s' % (address, symbol_at(address))).rstrip()


def cpu_time(kernel, task):
    """In ms.  It is kept in hal_cycles: hosted in ns, else ticks of the TSC.
    """
    ns = int(task.value['cpu_time'])
    if kernel.has('tsc_rate'):
        ns = ns * int(kernel.var('tsc_rate')['ns_mult']) >> 32
    return '%d.%03d ms' % (ns // 1000000, ns // 1000 % 1000)


class Command(gdb.Command):
    """A subcommand: sets name, usage, and run(kernel, words)."""

    most = 1

    def __init__(self):
        super().__init__('helios ' + self.name, gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        words = gdb.string_to_argv(argument)
        if len(words) > self.most:
            raise gdb.GdbError('helios: expected "%s", found "%s"' %
                               (self.usage, argument))
        scan_once()
        try:
            self.run(k.Kernel(), words)
        except gdb.MemoryError as error:
            raise gdb.GdbError('helios: the kernel\'s data cannot be read, '
                               'or leads astray: %s' % error)


class Tasks(Command):
    """List all tasks: helios tasks"""
    name, usage, most = 'tasks', 'helios tasks', 0

    def run(self, kernel, words):
        current = kernel.current()
        threads = {t.ptid[1]: t.num for t in kernel.inferior.threads()}
        rows = [('', 'ID', 'NAME', 'THREAD', 'PRIO', 'CPU TIME', 'STATE',
                 'AT')]
        for t in kernel.tasks():
            mark = '*' if current and t.addr == current.addr else ''
            rows.append((mark, t.id, t.name, threads.get(t.tid, '-'),
                         int(t.value['priority']),
                         cpu_time(kernel, t), t.state(),
                         where(t.ip)))
        table(rows, right=(1, 3, 4, 5))
        gdb.write('%d tasks\n' % (len(rows) - 1))


def details(kernel, slot):
    """Badge, mapping, use: what the type has."""
    text = []
    if slot.type in (k.ENDPOINT, k.NOTE) and slot.word:
        text.append('badge %#x' % slot.word)
    if slot.type == k.PAGE_CAP and slot.link:
        text.append('mapped at %#x' % (slot.word & ~0xfff))
    if slot.type == k.MEMORY:
        memory = kernel.at(slot.object, kernel.memory_type)
        text.append('%d of %d pages free' % (int(memory['free']),
                                             int(memory['pages'])))
    if slot.revoking:
        text.append('being revoked')
    return ', '.join(text)


class Caps(Command):
    """List the capabilities of a task: helios caps [TASK]"""
    name, usage = 'caps', 'helios caps [TASK]'

    def run(self, kernel, words):
        task = kernel.find_task(words[0] if words else '.')
        rows = [('SLOT', 'OBJECT', 'RIGHTS', 'DETAILS')]
        for i, part in enumerate(k.TASK_SLOTS):
            slot = task.slot(i)
            if slot.type != k.NULL:
                rows.append(self._row(kernel, '.' + part, slot))
        space = task.part(k.SLOT_CSPACE)
        used = 0
        for caddr, slot in kernel.cspace_slots(space) if space else ():
            rows.append(self._row(kernel, caddr, slot))
            used += 1
        table(rows)
        if space:
            cspace = kernel.at(space, kernel.cspace_type)
            gdb.write('CSpace #%d: %d of %d slots used\n' % (
                kernel.object_id(space), used, int(cspace['nslots'])))
        else:
            gdb.write('no CSpace\n')

    @staticmethod
    def _row(kernel, name, slot):
        return (name, kernel.describe(slot), slot.rights,
                details(kernel, slot))


class Derivation(Command):
    """Show what a capability is derived from, and what from it.
helios derivation TASK:CADDR | TASK.PART | ADDRESS"""
    name, usage = 'derivation', 'helios derivation SLOT'

    def run(self, kernel, words):
        if not words:
            raise gdb.GdbError('helios: expected "%s", found no slot' %
                               self.usage)
        slot = self.find(kernel, words[0])
        chain = [slot]
        while chain[-1] is not None:
            chain.append(kernel.parent(chain[-1]))
        chain = [s for s in reversed(chain) if s is not None]
        for depth, ancestor in enumerate(chain[:-1]):
            self._line(kernel, ancestor, depth, '')
        self._line(kernel, slot, len(chain) - 1, '   <--')
        self._subtree(kernel, slot, len(chain))

    @staticmethod
    def find(kernel, text):
        if ':' in text:
            name, _, number = text.rpartition(':')
            task = kernel.find_task(name)
            space = task.part(k.SLOT_CSPACE)
            caddr = Derivation._number(text, number)
            for i, slot in kernel.cspace_slots(space) if space else ():
                if i == caddr:
                    return slot
            raise gdb.GdbError('helios: slot %d of task "%s" holds no '
                               'capability; see "helios caps %s"' %
                               (caddr, task.name, task.id))
        name, _, part = text.rpartition('.')
        if part in k.TASK_SLOTS:
            slot = kernel.find_task(name).slot(k.TASK_SLOTS.index(part))
            if slot.type == k.NULL:
                raise gdb.GdbError('helios: "%s" holds no capability' % text)
            return slot
        slot = kernel.slot(Derivation._number(text, text) & ~63)
        if slot.type == k.NULL and slot.addr != kernel.root_slot().addr:
            raise gdb.GdbError('helios: expected a slot in use at %s, found '
                               'none' % text)
        return slot

    @staticmethod
    def _number(text, number):
        try:
            return int(gdb.parse_and_eval(number))
        except (gdb.error, OverflowError) as error:
            raise gdb.GdbError('helios: expected a slot, found "%s": %s' %
                               (text, error))

    @staticmethod
    def _line(kernel, slot, depth, note):
        name = kernel.slot_name(slot)
        if name == 'everything':
            gdb.write('everything%s\n' % note)
            return
        extra = ', '.join(part for part in (slot.rights,
                                            details(kernel, slot)) if part)
        gdb.write('%s%s  %s%s%s\n' % (
            '    ' * depth, name, kernel.describe(slot),
            '  (%s)' % extra if extra else '', note))

    def _subtree(self, kernel, slot, depth):
        """Depth first; long rows of plain pages in one line."""
        stack = [(kernel.children(slot), depth, [])]
        while stack:
            children, depth, pages = stack[-1]
            child = next(children, None)
            plain = child is not None and child.type == k.PAGE_CAP and \
                child.open_next == child.addr + 16
            if plain:
                pages.append(child)
                continue
            self._pages(kernel, pages, depth)
            if child is None:
                stack.pop()
            else:
                self._line(kernel, child, depth, '')
                stack.append((kernel.children(child), depth + 1, []))

    def _pages(self, kernel, pages, depth):
        if len(pages) > 4:
            self._line(kernel, pages[0], depth, '')
            gdb.write('%s... %d more Pages ...\n' % ('    ' * depth,
                                                     len(pages) - 2))
            self._line(kernel, pages[-1], depth, '')
        else:
            for page in pages:
                self._line(kernel, page, depth, '')
        pages.clear()


class VSpace(Command):
    """List the mappings of a task's address space: helios vspace [TASK]"""
    name, usage = 'vspace', 'helios vspace [TASK]'

    def run(self, kernel, words):
        task = kernel.find_task(words[0] if words else '.')
        addr = task.part(k.SLOT_VSPACE)
        if addr is None:
            raise gdb.GdbError('helios: task "%s" has no address space' %
                               task.name)
        space = kernel.object_id(addr)
        rows = [('START', 'END', 'PAGES', 'ACCESS', 'PHYSICAL', '')]
        pages = 0
        for va, phys, length, w, x in kernel.runs(kernel.vspace_root(addr)):
            pages += length // k.PAGE
            rows.append(('%#x' % va, '%#x' % (va + length), length // k.PAGE,
                         'r' + ('w' if w else '-') + ('x' if x else '-'),
                         '%#x' % phys, self._program(space, va, length)))
        table(rows, right=(2,))
        value = kernel.at(addr, kernel.vspace_type)
        gdb.write('VSpace #%d: %d pages mapped, %d pages of tables\n' %
                  (space, pages, int(value['tables'])))

    @staticmethod
    def _program(space, va, length):
        for entry in programs.loaded:
            text = entry.base + entry.image.text[0][0]
            if space in entry.spaces and va <= text < va + length:
                return 'text of ' + entry.image.name
        return ''


class Memory(Command):
    """List Memory objects and the use of all frames: helios memory"""
    name, usage, most = 'memory', 'helios memory', 0

    def run(self, kernel, words):
        owners, kinds = self._frames(kernel)
        named = self._slots(kernel)
        type_ = kernel.memory_type
        rows = [('ID', 'PAGES', 'FREE', 'LARGEST', 'OBJECTS', 'FROM',
                 'SLOT')]
        for addr in sorted(owners, key=kernel.object_id):
            m = kernel.at(addr, type_)
            orders = int(m['orders'])
            parent = int(m['heavy']['obj']['memory'])
            rows.append((
                '#%d' % kernel.object_id(addr), int(m['pages']),
                int(m['free']),
                1 << (orders.bit_length() - 1) if orders else 0,
                int(m['objects']),
                '#%d' % kernel.object_id(parent) if parent else '-',
                named.get(addr) or self._special(kernel, addr, m)))
        table(rows, right=(1, 2, 3, 4))
        gdb.write('\nframes:')
        for kind in sorted(kinds):
            gdb.write(' %s %d' % (kernel.kinds.get(kind, kind), kinds[kind]))
        gdb.write('\n')

    @staticmethod
    def _special(kernel, addr, memory):
        if addr == int(kernel.var('kernel_memory')):
            return 'the kernel\'s own'
        return 'orphan' if bool(memory['orphan']) else 'none'

    @staticmethod
    def _frames(kernel):
        """Owners of blocks, and how many frames each kind has; frames inside
        a block count as its head."""
        owners, kinds = set(), {}
        names = kernel.kind_nr
        kind = names['none']
        for _, frame in kernel.all_frames():
            if frame[2] != names['interior']:
                kind = frame[2]
                if kind != names['none'] and frame[6]:
                    owners.add(frame[6])
            kinds[kind] = kinds.get(kind, 0) + 1
        return owners, kinds

    @staticmethod
    def _slots(kernel):
        """Where the capability of each Memory is."""
        named = {}
        stack = [kernel.root_slot()]
        while stack:
            for child in kernel.children(stack.pop()):
                if child.type == k.MEMORY:
                    named[child.object] = kernel.slot_name(child)
                if child.open_next != child.addr + 16:
                    stack.append(child)
        return named


class Log(Command):
    """Show the kernel's log, whatever --log-level was: helios log [LINES]"""
    name, usage = 'log', 'helios log [LINES]'
    levels = ('panic: ', 'error: ', 'warning: ', '', 'debug: ')

    def invoke(self, argument, from_tty):
        """Also before and without a sound kernel."""
        self.dont_repeat()
        objfile = k.kernel_objfile()
        if objfile is None:
            k.Kernel()          # says so
        symbol = objfile.lookup_global_symbol('klog_ring')
        ring = symbol.value()
        size = int(ring['text'].type.sizeof)
        written = int(ring['written'])
        data = bytes(gdb.selected_inferior().read_memory(
            int(ring['text'].address), size))
        if written <= size:
            data = data[:written]
        else:
            cut = written % size
            data = (data[cut:] + data[:cut]).split(b'\n', 1)[-1]
        lines = data.decode('ascii', 'replace').splitlines()
        if argument:
            try:
                lines = lines[-int(argument):]
            except ValueError:
                raise gdb.GdbError('helios: expected a number of lines, '
                                   'found "%s"' % argument)
        for line in lines:
            self._line(line)

    def _line(self, line):
        ns, level, text = (line.split(' ', 2) + ['', ''])[:3]
        seconds = '%6d.%06d' % (int(ns) // 10**9, int(ns) // 1000 % 10**6)
        prefix = self.levels[int(level)] if int(level) < 5 else ''
        gdb.write('[%s] %s%s\n' % (seconds, prefix, text))


class Examine(Command):
    """Show memory of a task, through its page table.
helios x TASK ADDRESS [BYTES]"""
    name, usage, most = 'x', 'helios x TASK ADDRESS [BYTES]', 3

    def run(self, kernel, words):
        if len(words) < 2:
            raise gdb.GdbError('helios: expected "%s"' % self.usage)
        task = kernel.find_task(words[0])
        address = int(gdb.parse_and_eval('(unsigned long)(%s)' % words[1]))
        count = int(gdb.parse_and_eval(words[2])) if len(words) > 2 else 64
        if task.root is None:
            raise gdb.GdbError('helios: task "%s" has no address space' %
                               task.name)
        try:
            data = kernel.read_user(task.root, address, count)
        except gdb.MemoryError as error:
            raise gdb.GdbError('helios: task "%s": %s' % (task.name, error))
        for i in range(0, len(data), 16):
            line = data[i:i + 16]
            text = ''.join(chr(c) if 32 <= c < 127 else '.' for c in line)
            gdb.write('%#x: %-47s  %s\n' % (
                address + i, ' '.join('%02x' % c for c in line), text))


class Symbols(Command):
    """Find the programs in memory again, and list them: helios symbols"""
    name, usage, most = 'symbols', 'helios symbols', 0

    def run(self, kernel, words):
        programs.scan(kernel)
        if not programs.loaded:
            gdb.write('no program of the initramfs is loaded anywhere\n')
            return
        rows = [('BASE', 'VSPACE', 'PROGRAM')]
        for entry in sorted(programs.loaded, key=lambda e: e.base):
            spaces = ' '.join('#%d' % s for s in sorted(entry.spaces))
            rows.append(('%#x' % entry.base, spaces, entry.image.name))
        table(rows)


class HelpText(gdb.Command):
    """What the helios commands do: helios help"""

    def __init__(self):
        super().__init__('helios help', gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        gdb.write(HELP)


class Prefix(gdb.Command):
    """Look into the Helios kernel: "helios help" lists the commands."""

    def __init__(self):
        super().__init__('helios', gdb.COMMAND_STATUS, gdb.COMPLETE_NONE,
                         True)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        if argument:
            raise gdb.GdbError('helios: expected a command, found "%s"; '
                               'see "helios help"' % argument)
        gdb.write(HELP)


def setup():
    Prefix()
    for command in (Tasks, Caps, Derivation, VSpace, Memory, Log, Examine,
                    Symbols, HelpText):
        command()
