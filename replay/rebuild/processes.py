"""Which process carries a replay out, under a name of its own, and whether it still lives: the host, its number, and
when it began, since after a restart of the machine another process may bear the number."""

import os
import socket
from pathlib import Path
from uuid import uuid4

_HERE: set[str] = set()
"""What this process holds: within one process only that tells a replay that was ended from one that goes on."""


def new_holder() -> str:
    """A name under which this process holds something, until it lets go of it."""
    holder = holder_of(os.getpid())
    _HERE.add(holder)
    return holder


def let_go(holder: str) -> None:
    """Tell that this process does nothing under the name any more: another may go on at once."""
    _HERE.discard(holder)


def holder_of(number: int) -> str:
    """A new name for a process of this machine."""
    return f"{socket.gethostname()}/{number}/{_begun(number) or ''}:{uuid4()}"


def lives(holder: str) -> bool | None:
    """Whether the process of a holder still does what it held; None where that cannot be seen from here."""
    host, number, mark = holder.split("/")
    if host != socket.gethostname():
        return None
    if int(number) == os.getpid():
        return holder in _HERE
    begun = _begun(int(number))
    if begun == "":
        return None if _runs(int(number)) else False
    return begun == mark.partition(":")[0]


def _begun(number: int) -> str | None:
    """When a process began, by its kernel; None where there is none (any more), empty where the kernel is silent."""
    try:
        told = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return "" if _runs(number) else None
    # The name of the program stands in parentheses, and may hold any.
    state, *rest = told.rpartition(")")[2].split()
    return None if state in "ZX" else f"{started[:8]}-{rest[18]}"


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
