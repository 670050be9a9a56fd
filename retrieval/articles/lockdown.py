"""Giving up every right of this process that reading bytes does not need.

What holds on which system:

- **Linux with libseccomp** (Debian, Ubuntu, Fedora, Arch and their kin have it, and so have the official Python images
  in Docker, whose default profile lets it through): the kernel refuses every system call but reading and writing what
  is open already, memory and the clock. No file, no folder, no connection, no program, no other process.
- **Linux without libseccomp**, from kernel 5.13 on: Landlock and limits. No file, connection or program can be opened,
  and no file made, written or deleted; from kernel 6.12 on no other process can be sent a signal either.
- **macOS and older Linux**: limits. Nothing can be opened: no file, folder, connection or pipe. But a file can still be
  deleted by its name, and the process can become another program, which can open nothing either.
- **Windows**: nothing but what holds everywhere: no environment, a limit of time, a process of its own.

Memory is limited to 2 GiB on Linux alone. An administrator (root) whom the system lets raise limits is held by the
kernel alone, not by limits.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import sys
from types import ModuleType
from typing import Any

resource: ModuleType | None
try:
    import resource  # here, as it cannot be opened later
except ImportError:  # Windows
    resource = None

_MEMORY_BYTES = 2 * 2**30
"""Address space of the process."""

_ALLOWED_CALLS = (
    # what is open already
    *("read", "readv", "write", "writev", "lseek", "_llseek", "close", "fstat", "fstat64"),
    # memory
    *("brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "membarrier"),
    # waiting, signals to itself that Python and the C library handle, and the end
    *("futex", "futex_time64", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("exit", "exit_group", "sched_yield", "rseq", "set_robust_list"),
    # the clock, chance, and who one is
    *("clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time", "times", "getrusage", "setitimer"),
    *("getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "sched_getaffinity"),
)
"""System calls that cannot reach anything outside of this process; everything else is refused."""


def lock_down() -> list[str]:
    """Give up what can be given up on this system, for good; returns the names of what holds now."""
    calls = _seccomp_filter()  # made while libraries can still be opened
    holds = {"landlock": _landlock(), "limits": _limit(), "seccomp": _load(calls)}
    return [name for name, holds_now in holds.items() if holds_now]


def _limit() -> bool:
    """Let nothing be opened any more (a limit of zero open files holds whatever is closed), and little memory used."""
    if resource is None:
        return False
    limits = {"NOFILE": 0, "NPROC": 0, "CORE": 0}
    if sys.platform == "linux":
        limits["AS"] = _MEMORY_BYTES
    for name, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    return bool(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 0)


_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_NO_NEW_PRIVILEGES = 38
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access to files each version of Landlock knows; later ones know 16."""


def _landlock() -> bool:
    """Let the kernel refuse all access by name to files, programs and connections (https://docs.kernel.org, Landlock).

    A set of rules that handles every kind of access and allows none is made and applied.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    files, connections, scopes = (1 << _RIGHTS.get(version, 16)) - 1, 0b11, 0b11
    handled = (ctypes.c_uint64 * 3)(files, connections, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24  # noqa: PLR2004 - which fields a version knows
    rules = libc.syscall(_CREATE_RULESET, handled, size, 0)
    if rules < 0 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)


def _seccomp_filter() -> Any:
    """The system calls that the kernel is to allow, as a filter to load; None without libseccomp."""
    try:
        import pyseccomp

        calls = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EACCES))
        for name in _ALLOWED_CALLS:
            with contextlib.suppress(OSError):  # a call that this kind of processor does not have
                calls.add_rule(pyseccomp.ALLOW, name)
    except (ImportError, RuntimeError, OSError):  # no Linux, or no libseccomp
        return None
    return calls


def _load(calls: Any) -> bool:
    """Let the kernel refuse all system calls but those of a filter."""
    try:
        calls.load()
    except (AttributeError, OSError):  # no filter, or a kernel without seccomp
        return False
    return True
