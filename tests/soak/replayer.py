"""Replays in several processes and tells every part that is done: to be killed."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from replay.database import Database
from replay.journal import Journal
from replay.rebuild import Crew, Opened, parts, rebuild
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS


@contextmanager
def opened(url: str, vault_url: str) -> Iterator[Opened]:
    """The journal of this run, here and in the processes that help."""
    with ExitStack() as closing:
        database, keys = Database(url), Database(vault_url)
        closing.callback(database.close)
        closing.callback(keys.close)
        yield Opened(Journal(database, Vault(keys, MASTER_KEY)), MODELS)


def main(url: str, vault_url: str, processes: str, copies_from: str) -> None:
    """A line before the first part, one for every part, and a last one."""
    # Small parts: many, to be killed amid.
    parts.EVENTS_AT_ONCE = parts.TEACHING = 10
    opening = partial(opened, url, vault_url)
    with opening() as here:
        crew = Crew(int(processes), opening, copies_from=int(copies_from))
        print("began", flush=True)
        done = rebuild(
            here.journal, MODELS, engine=crew, compare=True, told=lambda part: print(part.part, part.worker, flush=True)
        )
    print("switched" if done.switched else "waiting", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
