"""One replay in a process of its own, so that its peak memory is its own: prints what it took as JSON."""

import json
import re
import resource
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from replay.rebuild import rebuild
from tests.benchmarks.ground import open_journal
from tests.conftest import MODELS


class OneReplay(NamedTuple):
    """What a replay took."""

    events: int
    seconds: float
    peak_bytes: int
    """The most memory the process ever held, libraries and mapped pages of the database's file included."""


def peak_bytes() -> int:
    """The high-water mark of this process.

    On Linux `getrusage` also counts the process that started this one: its own account does not.
    """
    account = Path("/proc/self/status")
    if account.exists() and (found := re.search(r"^VmHWM:\s+(\d+) kB", account.read_text(), re.MULTILINE)):
        return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(url: str, vault_url: str) -> None:
    """Replay the log in a database and print the figures."""
    with ExitStack() as closing:
        journal = open_journal(url, vault_url, closing)
        start = time.perf_counter()
        done = rebuild(journal, MODELS)
        found = OneReplay(done.events, time.perf_counter() - start, peak_bytes())
    print(json.dumps(found._asdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])
