"""An export or a restore that kills its own process at a step: `python -m tests.replay.archive.killed`."""

import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from replay.archive.export import export_journal
from replay.archive.restore import restore_journal
from replay.database import Database
from replay.journal import Journal
from replay.recorder import now_in_utc
from replay.schema import check
from replay.vault import Vault

FILE_ROWS = 50
"""Small files, so that a run has many steps."""


def killed(what: str, journal: Journal, folder: Path, at: str) -> None:
    """Run it in a process that kills itself: at the `manifest`, or when this share of the work is done."""
    # Not at the top: the process that is started has no need of all that the other tests import.
    from tests.conftest import MASTER_KEY

    arguments = [what, journal.database.url, journal.vault.database.url, MASTER_KEY.hex(), str(folder), at]
    done = subprocess.run([sys.executable, "-m", "tests.replay.archive.killed", *arguments], check=False)
    assert done.returncode == -signal.SIGKILL


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(what: str, url: str, vault_url: str, key: str, folder: str, at: str) -> None:
    database = Database(url)
    begun = (Path(folder) / "manifest.json").exists()

    def clock() -> datetime:
        nonlocal begun
        # Asked for the time of the manifest that lists the new files; one that lists nothing comes before it.
        if begun and at == "manifest":
            _kill()
        begun = True
        return now_in_utc()

    def progress(done: int, total: int) -> None:
        if at != "manifest" and done >= total * float(at):
            _kill()

    if what == "export":
        export_journal(database, Path(folder), clock=clock, progress=progress, file_rows=FILE_ROWS)
    else:
        journal = Journal(database, Vault(Database(vault_url), bytes.fromhex(key)), shards=check(database))
        restore_journal(journal, Path(folder), progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
