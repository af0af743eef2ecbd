"""`majung person copy`: everything recorded of somebody, for that person, in plain text."""

from enum import StrEnum
from typing import Annotated

import typer

from api import wiring
from api.cli import output as printed
from api.cli.listing import Listing, record
from api.cli.messages import remark
from api.cli.options import KnownAt, Participant
from api.settings import load_settings
from api.subject_copy import SubjectCopy, subject_copy

_REMARK = (
    "this copy holds personal data in plain text: keep it from others, "
    "and read its notes for what they say of other people before it is handed over"
)


class CopyFormat(StrEnum):
    """How the copy is written."""

    JSON = "json"
    JSONL = "jsonl"


AsCopy = Annotated[CopyFormat, typer.Option("--output", "-o", help="One document, or a line for every entry.")]


def copy(participant: Participant, known_at: KnownAt = None, output: AsCopy = CopyFormat.JSON) -> None:
    """Everything recorded of somebody, as the law gives it to them: sealed fields opened, others' data withheld."""
    with wiring.start(load_settings()) as majung:
        found = subject_copy(majung.journal, participant, known_at)
    remark(_REMARK)
    printed.show(printed.Format(output), *_listings(found))


def _listings(found: SubjectCopy) -> list[Listing]:
    """The sections in their order, the head of the document first."""
    sections = found.model_dump(mode="json")
    about = record("about", **sections.pop("about"))
    return [about, *(_listing(name, entries) for name, entries in sections.items())]


def _listing(name: str, entries: list[dict[str, object]]) -> Listing:
    columns = tuple(entries[0]) if entries else ()
    return Listing(name, columns, [tuple(entry.values()) for entry in entries])
