"""Clues that two pseudonyms may be one person, each in a spelling that compares.

| Kind | Two are the same when |
|---|---|
| phone | the digits are, with Korea's country code written as the leading 0 |
| name_birth | the name is, without blanks and whatever its case and Unicode form, and the date of birth |
| nickname | the nickname is, compared as a name is, and the site: elsewhere it is somebody else's |
| parted | staff took back a link between the same two pseudonyms: no clue, but what was decided on them |

An address is no clue: nothing here tells that two spellings of one are the same, and a lodging house is one address.

What ever was told and is in force counts. An update replaces nothing: a phone or a name that was once theirs is a clue
still. What was a mistake is corrected or voided, and then no longer counts. A date of birth told later than the name
goes with the name last told, and the other way round. A household has no clues: it is no person, and its phone is the
phone of several.
"""

from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from unicodedata import category, normalize
from uuid import UUID

from domain.codes import ParticipantKind
from domain.events import IdentitiesUnlinked, StoreVisited
from domain.history import History
from domain.participant_kind import DESCRIPTIONS, kind_of
from domain.touchpoint import Touchpoint

TELLING: frozenset[type[Touchpoint]] = DESCRIPTIONS | {StoreVisited, IdentitiesUnlinked}
"""Everything that gives a clue."""

_COUNTRY_CODE = "82"
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
"""Of a number with its area code, as 02-123-4567; and of any number in the world (ITU-T E.164)."""
_NEITHER_SEEN_NOR_MEANT = frozenset({"Cc", "Cf"})


class ClueKind(StrEnum):
    PHONE = "phone"
    NAME_BIRTH = "name_birth"
    NICKNAME = "nickname"
    PARTED = "parted"


class Clue(NamedTuple):
    """A clue as it compares. Warning: it is plaintext, and must be nowhere but in memory."""

    kind: ClueKind
    value: str


class Told(NamedTuple):
    """Who told a clue first."""

    event_id: UUID
    site: str | None
    """Of a nickname, where it counts; of the others nothing, for they count everywhere."""


def by_phone(phone: str) -> Clue | None:
    """None where it is no telephone number with its area code, or all zeros."""
    text = normalize("NFKC", phone).lstrip(" (")
    digits = "".join(letter for letter in text if letter in "0123456789")
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or set(digits[-7:]) == {"0"}:
        return None
    # No national number begins with an 8, so the code needs no plus; a trunk 0 in brackets may follow it.
    if digits.startswith(_COUNTRY_CODE) and len(digits) > _FEWEST_DIGITS:
        digits = "0" + digits.removeprefix(_COUNTRY_CODE).lstrip("0")
    elif text.startswith("+"):
        digits = "+" + digits
    elif digits.startswith("10") and len(digits) == 10:
        # A mobile number that a spreadsheet took for a figure.
        digits = "0" + digits
    return Clue(ClueKind.PHONE, digits)


def by_name(name: str, birth_date: date) -> Clue | None:
    """None where the name is nothing but blanks."""
    compared = _compared(name)
    return Clue(ClueKind.NAME_BIRTH, f"{compared}\0{birth_date.isoformat()}") if compared else None


def by_nickname(nickname: str, site: str) -> Clue | None:
    """None where the nickname is nothing but blanks."""
    compared = _compared(nickname)
    return Clue(ClueKind.NICKNAME, f"{compared}\0{site}") if compared else None


def clues_of(history: History) -> dict[Clue, Told]:
    """Every clue of a person, with who told it first."""
    found: dict[Clue, Told] = {}
    name: str | None = None
    birth_date: date | None = None
    for fact in history.facts_of(TELLING):
        event: Any = fact.event
        clues: list[Clue | None] = []
        # `type` and not isinstance: pydantic's instance check costs more than all the rest.
        if type(event) is IdentitiesUnlinked:
            clues.append(_parted(event.participant_id, event.other_id))
        elif event.nickname and event.site:
            clues.append(by_nickname(event.nickname, event.site))
        if type(event) in DESCRIPTIONS:
            if event.phone:
                clues.append(by_phone(event.phone))
            if event.name or event.birth_date:
                name, birth_date = event.name or name, event.birth_date or birth_date
                clues.append(by_name(name, birth_date) if name and birth_date else None)
        for clue in clues:
            if clue is not None and clue not in found:
                found[clue] = Told(fact.event_id, event.site if clue.kind == ClueKind.NICKNAME else None)
    return {} if found and kind_of(history) == ParticipantKind.HOUSEHOLD else found


def _parted(one: UUID, other: UUID) -> Clue:
    """The same for both of them, so that it is found as what they share."""
    return Clue(ClueKind.PARTED, "\0".join(map(str, sorted((one, other)))))


def _compared(text: str) -> str:
    folded = normalize("NFKC", normalize("NFKC", text).casefold())
    return "".join(
        letter for letter in folded if not letter.isspace() and category(letter) not in _NEITHER_SEEN_NOR_MEANT
    )
