# SPDX-License-Identifier: BSD-2-Clause
"""The table of make bench-cost: see doc/performance.md.

Two boots measure, a third is traced.  All three must agree with each other.
Exit status: 0; 1 if something is wrong with the figures, or slower than the
baseline; 2 if they could not be had.
"""

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile

import cost_trace
from cost_gdb import Guest, Unexpected, boot

HERE = os.path.dirname(os.path.abspath(__file__))
FORMAT = "helios-bench-cost 1"
TEXT_LIMIT = 64 * 1024

# seL4's, of each switch from a task to another by a message: its fastpath
# reads and writes all these once, so it cannot have fewer on the slow one.
# XSAVE and XRSTOR stand in for its read and write of CR0.
BASES = ("fs-read", "gs-read", "fs-write", "gs-write")
FPU = ("cr0-read", "cr0-write", "xsave", "xrstor")

HEADS = (("cr0-read", "c0r"), ("cr0-write", "c0w"), ("cr3-write", "cr3"),
         ("msr-write", "msr"), ("swapgs", "swp"), ("fs-read", "fsr"),
         ("gs-read", "gsr"), ("fs-write", "fsw"), ("gs-write", "gsw"),
         ("xsave", "xsv"), ("xrstor", "xrs"), ("iret", "irt"),
         ("sysret", "srt"), ("invlpg", "inv"), ("locked", "lck"),
         ("data-lines", "dat"), ("code-lines", "cod"))


class Operation:
    """A line of cost-table.txt."""

    def __init__(self, line):
        part = line.split(None, 5)
        if len(part) != 6:
            raise Unexpected(f"cost-table.txt: expected 6 columns in '{line}'")
        self.name = part[0]
        self.sel4, self.target, self.switches, self.sysrets = (
            None if word == "-" else int(word) for word in part[1:5])
        self.what = part[5].strip()

    def over(self, counts):
        """What there is more of than in seL4's."""
        if self.switches is None:
            return []
        n = self.switches
        limits = [((name,), n) for name in BASES]
        limits.append((FPU, 2 * n))
        limits.append((("cr3-write",),
                       n if self.name.endswith("/other") else 0))
        if self.sysrets is not None:
            limits.append((("sysret",), self.sysrets))
        return [f"{' + '.join(names)}: {found}, seL4 {limit}"
                for names, limit in limits
                if (found := sum(counts[name] for name in names)) > limit]


def operations():
    with open(os.path.join(HERE, "cost-table.txt"), encoding="ascii") as file:
        return [Operation(line) for line in file
                if line.strip() and not line.startswith("#")]


def results(console):
    """{operation: (median, lowest, highest)}"""
    found = {}
    for line in console.splitlines():
        part = line.split()
        if len(part) == 5 and part[0] == "cost":
            found[part[1]] = tuple(int(word) for word in part[2:])
    return found


def complete(found, table):
    missing = [op.name for op in table if op.name not in found]
    more = set(found) - {op.name for op in table} - {"empty"}
    if missing or more:
        raise Unexpected("expected the operations of cost-table.txt, found "
                         f"none of {missing}, and {sorted(more)}")


def differing(boots):
    return [f"{name}: {' and '.join(str(b.get(name)) for b in boots)}"
            for name in boots[0] if len({b.get(name) for b in boots}) > 1]


def measuring_program():
    """What the figures of two runs must have in common."""
    digest = hashlib.sha256()
    directory = os.path.join(HERE, "cost")
    for name in sorted(os.listdir(directory)):
        if name.endswith((".c", ".h")):
            with open(os.path.join(directory, name), "rb") as file:
                digest.update(file.read())
    return digest.hexdigest()[:16]


def write(path, header, found, traced):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(FORMAT + "\n")
        for name, value in header.items():
            file.write(f"{name} {value}\n")
        for name, figures in found.items():
            file.write(f"operation {name} {' '.join(map(str, figures))}")
            if name in traced:
                for what, n in traced[name][1].items():
                    file.write(f" {what}={n}")
            file.write("\n")
    os.replace(path + ".new", path)


def read_baseline(path, header):
    """{operation: median} of a file that write() wrote."""
    try:
        with open(path, encoding="ascii") as file:
            text = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unexpected(f"BASELINE: expected a file that make bench wrote, "
                         f"found none: {error}") from None
    if not text or text[0] != FORMAT:
        raise Unexpected(f"BASELINE: expected '{FORMAT}' in the first line of "
                         f"{path}, found '{text[0] if text else ''}'")
    pairs = [line.split(None, 1) for line in text[1:]]
    said = {p[0]: p[1] for p in pairs if len(p) == 2 and p[0] != "operation"}
    for name in ("program", "kernel"):
        if said.get(name) != header[name]:
            raise Unexpected(
                f"BASELINE: expected {path} to be of the {name} "
                f"'{header[name]}', found '{said.get(name)}': its figures "
                "mean something else.  Measure again what you compare with.")
    try:
        return {p[1].split()[0]: int(p[1].split()[1]) for p in pairs
                if p[0] == "operation"}
    except (IndexError, ValueError):
        raise Unexpected(f"BASELINE: expected 'operation NAME MEDIAN LOWEST "
                         f"HIGHEST ...' in {path}, found other lines"
                         ) from None


def compare(baseline, found, path):
    """True if nothing got slower."""
    print(f"\ncompared with {path}")
    slower = False
    for name, (now, *_) in found.items():
        before = baseline.get(name)
        if before is None:
            print(f"{name:<22} {'-':>7} {now:>7}  new")
        elif now != before:
            slower |= now > before
            print(f"{name:<22} {before:>7} {now:>7}  {now / before:.3f}  "
                  f"{'SLOWER' if now > before else 'faster'}")
    for name in baseline.keys() - found.keys():
        print(f"{name:<22} {baseline[name]:>7} {'-':>7}  gone")
    print("something got slower" if slower else "nothing got slower")
    return not slower


def figures_line(op, figures, counts):
    median, low, high = figures
    spread = "" if low == high else f"{low}-{high}"
    verdict = "" if op.target is None else (
        "PASS" if median <= op.target else "MISS")
    costly = " ".join(f"{'-' if counts is None else counts[name] or '.':>3}"
                      for name, _ in HEADS)
    return (f"{op.name:<20} {median:>6} {spread:>12} {op.target or '-':>6} "
            f"{verdict:<4} {op.sel4:>6} {median / op.sel4:>5.2f}  {costly}  "
            f"{op.what}")


def print_table(table, found, traced):
    print(f"{'operation':<20} {'median':>6} {'lowest-highest':>12} "
          f"{'target':>4} {'':<4} {'seL4':>6} {'ratio':>5}  "
          + " ".join(f"{head:>3}" for _, head in HEADS))
    for op in table:
        print(figures_line(op, found[op.name],
                           traced.get(op.name, (0, None))[1]))
    print("\ncostly instructions of the kernel on the path: reads and writes "
          "of CR0 (c0r, c0w),\nwrites of CR3 and MSRs, swapgs, reads and "
          "writes of the bases of fs and gs (fsr ...),\nXSAVE and XRSTOR, "
          "iret, sysret, invlpg, locked instructions; and cache lines of\n"
          "64 bytes it touches: data, code\n")


def sizes(readelf, kernel, source):
    said = subprocess.run([readelf, "-SW", kernel], check=True,
                          capture_output=True, text=True).stdout
    size = {}
    for line in said.splitlines():
        part = line.split("]", 1)[-1].split()
        if part and part[0] in (".text", ".boot", ".boot.text"):
            size[part[0]] = int(part[4], 16)
    if len(size) != 3:
        raise Unexpected(f"expected sections .text, .boot and .boot.text in "
                         f"{kernel}")
    text = size.pop(".text")
    print(f"kernel text          {text:>6} bytes   limit {TEXT_LIMIT}  "
          f"{'PASS' if text <= TEXT_LIMIT else 'MISS'}")
    print(f"text of the boot     {sum(size.values()):>6} bytes   gone when "
          "init starts")
    for part in ("src/core", "src/hal-baremetal"):
        n = 0
        for directory, _, names in os.walk(os.path.join(source, part)):
            for name in names:
                if name.endswith((".c", ".h", ".S", ".lds", ".awk", ".mk")):
                    with open(os.path.join(directory, name), "rb") as file:
                        n += len(file.read().splitlines())
        print(f"{part:<20} {n:>6} lines")


def trace_differs(name, figures, traced):
    """(is it wrong, how it differs) or None.  Where samples differ, with the
    digits of a number the kernel prints, say, the one traced may be another
    than the one in the middle; but not by much."""
    median = figures[0]
    if name not in traced or traced[name][0] == median:
        return None
    n = traced[name][0]
    return (abs(n - median) * 100 > median,
            f"{name}: expected a trace of {median} instructions, as measured; "
            f"found {n}")


def judge(table, boots, traced):
    """What is wrong with the figures; and, for the reader, what is not."""
    differ = differing(boots)
    wrong = ["two boots differ: " + text for text in differ]
    if not differ:
        print("two boots agree to the instruction")
    traces = [d for op in table if (d := trace_differs(
        op.name, boots[0][op.name], traced)) is not None]
    wrong += [text for bad, text in traces if bad]
    print("traces of as many instructions as were measured: "
          f"{len(traced) - len(traces)} of {len(traced)}")
    for bad, text in traces:
        if not bad:
            print(f"  {text}, a sample less than 1 % away")
    over = [f"  {op.name}: {text}" for op in table if op.name in traced
            for text in op.over(traced[op.name][1])]
    print("\n".join(["more costly instructions than seL4's:"] + over) if over
          else "no path with a known one of seL4's has more costly "
          "instructions than that")
    return wrong


def measure(args, table, directory):
    guest = Guest(args.qemu, args.kernel, args.program, args.samples,
                  args.limit)
    wanted = args.trace.split(",") if args.trace else [op.name for op in table]
    for name in wanted:
        if name not in [op.name for op in table]:
            raise Unexpected("TRACE: expected operations of cost-table.txt, "
                             f"found '{name}'")
    boots = []
    for _ in range(2):
        boots.append(results(boot(guest)))
        complete(boots[-1], table)
    traced = cost_trace.trace(guest, args.init, vars(args), directory,
                              {name: boots[0][name][0] for name in wanted})
    return boots, traced


def run(args):
    table = operations()
    header = {"program": measuring_program(), "kernel": args.build,
              "compiler": args.compiler}
    baseline = read_baseline(args.baseline, header) if args.baseline else None
    print(f"instructions of operations: {args.build} kernel, "
          f"{args.compiler}\n", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        boots, traced = measure(args, table, directory)
    found = {op.name: boots[0][op.name] for op in table}
    print_table(table, found, traced)
    wrong = judge(table, boots, traced)
    sizes(args.readelf, args.kernel, args.source)
    write(args.output, header, found, traced)
    print(f"results written to {args.output}; make bench BASELINE=FILE "
          "compares with a copy of it", flush=True)
    for text in wrong:
        print("bench-cost: " + text, file=sys.stderr)
    good = not wrong
    if baseline is not None:
        good = compare(baseline, found, args.baseline) and good
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description="the costs of operations")
    for name in ("kernel", "program", "init", "build", "compiler", "output",
                 "source", "qemu", "objdump", "nm", "readelf"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--baseline", default="")
    parser.add_argument("--samples", type=int, default=0,
                        help="of each operation; fewer for a quick look")
    parser.add_argument("--trace", default="",
                        help="only these operations, with commas between")
    parser.add_argument("--limit", type=int, default=600,
                        help="seconds that a boot may take")
    try:
        return run(parser.parse_args())
    except Unexpected as error:
        sys.stdout.flush()
        print(f"bench-cost: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        sys.stdout.flush()
        print("bench-cost: interrupted; no results were written",
              file=sys.stderr)
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
