"""A replay by two processes, in a process of its own that holds still after the first part until its input ends."""

import sys
from functools import partial
from pathlib import Path

from api import wiring
from replay.rebuild import Crew, parts, rebuild
from replay.rebuild.parts import Done
from tests.api.http.requests import settings_in


def main(folder: str, database_url: str) -> None:
    """Parts of a thousand events: the two fold on while this one waits to be told of the first."""
    parts.EVENTS_AT_ONCE = 1_000
    settings = settings_in(Path(folder), database_url)
    with wiring.start(settings) as majung:
        crew = Crew(2, partial(wiring.opened, settings))
        rebuild(majung.journal, majung.models(), engine=crew, told=_hold_still)


def _hold_still(_: Done) -> None:
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
