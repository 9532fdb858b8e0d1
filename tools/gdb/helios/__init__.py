# SPDX-License-Identifier: BSD-2-Clause
"""gdb and the Helios kernel.

setup() is called once, by the script that gdb loads along with
helios-hosted or helios-kernel.  Nothing here, and nothing it sets, calls a function in the
process that is debugged.
"""
import gdb

# The hosted kernel's exceptions and interrupts: see src/hal-hosted/signal.c.
# SIGTRAP is gdb's own.
SIGNALS = 'SIGSEGV SIGBUS SIGILL SIGFPE SIGSYS SIGUSR1'

_ready = False


def setup():
    global _ready
    if _ready:
        return
    _ready = True
    gdb.execute('handle %s nostop noprint pass' % SIGNALS, to_string=True)
    # It takes the thread pointers of programs for pthreads, and gives up.
    gdb.execute('set libthread-db-search-path /nonexistent')
    # The symbols of programs come when they are loaded.
    gdb.execute('set breakpoint pending on')
    from . import commands, symbols
    symbols.setup()
    commands.setup()
