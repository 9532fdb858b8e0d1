# SPDX-License-Identifier: BSD-2-Clause
"""TAP, as make check reads it."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def _point(self, word, text, remark=""):
        self.count += 1
        print(f"{word} {self.count} - {text}{remark}", flush=True)

    def ok(self, text):
        self._point("ok", text)

    def not_ok(self, text, why=""):
        self.failed += 1
        self._point("not ok", text)
        self.diag(why)

    def skip(self, text, reason):
        self._point("ok", text, f" # SKIP {reason}")

    def check(self, condition, text, why=""):
        """A point; why (text, or a function that makes it) is for a
        failure."""
        if condition:
            self.ok(text)
        else:
            self.not_ok(text, why() if callable(why) else why)
        return condition

    @staticmethod
    def diag(text):
        for line in text.splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
