"""GET /v1/suggested-links, of everybody and of one person, and POST /v1/identities/lookup: who may be one person.

What is looked for stands in a body: addresses are what servers log. The answers hold pseudonyms only.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api.http.answer import Part
from api.http.commands import ASKED, Day, body_of, read_command
from api.http.parameters import MOST_ITEMS, PersonId
from api.http.problems import Problem, documented, invalid
from api.wiring import Majung
from domain.clues import Clue, ClueKind, by_name, by_nickname, by_phone
from domain.touchpoint import Name, Text
from projections.suggested_links import Strength
from replay.queries.duplicates import look_up, suggestions


class Suggesting(BaseModel):
    """Which pairs, and how many. They are told as known now: a link has no world time, and rows are those of now."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    weak: bool = False
    """Also those who share a nickname at a site and nothing else."""
    parted: bool = False
    """Also those whose link was taken back before; they stand last."""
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """Only the likeliest so many."""


class SuggestedPair(Part):
    """Two people who may be one. Nothing is linked by it."""

    one: UUID
    """The person of the path; of everybody the smaller pseudonym."""
    other: UUID
    """What to name in `other_id` of a link."""
    strength: Strength
    """`weak`: a nickname and nothing else."""
    reasons: list[ClueKind]
    """The kinds of what they share, the weightiest first; never the values."""
    parted: bool
    """Staff linked the two before, and took it back."""


class CommonClue(Part):
    """What suggests nobody, because more people share it than would."""

    kind: ClueKind
    site: str | None
    """Of a nickname, where it is theirs."""
    people: int
    told_by: UUID
    """One of the events that tell it."""


class SuggestedPairs(Part):
    """Who may be one person."""

    person: UUID | None
    """The smallest identity of the person asked about; null: everybody."""
    links: list[SuggestedPair]
    too_common: list[CommonClue]
    behind: int
    """How many events of the journal are not in this answer yet."""


class Lookup(BaseModel):
    """What is looked for: `phone`, or `name` with `birth_date`, or `nickname` with `site`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    phone: Text | None = None
    """All digits with the area code, in any spelling."""
    name: Text | None = None
    birth_date: Day | None = None
    nickname: Text | None = None
    site: Name | None = None


class PeopleFound(Part):
    """Of whom it was told."""

    people: list[UUID]
    """Their pseudonyms, in their order."""
    more: bool
    """Whether there are more than are told."""
    behind: int
    """How many events of the journal are not in this answer yet."""


_ADVICE = {
    "phone": "must be a telephone number",
    "name": "must be a text of at most 2,000 characters",
    "birth_date": "must be a date such as 1970-01-31",
    "nickname": "must be a text of at most 2,000 characters",
    "site": "must be the name of a site, of at most 200 characters",
}
_TAKEN = "send phone, or name with birth_date, or nickname with site, and nothing else"
_UNREADABLE = "needs all its digits with the area code, if it is a phone, and more than blanks, if it is a name"


def duplicates_router(majung: Majung) -> APIRouter:
    """The endpoints about who may be one person. They read the directory, which the worker keeps up to date."""
    router = APIRouter(prefix="/v1", tags=["people"])

    def suggested(asked: Suggesting, person: UUID | None = None) -> SuggestedPairs:
        found = suggestions(majung.journal, majung.directory, participant_id=person, **asked.model_dump())
        return SuggestedPairs(
            person=found.person,
            links=[SuggestedPair(**link._asdict()) for link in found.links],
            too_common=[CommonClue(**common._asdict()) for common in found.too_common],
            behind=found.behind,
        )

    @router.get(
        "/suggested-links",
        response_model=SuggestedPairs,
        summary="Who may be one person",
        responses=documented("invalid-parameter", "database-unavailable"),
    )
    def _(asked: Annotated[Suggesting, Query()]) -> Any:
        """Pairs of everybody who share a phone, or a name and date of birth, the likeliest first."""
        return suggested(asked)

    @router.get(
        "/people/{id}/suggested-links",
        response_model=SuggestedPairs,
        summary="Who may be this person",
        responses=documented(*ASKED),
    )
    def _(person: PersonId, asked: Annotated[Suggesting, Query()]) -> Any:
        """The pairs of one person."""
        return suggested(asked, person)

    @router.post(
        "/identities/lookup",
        response_model=PeopleFound,
        summary="Whose a phone, a name or a nickname is",
        responses=documented(
            "invalid-parameter", "unsupported-content", "unreadable", "too-large", "database-unavailable"
        ),
        openapi_extra=body_of(Lookup),
    )
    async def _(request: Request) -> Any:
        """What is looked for is neither stored nor logged; the answer holds pseudonyms only."""
        clue = _clue(await read_command(Lookup, request, _ADVICE))
        blind_index = majung.blind_index.of(clue)
        found = await run_in_threadpool(look_up, majung.journal, majung.directory, blind_index)
        return PeopleFound(**found._asdict())

    return router


def _clue(told: Lookup) -> Clue:
    clue: Clue | None = None
    match told.model_dump(exclude_none=True):
        case {"phone": phone, **others} if not others:
            clue = by_phone(phone)
        case {"name": name, "birth_date": birth_date, **others} if not others:
            clue = by_name(name, birth_date)
        case {"nickname": nickname, "site": site, **others} if not others:
            clue = by_nickname(nickname, site)
        case _:
            raise Problem("invalid-parameter", _TAKEN, parameters=[])
    if clue is None:
        [name, *_] = told.model_dump(exclude_none=True)
        raise invalid({name: _UNREADABLE})
    return clue
