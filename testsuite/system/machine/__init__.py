# SPDX-License-Identifier: BSD-2-Clause
"""Machines that Helios boots on, driven as a person would: through the
serial line, the keyboard and the picture on the screen.  Python's standard
library is all it takes."""
