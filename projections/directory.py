"""The directory: which pseudonyms share a phone, a name with a date of birth, or a nickname at one site, by keyed blind
indexes and never by plaintext.

A blind index is the first 16 bytes of HMAC-SHA-256 (RFC 2104) over the kind of a clue and the clue, under a key that is
derived from the master key. Without that key nobody can try out telephone numbers on the rows; with it one can only ask
whether this one is there. What the rows tell to everybody is that two people share something, and of which kind.

Warning: another key gives other indexes, and rows of two keys would silently not match. So the version of the read
model holds a check of the key: rows that were folded under another one are refused as outdated until
`majung replay directory`.
"""

import hmac
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, String

from domain.clues import Clue, clues_of
from domain.history import History
from projections.columns import Pseudonym
from projections.read_model import ReadModel

DIRECTORY = "directory"
"""Its name, where the key is not at hand."""
_VERSION = 1
"""Of the fold and the spelling of clues: at most 127, for the version with the check to be an integer of 32 bits."""
_CHECK_BYTES = 3


class BlindIndex:
    """Makes blind indexes under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, clue: Clue) -> UUID:
        """The index: 16 bytes kept as an id is, and with no meaning as one."""
        # A lone surrogate comes from a terminal only; it matches nothing, and is no reason to fail.
        told = f"{clue.kind.value}\0{clue.value}".encode(errors="surrogatepass")
        return UUID(bytes=hmac.digest(self._key, told, "sha256")[:16])

    @property
    def check(self) -> int:
        """24 bits that tell this key from another and nothing of itself."""
        return int.from_bytes(hmac.digest(self._key, b"majung check of the key", "sha256")[:_CHECK_BYTES])


class DirectoryRow(NamedTuple):
    """One clue of one person, blind."""

    component: UUID
    blind_index: UUID
    kind: str
    site: str | None
    """Where a nickname counts; None of other kinds."""
    told_by: UUID
    """The event that told it first."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("blind_index", Pseudonym, primary_key=True),
        Column("kind", String, nullable=False),
        Column("site", String),
        Column("told_by", Pseudonym, nullable=False),
    ]


def directory(blind: BlindIndex) -> ReadModel:
    """The read model under one key. Its fold is pure: the key is a part of the definition."""

    def fold(history: History) -> list[DirectoryRow]:
        return [
            DirectoryRow(history.root, blind.of(clue), clue.kind.value, told.site, told.event_id)
            for clue, told in clues_of(history).items()
        ]

    return ReadModel(
        name=DIRECTORY,
        version=_VERSION << 8 * _CHECK_BYTES | blind.check,
        row=DirectoryRow,
        key=("component", "blind_index"),
        columns=columns,
        fold=fold,
        indexes=(("blind_index",),),
        evidence=("told_by",),
        secret=frozenset({"blind_index"}),
    )
