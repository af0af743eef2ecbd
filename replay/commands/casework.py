"""Casework over the journal: assigning a worker, handing a shift over, and the read models' answers about both.

Assignments and handovers are facts, which any system may tell. What is told here has the id of a command, so that
telling it again is safe: the same command finds what it recorded then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, Table, select

from domain.casework import Assignment, assignments_of
from domain.casework.refusals import CommandIdReused, NotAssigned, SameWorker
from domain.clock import END_OF_TIME, MICROSECOND
from domain.codes import ParticipantKind
from domain.events import (
    ParticipantRegistered,
    ParticipantUpdated,
    ShiftHandedOver,
    WorkerAssigned,
    WorkerUnassigned,
)
from domain.history import History, Recorded
from domain.touchpoint import event_key, origin_of_decision
from projections.alerts import alerts
from projections.caseload import Case, Ground, caseload, caseload_of
from projections.concerns import concerns
from projections.contributions import contributions
from projections.follow_ups import follow_ups
from projections.handover import Handover, Tables, handover_of
from projections.households import Member, households, members_of
from projections.journey import journey
from projections.read_model import ReadModel
from replay.journal import CarriedOut, Journal, Outcome
from replay.live import generations
from replay.queries.as_of import PersonUnknown, people, person

ASSIGNED_BY, UNASSIGNED_BY = "urn:majung:command:assign-worker", "urn:majung:command:unassign-worker"
HANDED_OVER_BY = "urn:majung:command:hand-over"
"""The sources of these commands' events; an event's id within it is the command's."""


class HandedOver(NamedTuple):
    """What became of a handover: how many people and open items it told of."""

    people: int
    items: int
    duplicate: bool
    """It had been told before."""

    @property
    def status(self) -> Literal["recorded", "duplicate", "nothing"]:
        """`nothing`: there was nobody to hand over."""
        if not self.people:
            return "nothing"
        return "duplicate" if self.duplicate else "recorded"


def caseload_at(connection: Connection, worker: str, as_of: datetime) -> list[Case]:
    """Everybody who is assigned to a worker at a moment, as known now."""
    cases, stages, due = _tables(connection, [caseload, journey, follow_ups])
    return caseload_of(connection, worker, as_of, caseload=cases, journey=stages, follow_ups=due)


def handover_at(connection: Connection, worker: str, as_of: datetime) -> Handover:
    """Whom a worker has at a moment, and what is open for them, as known now."""
    return handover_of(
        connection, worker, as_of, Tables(*_tables(connection, [caseload, alerts, follow_ups, concerns, contributions]))
    )


def household_at(journal: Journal, connection: Connection, household_id: UUID, as_of: datetime) -> list[Member]:
    """Every stay in a household that had begun by a moment, as known now. Raises PersonUnknown."""
    [identities] = journal.reader.components(connection, [household_id]).values()
    [table] = _tables(connection, [households])
    found = members_of(connection, table, identities, as_of)
    if not found and not _is_household(journal.reader.streams(connection, identities)):
        raise PersonUnknown(
            f"nobody belonged to {household_id} by then, and nothing says it is a household: check the id"
        )
    return found


def _is_household(streams: Mapping[UUID, Sequence[Recorded]]) -> bool:
    return any(
        isinstance(told.event, ParticipantRegistered | ParticipantUpdated)
        and told.event.kind == ParticipantKind.HOUSEHOLD
        for stream in streams.values()
        for told in stream
    )


def assign(
    journal: Journal,
    participant_id: UUID,
    *,
    worker: str,
    role: str,
    actor: str,
    now: datetime,
    command_id: str | None = None,
) -> CarriedOut:
    """Give a worker a role for a person; who has it already is a duplicate.

    Raises NotAWorker, PersonUnknown and CommandIdReused.
    """
    journal.ensure_worker(worker, actor)
    history = person(journal, participant_id).history
    event = WorkerAssigned(
        participant_id=participant_id,
        occurred_at=now,
        source=ASSIGNED_BY,
        source_id=command_id or str(uuid4()),
        origin=origin_of_decision(fact.event for fact in history.facts),
        actor=actor,
        worker=worker,
        role=role,
    )
    if (before := _told_before(history, event)) is not None:
        return before
    if (already := _assigned(history, worker, role)) is not None:
        return CarriedOut(already.assigned_by, True)
    if (ended_at := _given_back_at(history, worker, role)) is not None and ended_at >= now:
        # At one instant an end outweighs an assignment, and what a clock that is fast dated ahead would end this one.
        event = event.replaced(occurred_at=ended_at + MICROSECOND)
    return _told(event, journal.record([event]))


def unassign(
    journal: Journal,
    participant_id: UUID,
    *,
    worker: str,
    role: str,
    actor: str,
    now: datetime,
    command_id: str | None = None,
) -> CarriedOut:
    """Take a worker's role for a person back. Raises NotAWorker, PersonUnknown, NotAssigned and CommandIdReused."""
    journal.ensure_worker(actor)
    history = person(journal, participant_id).history
    event = WorkerUnassigned(
        participant_id=participant_id,
        occurred_at=now,
        source=UNASSIGNED_BY,
        source_id=command_id or str(uuid4()),
        origin=origin_of_decision(fact.event for fact in history.facts),
        actor=actor,
        worker=worker,
        role=role,
    )
    if (before := _told_before(history, event)) is not None:
        return before
    if (held := _assigned(history, worker, role)) is None:
        raise NotAssigned(f"{worker} is not {role} of {participant_id}: `majung person show` has who is what")
    # What a clock that is fast dated ahead is not ended by what happens before it.
    event = event.replaced(occurred_at=max(now, held.since))
    return _told(event, journal.record([event]))


def hand_over(
    journal: Journal, *, giver: str, receiver: str, actor: str, now: datetime, command_id: str | None = None
) -> HandedOver:
    """Hand everybody for whom something is open, of those whom the giver has, over to another worker.

    The events are recorded in one transaction, one in the stream of each person. Raises NotAWorker,
    SameWorker and CommandIdReused.
    """
    journal.ensure_worker(giver, receiver, actor)
    if giver == receiver:
        raise SameWorker(f"{giver} cannot hand over to themselves: name another worker")
    command = command_id or str(uuid4())
    with journal.database.read() as connection:
        found = handover_at(connection, giver, now)
        known = people(connection, journal.reader, found.to_hand_over)
        streams = _streams(connection, journal, found, receiver) if command_id else set()
    if told := journal.find(_event_id(participant, command) for participant in sorted(streams)):
        return _repeated(command, told, receiver, actor)
    events = [
        ShiftHandedOver(
            participant_id=participant,
            occurred_at=now,
            source=HANDED_OVER_BY,
            source_id=command,
            origin=origin_of_decision(fact.event for fact in known[participant].history.facts),
            actor=actor,
            to_actor=receiver,
            open_items=items,
        )
        for participant, items in found.to_hand_over.items()
    ]
    outcomes = journal.record(events)
    # Two who tell one command at once tell the same, but for the moment.
    again = bool(outcomes) and all(outcome.status != "recorded" for outcome in outcomes)
    return HandedOver(len(events), sum(event.open_items for event in events), again)


def _repeated(command: str, told: Iterable[object], receiver: str, actor: str) -> HandedOver:
    """What the command recorded then. Raises CommandIdReused."""
    events = [event for event in told if isinstance(event, ShiftHandedOver)]
    if any((event.to_actor, event.actor) != (receiver, actor) for event in events):
        raise CommandIdReused(command)
    return HandedOver(len(events), sum(event.open_items for event in events), True)


def _streams(connection: Connection, journal: Journal, found: Handover, receiver: str) -> set[UUID]:
    """Where the events of an earlier telling are: in the streams of whom the giver has or the receiver ever was handed,
    under every identity, since a link changes who is the root of all."""
    [table] = _tables(connection, [caseload])
    mine = table.c.worker == receiver, table.c.ground == Ground.SHIFT.value
    handed = connection.scalars(select(table.c.component).where(*mine))
    components = journal.reader.components(connection, found.on_caseload | found.on_shift | set(handed))
    return set().union(*components.values())


def _event_id(participant_id: UUID, command: str) -> UUID:
    return UUID(bytes=event_key(participant_id.bytes, HANDED_OVER_BY, command))


def _assigned(history: History, worker: str, role: str) -> Assignment | None:
    """The assignment by which a worker has a role still; None: they do not have it."""
    still = (one for one in assignments_of(history) if one.until == END_OF_TIME)
    return next((one for one in still if (one.worker, one.role) == (worker, role)), None)


def _given_back_at(history: History, worker: str, role: str) -> datetime | None:
    """When a worker's role was last given back; None: it never was."""
    told = (fact.event for fact in history.facts if isinstance(fact.event, WorkerUnassigned))
    return max((end.occurred_at for end in told if (end.worker, end.role) == (worker, role)), default=None)


def _told_before(history: History, event: WorkerAssigned | WorkerUnassigned) -> CarriedOut | None:
    """The same command, told before; None: it was not. Raises CommandIdReused."""
    for fact in history.facts:
        if fact.event_id == event.event_id:
            before = fact.event
            # It may have been corrected into something else meanwhile.
            same = isinstance(before, WorkerAssigned | WorkerUnassigned) and (
                (before.worker, before.role, before.actor) == (event.worker, event.role, event.actor)
            )
            if not same:
                raise CommandIdReused(event.source_id)
            return CarriedOut(event.event_id, True)
    return None


def _told(event: WorkerAssigned | WorkerUnassigned, outcomes: Sequence[Outcome]) -> CarriedOut:
    """What became of it, also where the same command was told by another meanwhile. Raises CommandIdReused."""
    [outcome] = outcomes
    if not {"worker", "role", "actor"}.isdisjoint(outcome.differing):
        raise CommandIdReused(event.source_id)
    return CarriedOut(event.event_id, outcome.status != "recorded")


def _tables(connection: Connection, models: Sequence[ReadModel]) -> list[Table]:
    return [live.table for live in generations.live(connection, models)]
