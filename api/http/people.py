"""GET /v1/people/{id} and what is below it: a person at both clocks, with entity tags."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.http.answer import Answer, Asked, ask
from api.http.cursor import NEXT_LINK
from api.http.entity_tags import entity_tag, not_modified
from api.http.journey import PersonJourney, journey
from api.http.network import Compared, PersonNetwork, network
from api.http.parameters import ADVICE, Clocks, Page, PersonId, Ruled
from api.http.problems import Problem, documented, invalid
from api.http.roles import PersonRoles, roles
from api.http.summary import PersonSummary, summary
from api.http.timeline import Timeline, begins_after, timeline
from api.http.wellbeing import PersonWellbeing, wellbeing
from api.wiring import Majung
from domain.clock import END_OF_TIME
from domain.cloud_events import in_utc
from domain.journey import VERSION_1, Rules
from domain.network import SeenTie
from replay.live.held import folding
from replay.queries.shared_ties import ties_seen_by

Told = TypeVar("Told", bound=Answer)

_TAG = {"ETag": {"description": "Names this answer; send it back in If-None-Match.", "schema": {"type": "string"}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"headers": _TAG},
    304: {"description": "The answer that If-None-Match names still holds."},
    **documented("person-unknown", "invalid-parameter", "database-unavailable", "vault-unavailable", "does-not-fold"),
}


def people_router(majung: Majung) -> APIRouter:
    """The endpoints about one person. They are plain functions, run in threads: reading the journal blocks."""
    router = APIRouter(prefix="/v1/people/{id}", tags=["people"], responses=_RESPONSES)
    clocks_asked = Annotated[Clocks, Query()]
    ruled = Annotated[Ruled, Query()]

    def answer(
        request: Request, response: Response, person: UUID, clocks: Clocks, tell: Callable[[Asked], Told]
    ) -> Told | Response:
        return tagged(request, response, ask(majung, person, clocks, _rules(majung, clocks)), tell)

    def tagged(
        request: Request,
        response: Response,
        asked: Asked,
        tell: Callable[[Asked], Told],
        of_others: Sequence[SeenTie] = (),
    ) -> Told | Response:
        tag = entity_tag(
            asked.person,
            as_of=asked.as_of,
            known_at=asked.known_at,
            rules=asked.rules,
            of_others=of_others,
            held=asked.held,
        )
        if (unchanged := not_modified(request, tag)) is not None:
            return unchanged
        with folding(Problem):
            told = tell(asked)
        response.headers["ETag"] = tag
        return told

    @router.get("", response_model=PersonSummary, summary="Where a person stands")
    def _(person: PersonId, ruled: ruled, request: Request, response: Response) -> Any:
        """Stage, rule, standing, last contact, consents, each instrument's latest score with its change."""
        return answer(request, response, person, ruled, summary)

    @router.get(
        "/timeline",
        response_model=Timeline,
        responses={200: {"headers": _TAG | NEXT_LINK}},
        summary="What happened to a person, page by page",
    )
    def _(person: PersonId, page: Annotated[Page, Query()], request: Request, response: Response) -> Any:
        """Follow the `next` link until there is none. Arrivals between pages shift nothing."""
        after = begins_after(person, page)
        told = answer(request, response, person, page, lambda asked: timeline(asked, page, after))
        if isinstance(told, Timeline) and told.next_cursor is not None:
            response.headers["Link"] = f'<{_next(person, page, told.next_cursor)}>; rel="next"'
        return told

    @router.get("/journey", response_model=PersonJourney, summary="The stages of a person, with evidence")
    def _(person: PersonId, ruled: ruled, request: Request, response: Response) -> Any:
        """Every spell with rule, rule version and evidence; the episodes; anomalies; the status at `as_of`."""
        return answer(request, response, person, ruled, journey)

    @router.get("/wellbeing", response_model=PersonWellbeing, summary="How a person has been, by instrument")
    def _(person: PersonId, ruled: ruled, request: Request, response: Response) -> Any:
        """Every measure with its score or the reason for none, the change since the baseline, and what is due when.

        `rules` decides when healing was entered, from which baseline and occasions are counted."""
        return answer(request, response, person, ruled, wellbeing)

    @router.get("/network", response_model=PersonNetwork, summary="The relationships of a person over time")
    def _(person: PersonId, compared: Annotated[Compared, Query()], request: Request, response: Response) -> Any:
        """The network at `as_of`, every tie with its interval and evidence, and what changed since `compare_with`.

        Ties that others told of the person are there too, while both consent."""
        asked = ask(majung, person, compared)
        seen = ties_seen_by(majung.journal, asked.person, as_of=asked.as_of, known_at=asked.known_at or END_OF_TIME)
        return tagged(request, response, asked, lambda asked: network(asked, seen, compared.compare_with), seen)

    @router.get("/roles", response_model=PersonRoles, summary="The roles of a person over time")
    def _(person: PersonId, clocks: clocks_asked, request: Request, response: Response) -> Any:
        """Participant, trainee, healing activist: those held at `as_of`, and every interval with its evidence."""
        return answer(request, response, person, clocks, roles)

    return router


def _rules(majung: Majung, clocks: Clocks) -> Rules:
    """The rules asked for. An unknown version is refused: other rules would answer another question."""
    told = clocks.rules if isinstance(clocks, Ruled) else None
    if told is None:
        return VERSION_1
    if (found := majung.rule_sets().get(told)) is None:
        raise invalid({"rules": ADVICE["rules"]})
    return found


def _next(person: UUID, page: Page, cursor: str) -> str:
    """A relative reference: which host the caller knows this server by is theirs to know."""
    clocks = [("as_of", page.as_of), ("known_at", page.known_at)]
    query = [(name, in_utc(moment)) for name, moment in clocks if moment is not None]
    query += [("type", name) for name in page.type]
    query += [("limit", str(page.limit)), ("cursor", cursor)]
    return f"/v1/people/{person}/timeline?{urlencode(query)}"
