"""A person's roles: what they are to the programme at `as_of`, and every interval with the events it rests on."""

from uuid import UUID

from api.http.answer import Answer, Asked, Instant, Part
from domain.roles import Role, RoleEnd, roles_at, roles_of


class HeldRole(Part):
    """A role from where it began to where it ended. Somebody may hold several at once."""

    role: Role
    since: Instant
    until: Instant | None
    """Not held any more; null: held at `as_of`."""
    end: RoleEnd | None
    """How it ended."""
    relapse: bool | None
    """Whether an activist stepped down for a relapse; null where nobody stepped down."""
    evidence: list[UUID]
    """The events that it began with."""
    ended_by: UUID | None
    """The event that ended it."""


class PersonRoles(Answer):
    """Who this person is to the programme."""

    roles: list[Role]
    """Those held at `as_of`, in the order in which one comes to them."""
    intervals: list[HeldRole]
    """In order of (`since`, `role`)."""


def roles(asked: Asked) -> PersonRoles:
    """The roles of a person at both clocks."""
    found = roles_of(asked.person.history)
    return PersonRoles(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        roles=roles_at(found, asked.as_of),
        intervals=[HeldRole(**interval._asdict()) for interval in found],
    )
