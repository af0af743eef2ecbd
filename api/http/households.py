"""GET /v1/households/{id}: who lives together."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.http.answer import Instant, Part
from api.http.commands import ASKED
from api.http.problems import documented
from api.http.workers import AsOf
from api.wiring import Majung
from replay.commands.casework import household_at


class MemberTold(Part):
    """Somebody's stay in a household. Who left and came back has several."""

    participant_id: UUID
    """The pseudonym of the person: the smallest of all linked identities."""
    since: Instant
    until: Instant | None
    """Null: they belong to it at `as_of`."""
    joined_by: UUID
    left_by: UUID | None


class Household(Part):
    """Who belongs to a household, and who did."""

    household_id: UUID
    """The pseudonym that was asked about; any identity linked to it gives the same household."""
    as_of: Instant
    members: list[MemberTold]
    """By (`since`, `participant_id`)."""
    behind: int
    """How many events of the journal are not in this answer yet."""


HouseholdId = Annotated[UUID, Path(alias="id", description="The household's pseudonym.")]


def households_router(majung: Majung) -> APIRouter:
    """The endpoint about a household. It reads rows that the worker process keeps up to date."""
    router = APIRouter(prefix="/v1/households/{id}", tags=["households"])

    @router.get("", response_model=Household, summary="Who lives together", responses=documented(*ASKED))
    def _(household: HouseholdId, asked: Annotated[AsOf, Query()]) -> Any:
        """Everybody who belonged to a household by then, since when and until when, as known now."""
        moment = asked.as_of or majung.now()
        with majung.database.read() as connection:
            found = household_at(majung.journal, connection, household, moment)
            behind = majung.lag_in(connection).behind
        members = [MemberTold(**member._asdict()) for member in found]
        return Household(household_id=household, as_of=moment, members=members, behind=behind)

    return router
