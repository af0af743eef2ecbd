"""Processes beside the one that measures: each says that it is ready, then waits to be told, and answers."""

import subprocess
import sys

from replay.journal import Journal
from tests.benchmarks.ground import Ground


class Process:
    """Runs a module on the journal until the end of the case. It is ready when it is made."""

    def __init__(self, module: str, journal: Journal, ground: Ground, *arguments: str) -> None:
        where = [journal.database.url, journal.vault.database.url]
        command = [sys.executable, "-m", module, *where, *arguments]
        self._process = ground.closing.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        ground.closing.callback(self._process.kill)

    def begin(self) -> None:
        """Tell it to do what it does once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Its next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
