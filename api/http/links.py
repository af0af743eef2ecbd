"""GET, POST and DELETE /v1/people/{id}/links: which identities are one person, and the commands that say so.

Why stands in the body, of DELETE as well: a reason is personal, and headers and addresses are what servers log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from api.http.answer import Instant, Part
from api.http.commands import ASKED, COMMANDED, Command, body_of, contended, read_command, receipt_response
from api.http.entity_tags import entity_tag, not_modified
from api.http.parameters import Moment, PersonId
from api.http.problems import Problem, documented
from api.wiring import Majung
from domain.clock import END_OF_TIME
from domain.identities import AlreadyOnePerson, LinkingError, ParticipantUnknown
from domain.journey import VERSION_1
from replay.commands import linking


class KnownAt(BaseModel):
    """A link has no world time: it is asked for at the journal's clock only."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    known_at: Moment | None = None
    """The journal's clock: what had been recorded by then. Without it, everything recorded so far."""


class LinkCommand(Command):
    """Two pseudonyms were found to be one person."""

    other_id: UUID
    """The other pseudonym."""
    pair_id: UUID | None = None
    """A new UUID of the caller's: with it, sending the command again is safe. Without it, one is made."""


class UnlinkCommand(Command):
    """A link was found to be wrong."""


class IdentityLink(Part):
    """A link between two identities, and what became of it."""

    pair_id: str
    one: UUID
    other: UUID
    linked_at: Instant
    """From when the journal knows it."""
    linked_by: str | None
    unlinked_at: Instant | None
    """Null while it is in force."""
    unlinked_by: str | None


class PersonLinks(Part):
    """Who is one person with a pseudonym."""

    participant_id: UUID
    """The pseudonym that was asked about."""
    known_at: Instant | None
    """The journal time up to which was looked; null: everything recorded so far."""
    person: UUID
    """The smallest of the identities: what stands for the person in every figure."""
    identities: list[UUID]
    links: list[IdentityLink]
    """Every link that one of the identities has or had."""


class LinkReceipt(Part):
    """A command is carried out."""

    pair_id: str
    status: Literal["recorded", "duplicate"]
    """`duplicate`: it had been carried out before, in the same words."""


PairId = Annotated[str, Path(description="The id of a link, from the list of a person's links.")]

_TAG = {"ETag": {"description": "Names this answer; send it back in If-None-Match.", "schema": {"type": "string"}}}
_ADVICE = {
    "other_id": "must be the other participant's pseudonym, a UUID",
    "pair_id": "must be a UUID that no link had before, or left out",
}
_WHAT_TO_DO = {
    "same-pseudonym": "other_id is the pseudonym of the path: name another one",
    "already-one-person": "there is nothing to link: `pairs` lead from one to the other, past those in `through`",
    "household-and-person": "one is a household, the other a person: record that they joined it instead",
    "pair-id-used": "the pair id names another link, or one that was taken back: send a new one",
    "not-linked": "no link of this person has this pair id: the list of their links has them all",
    "no-longer-linked": "the link was taken back before, in other words or by somebody else: there is nothing to do",
}


def links_router(majung: Majung) -> APIRouter:
    """The endpoints about a person's identities. Commands block and run in threads; the loop only reads the body."""
    router = APIRouter(prefix="/v1/people/{id}/links", tags=["people"])
    journal = majung.journal

    @router.get(
        "",
        response_model=PersonLinks,
        summary="Which identities are one person",
        responses={
            200: {"headers": _TAG},
            304: {"description": "The answer that If-None-Match names still holds."},
            **documented(*ASKED),
        },
    )
    def _(person: PersonId, asked: Annotated[KnownAt, Query()], request: Request, response: Response) -> Any:
        """Everybody who is one person with this pseudonym, and every link that one of them has or had."""
        found = linking.identities_of(journal, person, known_at=asked.known_at or END_OF_TIME)
        tag = entity_tag(found.person, as_of=END_OF_TIME, known_at=asked.known_at, rules=VERSION_1)
        if (unchanged := not_modified(request, tag)) is not None:
            return unchanged
        response.headers["ETag"] = tag
        return PersonLinks(
            participant_id=person,
            known_at=asked.known_at,
            person=found.person.history.root,
            identities=sorted(found.person.identities),
            links=[IdentityLink(**pair._asdict()) for pair in found.pairs],
        )

    @router.post(
        "",
        status_code=201,
        response_model=LinkReceipt,
        summary="Make one person of two pseudonyms",
        responses={
            200: {"model": LinkReceipt, "description": "The same was carried out before."},
            201: {"description": "They are one person now."},
            **documented(*COMMANDED, "same-pseudonym", "already-one-person", "household-and-person", "pair-id-used"),
        },
        openapi_extra=body_of(LinkCommand),
    )
    async def _(person: PersonId, request: Request) -> Response:
        """Both ends of the link are stored in one transaction. It can be taken back at any time."""
        told = await read_command(LinkCommand, request, _ADVICE)

        def carry_out() -> Response:
            said: dict[str, Any] = {"reason": told.reason, "actor": told.actor, "now": majung.now()}
            pair = str(told.pair_id) if told.pair_id else None
            with _problems(person):
                return _receipt(linking.link(journal, person, told.other_id, pair_id=pair, **said), new=201)

        return await run_in_threadpool(carry_out)

    @router.delete(
        "/{pair_id}",
        response_model=LinkReceipt,
        summary="Take a link back",
        responses={
            200: {"description": "The link is taken back, now or before in the same words."},
            **documented(*COMMANDED, "not-linked", "no-longer-linked"),
        },
        openapi_extra=body_of(UnlinkCommand),
    )
    async def _(person: PersonId, pair_id: PairId, request: Request) -> Response:
        """Nothing is rewritten: from now on each has a history of their own again."""
        told = await read_command(UnlinkCommand, request, _ADVICE)

        def carry_out() -> Response:
            said: dict[str, Any] = {"reason": told.reason, "actor": told.actor, "now": majung.now()}
            with _problems(person):
                return _receipt(linking.unlink(journal, person, pair_id=pair_id, **said), new=200)

        return await run_in_threadpool(carry_out)

    return router


@contextmanager
def _problems(person: UUID) -> Iterator[None]:
    try:
        with contended():
            yield
    except ParticipantUnknown as error:
        name = "id" if error.participant_id == person else "other_id"
        raise Problem("person-unknown", f"nothing is recorded of {name}: check it", parameter=name) from None
    except AlreadyOnePerson as error:
        through = [str(identity) for identity in error.through]
        raise Problem(error.code, _WHAT_TO_DO[error.code], pairs=list(error.pairs), through=through) from None
    except LinkingError as error:
        raise Problem(error.code, _WHAT_TO_DO[error.code]) from None


def _receipt(done: linking.Linked, *, new: int) -> Response:
    [pair_id] = done.pair_ids
    receipt = LinkReceipt(pair_id=pair_id, status="duplicate" if done.duplicate else "recorded")
    return receipt_response(receipt, duplicate=done.duplicate, new=new)
