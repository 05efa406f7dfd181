"""A kernel that strangers' code may run in: sees little, writes to one folder, talks to nobody.

python sandbox.py BOX READ[:READ...] -- MODULE [ARGUMENT...]     what `python -m MODULE` does

BOX is the only folder in which files change, the READs the only ones beside Python's and the
system's that can be looked at: no solutions, no gradebook, no other submission. Linux' Landlock
refuses the rest, connections over TCP included, and this process cannot take that back. Where the
system has no Landlock, only the limits below hold: grade strangers in a container there.

Source: Linux' Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import runpy
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # numbers of the system calls
ASK_VERSION = 1
BENEATH_PATH = 1
NO_NEW_PRIVILEGES, DIE_WITH_PARENT, KILL = 38, 1, 9  # for prctl
# Which rights each version of Landlock knows: the bits of files from 0 on, then sockets and scopes.
FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
LAST = max(FILE_BITS)
BIND_AND_CONNECT_TCP, ABSTRACT_SOCKETS_AND_SIGNALS = 0b11, 0b11
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
READING = EXECUTE | READ_FILE | READ_FOLDER
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev")
DEVICES = ("/dev/null", "/dev/zero", "/dev/shm", "/dev/nvidiactl")
MAX_FILE_BYTES, MAX_DATA_BYTES, MAX_CPU_S = 1 << 28, 8 << 30, 1800


class Ruleset(ctypes.Structure):
    """What is refused unless a rule allows it."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "sockets", "scopes")]


class Beneath(ctypes.Structure):
    """One rule: what is allowed in a folder."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Which version of Landlock this system has; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, LIBC.syscall(CREATE_RULESET, None, 0, ASK_VERSION))


def confine(box: Path, readable: Iterable[Path]) -> bool:
    """Whether this process and its children are confined from now on."""
    known = version()
    if not known:
        return False
    every = (1 << FILE_BITS[min(known, LAST)]) - 1
    sockets = BIND_AND_CONNECT_TCP if known >= 4 else 0
    scopes = ABSTRACT_SOCKETS_AND_SIGNALS if known >= 6 else 0
    asked = Ruleset(every, sockets, scopes)
    size = 8 * (1 + (known >= 4) + (known >= 6))
    rules = LIBC.syscall(CREATE_RULESET, ctypes.byref(asked), size, 0)
    for path in readable:
        _allow(rules, path, READING)
    for device in DEVICES:
        _allow(rules, Path(device), every)
    _allow(rules, box, every)
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    confined = LIBC.syscall(RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return confined


def _allow(rules: int, path: Path, rights: int) -> None:
    """Adds a rule for `path` and what lies below it, if it exists."""
    with suppress(FileNotFoundError):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = rights if path.is_dir() else rights & FOR_FILES
        rule = Beneath(allowed, opened)
        if LIBC.syscall(ADD_RULE, rules, BENEATH_PATH, ctypes.byref(rule), 0):
            raise OSError(ctypes.get_errno(), f"Landlock takes no rule for {path}")
        os.close(opened)


def limit() -> None:
    """Bounds what one kernel can use up, where the system can."""
    import resource  # not on Windows

    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: MAX_FILE_BYTES,
        resource.RLIMIT_DATA: MAX_DATA_BYTES,
        resource.RLIMIT_CPU: MAX_CPU_S,
    }
    for what, wanted in bounds.items():
        _, hard = resource.getrlimit(what)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (bound, bound))


def python_folders() -> list[Path]:
    """Where this Python, what is installed for it, and the system lie."""
    return [Path(name) for name in {sys.prefix, sys.base_prefix, sys.exec_prefix, *SYSTEM}]


def main(words: list[str]) -> None:
    """Confines this process, then becomes the module that `words` name."""
    box, readable, _, module, *arguments = words
    with suppress(ImportError):
        limit()
    if sys.platform.startswith("linux"):
        LIBC.prctl(DIE_WITH_PARENT, KILL, 0, 0, 0)
    confine(Path(box), [*python_folders(), *map(Path, readable.split(os.pathsep))])
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
