"""A replay by two processes, one of which holds still when all is folded until its input ends."""

import sys
from functools import partial
from pathlib import Path

from api import wiring
from replay.rebuild import Crew, parts, rebuild
from replay.rebuild.parts import Done
from tests.api.http.requests import settings_in


def main(folder: str, database_url: str) -> None:
    """Parts of a thousand events."""
    parts.EVENTS_AT_ONCE = 1_000
    settings = settings_in(Path(folder), database_url)
    with wiring.start(settings) as majung:
        crew = Crew(2, partial(wiring.opened, settings))
        left = sum(majung.journal.head())

        def hold_still(part: Done) -> None:
            nonlocal left
            left -= part.events
            if left == 0:
                sys.stdin.read()

        rebuild(majung.journal, majung.models(), engine=crew, told=hold_still)


if __name__ == "__main__":
    main(*sys.argv[1:])
