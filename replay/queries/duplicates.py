"""Who may be one person, and who has a phone, a name or a nickname: asked of the directory, from one snapshot."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from projections.read_model import ReadModel
from projections.suggested_links import SuggestedLink, TooCommon, people_with, suggested_links, too_common
from replay.journal import Journal
from replay.live import generations
from replay.queries.as_of import PersonUnknown
from replay.queries.lag import lag

MOST_FOUND = 200
"""Who has what more people have is not looked for by it."""


class Suggestions(NamedTuple):
    """Pairs that may be one person; nothing is linked by them."""

    person: UUID | None
    """The root of the person asked about; None: everybody."""
    links: list[SuggestedLink]
    too_common: list[TooCommon]
    behind: int
    """Events that the directory has not seen yet."""


class Found(NamedTuple):
    """Who matches what was looked for."""

    people: list[UUID]
    """At most MOST_FOUND, in the order of their pseudonyms."""
    more: bool
    """Whether there are others."""
    behind: int


def suggestions(
    journal: Journal,
    directory: ReadModel,
    *,
    participant_id: UUID | None = None,
    weak: bool = False,
    parted: bool = False,
    limit: int,
) -> Suggestions:
    """The likeliest pairs of everybody, or of the person behind a pseudonym. Raises PersonUnknown."""
    with journal.database.read() as connection:
        [served] = generations.live(connection, [directory])
        root = None if participant_id is None else _root(journal, connection, participant_id)
        links = suggested_links(connection, served.table, of=root, weak=weak, parted=parted, limit=limit)
        common = too_common(connection, served.table, of=root, weak=weak, limit=limit)
        return Suggestions(root, links, common, lag(connection, [directory]).behind)


def look_up(journal: Journal, directory: ReadModel, blind_index: UUID) -> Found:
    """The people of whom the clue with this blind index was told."""
    with journal.database.read() as connection:
        [served] = generations.live(connection, [directory])
        people = people_with(connection, served.table, blind_index, limit=MOST_FOUND + 1)
        return Found(people[:MOST_FOUND], len(people) > MOST_FOUND, lag(connection, [directory]).behind)


def _root(journal: Journal, connection: Connection, participant_id: UUID) -> UUID:
    """As the rows have it: by the links that were folded, not those of a moment ago."""
    if not journal.reader.streams(connection, [participant_id]):
        raise PersonUnknown(f"nothing is recorded of participant {participant_id}: check the id")
    [root] = journal.reader.components(connection, [participant_id])
    return root
