"""The journal: facts are recorded once, without loading the person; commands check their invariants first.

Facts (`record`) are never refused for arriving late, twice, or before what explains them. Commands (`decide`) read the
person's history, decide purely, and append at the version they saw, again if somebody else was faster.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    OperationalError,
    TrackingRecorder,
)
from eventsourcing.utils import Environment
from sqlalchemy import Connection, select
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from domain.history import History, Recorded, history_of
from domain.touchpoint import Touchpoint
from domain.versions import present
from replay.append import AlreadyThere, Clock, append, append_one
from replay.commands.workers import ensure_worker
from replay.database import Database
from replay.identities import LinksMovedOn, ensure_no_links_since, streams_ever_linked
from replay.last_versions import LastVersions
from replay.live.held import Cause, cause_of
from replay.mapper import JournalEvent, TouchpointMapper, encode, has_sealed, laid_out
from replay.metrics import count_statuses
from replay.reading import Reader, Unreadable
from replay.recorder import Factory, Recorder, now_in_utc
from replay.tables import heads
from replay.vault import KeyDamaged, KeyMissing, ParticipantKey, Vault

Status = Literal["recorded", "duplicate", "conflict", "blocked"]
Decision = Callable[[History], Sequence[Touchpoint]]
JointDecision = Callable[[Mapping[UUID, Sequence[Recorded]]], Sequence[Touchpoint]]

_ATTEMPTS = 10


class DecisionContended(Exception):
    """Others kept changing this person while a command was decided; nothing was stored, and it may be tried again."""


class Outcome(NamedTuple):
    """What became of one event: recorded now, already there, or there with other content in the differing fields; or
    blocked: what is stored of this person does not read, so that it could be neither compared nor sealed.
    """

    status: Status
    event: Touchpoint
    position: int | None = None
    """Its position when it was recorded now."""
    differing: tuple[str, ...] = ()
    cause: Cause | None = None
    """Why it is blocked: told again when that is mended, it is taken."""

    @property
    def event_id(self) -> UUID:
        return self.event.event_id


class CarriedOut(NamedTuple):
    """What became of a command: its event, and whether it had been carried out before."""

    event_id: UUID
    duplicate: bool

    @property
    def status(self) -> Literal["recorded", "duplicate"]:
        return "duplicate" if self.duplicate else "recorded"


Beside = Callable[[Connection, Sequence[Outcome]], None]
"""What is written in the transaction of a recording, given its outcomes."""


class Journal(Application[UUID]):
    """Every touchpoint, stored once. See design: "Two clocks, one journal"."""

    name = "majung"

    def __init__(
        self, database: Database, vault: Vault, *, shards: int = 1, clock: Callable[[], datetime] = now_in_utc
    ) -> None:
        self.database = database
        self.vault = vault
        self.shards = shards
        self.clock = clock
        self._ends = LastVersions()
        self.reader = Reader(database, vault, shards)
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        return Factory(env, database=self.database, shards=self.shards, clock=self.clock)

    def construct_mapper(self) -> Mapper[UUID]:
        mapper: TouchpointMapper = TouchpointMapper(transcoder=self.construct_transcoder())
        mapper.vault = self.vault
        return mapper

    def give_back_connections(self) -> None:
        """After a database was away: connections that a restarted server has cut would each fail once, in either."""
        self.database.close()
        self.vault.database.close()

    def log_of(self, shard: int) -> Recorder:
        """The log of one shard, to follow or to read in sections."""
        return Recorder(self.database, shards=self.shards, shard=shard, clock=self.clock)

    def record(
        self, events: Sequence[Touchpoint], *, now: datetime | None = None, beside: Beside | None = None
    ) -> list[Outcome]:
        """Record facts, all in one transaction, and tell what became of each, in the order given.

        The common case assumes that none was recorded before; only when one was is the journal asked which. One that
        cannot be compared or sealed, since what is stored of its person does not read, is blocked, and no other.
        `now` sets the journal's clock, for synthetic journals; it never runs backwards. `beside` is called with the
        outcomes in the same transaction, also where nothing is left to record: what it writes is stored with these
        facts or not at all, and what it raises undoes both. It may be called anew, after a call that was undone.
        """
        clock = Clock(self.clock, self.clock is now_in_utc) if now is None else Clock(lambda: now, False)
        try:
            outcomes = self._record_new(events, clock, beside=beside)
        except (AlreadyThere, KeyMissing, KeyDamaged):
            # Others may record some of these while they are compared, hence more than one look.
            looking = Retrying(
                retry=retry_if_exception_type(AlreadyThere), stop=stop_after_attempt(_ATTEMPTS), reraise=True
            )
            outcomes = looking(self._record_unknown, events, clock, beside)
        count_statuses([outcome.status for outcome in outcomes])
        return outcomes

    def _record_new(
        self, events: Sequence[Touchpoint], clock: Clock, *, contended: bool = False, beside: Beside | None = None
    ) -> list[Outcome]:
        if beside is not None:
            return self._append(events, clock, beside=beside)
        if not events:
            return []
        # A fact on the path of its own may lose its place in the stream to another while it waits for the head. The
        # path of a batch looks for the place once it holds the head, and so cannot lose it twice.
        if len(events) == 1 and not contended:
            row = encode(events[0], self._sealing_keys(events, [events[0].participant_id.bytes]))
            return [Outcome("recorded", events[0], append_one(self.database, row, shards=self.shards, clock=clock))]
        return self._append(events, clock)

    def _append(
        self,
        events: Sequence[Touchpoint],
        clock: Clock,
        guard: Callable[[Connection], None] | None = None,
        beside: Beside | None = None,
    ) -> list[Outcome]:
        participants = [event.participant_id.bytes for event in events]
        lay_out = partial(laid_out, keys=self._sealing_keys(events, participants))
        outcomes: list[Outcome] = []

        def write_beside(connection: Connection, placed: Sequence[int]) -> None:
            outcomes[:] = [Outcome("recorded", event, position) for event, position in zip(events, placed, strict=True)]
            if beside is not None:
                beside(connection, outcomes)

        append(
            self.database,
            events,
            participants,
            lay_out,
            shards=self.shards,
            clock=clock,
            ends=self._ends,
            guard=guard,
            beside=write_beside,
        )
        return outcomes

    def _record_unknown(
        self, events: Sequence[Touchpoint], clock: Clock, beside: Beside | None = None
    ) -> list[Outcome]:
        """Record what is new among these and compare the rest with what is stored."""
        first: dict[UUID, Touchpoint] = {}
        for event in events:
            first.setdefault(event.event_id, event)
        unread: dict[UUID, Exception] = {}
        with self.database.read() as connection:
            stored = {event.event_id: event for event in self.reader.find(connection, list(first), unread)}
        new = [event for event_id, event in first.items() if event_id not in stored and event_id not in unread]
        locked: Unreadable = {}
        self._sealing_keys(new, [event.participant_id.bytes for event in new], locked)
        unread |= {event.event_id: locked[event.participant_id] for event in new if _is_locked(event, locked)}
        new = [event for event in new if event.event_id not in unread]

        def among(recorded: Sequence[Outcome]) -> list[Outcome]:
            fresh = {outcome.event_id: outcome for outcome in recorded}
            outcomes: list[Outcome] = []
            for event in events:
                if (outcome := fresh.pop(event.event_id, None)) is not None:
                    outcomes.append(outcome)
                elif (error := unread.get(event.event_id)) is not None:
                    outcomes.append(Outcome("blocked", event, cause=cause_of(error)))
                else:
                    outcomes.append(_told_again(event, stored.get(event.event_id) or first[event.event_id]))
            return outcomes

        def write_beside(connection: Connection, recorded: Sequence[Outcome]) -> None:
            if beside is not None:
                beside(connection, among(recorded))

        written = None if beside is None else write_beside
        return among(self._record_new(new, clock, contended=True, beside=written))

    def _sealing_keys(
        self, events: Iterable[Touchpoint], participants: Iterable[bytes], locked: Unreadable | None = None
    ) -> dict[bytes, ParticipantKey]:
        """The keys of those of whom something is to be sealed; whoever is new gets one.

        Whose key is missing or damaged is put into `locked`, where it is given, and has none here; else raises
        KeyMissing or KeyDamaged. Under a second key, what was sealed under the first would not open.
        """
        people = {person for event, person in zip(events, participants, strict=True) if has_sealed(event)}
        if not people:
            return {}
        found = self.vault.for_opening(people, locked)
        without = {person for person in people - found.keys() if not locked or UUID(bytes=person) not in locked}
        if not without:
            return found
        with self.database.read() as connection:
            known = self.reader.with_sealed(connection, without)
        # A key is durable before its first event: who got both meanwhile has it by now.
        found |= self.vault.for_opening(known)
        for person in known - found.keys():
            missing = KeyMissing.of(UUID(bytes=person))
            if locked is None:
                raise missing
            locked[UUID(bytes=person)] = missing
        return found | self.vault.for_sealing(without - known)

    def find(self, event_ids: Iterable[UUID]) -> list[Touchpoint]:
        """The stored events among these ids, in no particular order."""
        with self.database.read() as connection:
            return self.reader.find(connection, list(event_ids))

    def head(self) -> tuple[int, ...]:
        """The last position of each shard."""
        with self.database.read() as connection:
            return tuple(connection.scalars(select(heads.c.position).order_by(heads.c.shard)))

    def ensure_worker(self, *names: str | None) -> None:
        """Refuse who is tracked here as somebody who acts or is assigned; None is nobody. Raises NotAWorker.

        Commands ask before they read anything, so that no other refusal tells of a file; `decide` asks of their events.
        """
        if any(name is not None for name in names):
            with self.database.read() as connection:
                ensure_worker(connection, self.shards, *names)

    def decide(self, participant_id: UUID, decision: Decision, *, attempts: int = _ATTEMPTS) -> list[Outcome]:
        """Run a command: read the person, decide, append at the version seen; decide anew when it has moved on.

        Raises what the decision raises, NotAWorker, and DecisionContended after `attempts`.
        """
        return _decided_anew(attempts, f"person {participant_id}", self._decide_once, participant_id, decision)

    def decide_together(
        self,
        participants: Iterable[UUID],
        decision: JointDecision,
        *,
        partly: bool = False,
        attempts: int = _ATTEMPTS,
    ) -> list[Outcome]:
        """Run a command about several people: all its events are appended in one transaction, whatever their shards.

        The decision is given the streams of these people and of everybody who ever was linked to them, and may append
        to any. What it rests on are links and who is known: it is made anew when anybody of them was linked or unlinked
        meanwhile, and facts that came meanwhile stand before it. Raises what the decision raises, NotAWorker, and
        DecisionContended after `attempts`. `partly`: what does not read is left out of the streams, and not raised.
        """
        people = frozenset(participants)
        who = f"participants {', '.join(map(str, sorted(people)))}"
        return _decided_anew(attempts, who, self._decide_together_once, people, decision, partly)

    def _decide_together_once(
        self, participants: frozenset[UUID], decision: JointDecision, partly: bool
    ) -> list[Outcome]:
        unreadable: Unreadable | None = {} if partly else None
        with self.database.read() as connection:
            streams = streams_ever_linked(connection, self.reader, participants, unreadable)
            streams |= self.reader.readable(connection, unreadable or ())
        events = decision(streams)
        self.ensure_worker(*(event.actor for event in events))
        if again := _all_told_again(events, [told for stream in streams.values() for told in stream]):
            return again
        unmoved = partial(ensure_no_links_since, shards=self.shards, streams=streams)
        return self._append(events, Clock(self.clock, self.clock is now_in_utc), guard=unmoved)

    def _decide_once(self, participant_id: UUID, decision: Decision) -> list[Outcome]:
        stream: list[Any] = list(self.events.get(participant_id))
        version = stream[-1].originator_version if stream else 0
        known = [Recorded(told.event, told.recorded_at) for told in stream]
        events = decision(history_of(participant_id, known))
        self.ensure_worker(*(event.actor for event in events))
        if again := _all_told_again(events, known):
            return again
        recordings = self.events.put([JournalEvent(event, version + n) for n, event in enumerate(events, start=1)])
        return [
            Outcome("recorded", event, recording.notification.id)
            for event, recording in zip(events, recordings, strict=True)
        ]


def _is_locked(event: Touchpoint, locked: Unreadable) -> bool:
    return event.participant_id in locked and has_sealed(event)


def _decided_anew(attempts: int, who: str, decide: Callable[..., list[Outcome]], *arguments: object) -> list[Outcome]:
    """Decide, and again when others were faster.

    Raises DecisionContended after so many attempts, and the driver's error when the database cannot take it.
    """
    retrying = Retrying(
        retry=retry_if_exception_type((IntegrityError, AlreadyThere, LinksMovedOn)),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.005, max=0.2),
    )
    try:
        outcomes = retrying(decide, *arguments)
    except RetryError:
        raise DecisionContended(f"{who} kept changing: try again") from None
    except OperationalError as error:
        # The library's name for a database that is busy, full or away: above the journal it is known by the driver's.
        raise error.__cause__ or error from None
    count_statuses([outcome.status for outcome in outcomes])
    return outcomes


def _all_told_again(events: Sequence[Touchpoint], known: Iterable[Recorded]) -> list[Outcome]:
    """What became of a command told again, its first reply lost: it was carried out then. Empty where any is new."""
    stored = {told.event_id: told.event for told in known}
    if all(event.event_id in stored for event in events):
        return [_told_again(event, stored[event.event_id]) for event in events]
    return []


def _told_again(event: Touchpoint, stored: Touchpoint) -> Outcome:
    differing = differing_fields(stored, event)
    return Outcome("conflict" if differing else "duplicate", event, None, differing)


def differing_fields(stored: Touchpoint, told: Touchpoint) -> tuple[str, ...]:
    """The names of the fields in which two tellings of one event differ; the stored name counts as `type`.

    Told in another shape it is told otherwise, even where it says the same: what is stored does not change.
    """
    if stored.stored_as != told.stored_as:
        return ("type",)
    stored, told = present(stored), present(told)
    return tuple(
        name for name in type(told).model_fields if not _say_the_same(getattr(stored, name), getattr(told, name))
    )


def _say_the_same(one: Any, other: Any) -> bool:
    """Whether two values are equal, also within lists and objects: to Python, and not to JSON, true is 1."""
    if one != other or isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, Mapping):
        return all(_say_the_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return all(map(_say_the_same, one, other))
    return True
