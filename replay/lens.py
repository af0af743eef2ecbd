"""How far the events of a long walk are read: of each type the fields that were asked for, and no others.

Nobody tells which those are. A field that was not read yet is read from storage when it is asked for, and from then on
with every event of that type: the first few hundred events teach what the rest needs.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, NotRequired
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from domain.clock import EPOCH, MICROSECOND
from domain.history import AMENDMENTS, Recorded, as_tuple
from domain.touchpoint import COLUMNS, REST, Touchpoint
from domain.versions import superseded_names
from replay.mapper import EventUnreadable, UndecodableEvent, UnknownStoredName, decode, kind_of, uuid_of
from replay.vault import ParticipantKey, Vault, VaultError

Row = tuple[Any, ...]
Read = Callable[[bytes], dict[str, Any]]
"""From the JSON of an event to those fields of it that are read, validated as their own types."""

_MOST_STATES = 1_024
"""Of a type whose states say no more than so many different things, what each of them says is kept."""
_NEVER_LEARNT = frozenset({"source_id"})
"""It differs in every event, and only a correction asks for it: were it read, no two states would say the same."""


class _View(NamedTuple):
    """What is read of one type."""

    kind: type[Touchpoint]
    topic: bytes
    asked: frozenset[str]
    absent: dict[str, Any]
    """What an event holds of which nothing is stated, with a place for each column of the journal."""
    opened: Read | None
    unsealed: Read | None
    known: dict[bytes, dict[str, Any]] | None
    """By all that a state says after its source_id, what an event holds that says it; None: nothing is kept."""


class Lens:
    """Reads the events of one walk over the journal."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._asked: dict[type[Touchpoint], set[str]] = {}
        self._views: dict[str, _View] = {}
        self._last: tuple[Row, Touchpoint] | None = None
        """The last event that was read whole, with its row: several of its fields are asked for in turn."""

    def adjusted(self) -> frozenset[str]:
        """Read from here on what was asked for until now; returns the types of which sealed fields are read then."""
        for topic, view in self._views.items():
            if view.asked != self._of(view.kind):
                self._views[topic] = _view(view.kind, self._of(view.kind))
        return _WHOLE.union(topic for topic, view in self._views.items() if view.unsealed)

    def stream(
        self,
        rows: Iterable[Row],
        keys: Mapping[bytes, ParticipantKey],
        participant_id: UUID,
        instants: Mapping[int, datetime],
    ) -> list[Recorded]:
        """The events of some rows of one participant.

        `keys` are those of everybody of whose types some sealed fields are read, `instants` the moments of the journal
        times. Raises what `replay.mapper.decode` raises, for faults in what is read.

        One loop with hardly a call of Python code in it, because it runs for every event of a replay.
        """
        views, told = self._views, []
        for row in rows:
            participant, event_id, topic, occurred_at, actor, source, state, sealed, recorded_at = row
            if topic in _WHOLE:
                told.append(Recorded(decode(row, keys, participant_id), instants[recorded_at]))
                continue
            kind, identity, _, absent, opened, unsealed, known = views.get(topic) or self.view(topic)
            try:
                if opened is None:
                    values = absent.copy()
                elif known is None:
                    values = {**absent, **opened(state)}
                else:
                    begin = _BEGIN(state)
                    tail = state[begin.end() :] if begin else b""
                    values = (known.get(tail) or self._learnt(topic, state, tail)).copy()
                if unsealed is not None and sealed is not None:
                    values |= unsealed(keys[participant].open(sealed, participant + event_id + identity))
            except (ValidationError, KeyError):
                # Read whole, it says what is wrong.
                told.append(Recorded(decode(row, keys, participant_id), instants[recorded_at]))
                continue
            values["participant_id"] = participant_id
            values["occurred_at"] = moment = EPOCH + MICROSECOND * occurred_at
            values["source"] = source
            values["actor"] = actor
            values["event_id"] = number = uuid_of(event_id)
            values[REST] = self, row
            event = _new(kind)
            _set_values(event, values)
            # What Recorded(event, instant) does, without a call of Python code for every event.
            told.append(as_tuple(Recorded, (event, number, moment, instants[recorded_at], None)))
        return told

    def view(self, topic: str) -> _View:
        """What is read of a type now. Raises UnknownStoredName."""
        found = self._views.get(topic)
        if found is None:
            kind = kind_of(topic)
            found = self._views[topic] = _view(kind, self._of(kind))
        return found

    def rest(self, event: Touchpoint, name: str, row: Row) -> Any:
        """A field of an event that was not read with it."""
        if name not in _NEVER_LEARNT:
            self._of(type(event)).add(name)
        if self._last is None or self._last[0] is not row:
            try:
                self._last = row, decode(row, self._vault.for_opening([row[0]]), event.participant_id)
            except (UndecodableEvent, UnknownStoredName, VaultError) as error:
                raise EventUnreadable(event.event_id, row[2], error) from error
        return getattr(self._last[1], name)

    def _learnt(self, topic: str, state: bytes, tail: bytes) -> dict[str, Any]:
        """What an event of a state holds: kept for the next one with this tail, unless there are too many of them."""
        view = self._views[topic]
        assert view.opened is not None
        found = view.absent | view.opened(state)
        if tail and view.known is not None:
            view.known[tail] = found
            if len(view.known) > _MOST_STATES:
                self._views[topic] = view._replace(known=None)
        return found

    def _of(self, kind: type[Touchpoint]) -> set[str]:
        return self._asked.setdefault(kind, set())


def _view(kind: type[Touchpoint], asked: Iterable[str]) -> _View:
    names = sorted(asked)
    fields = kind.model_fields
    absent = dict.fromkeys((*COLUMNS, "event_id", REST))
    absent |= {name: None if fields[name].is_required() else fields[name].get_default() for name in names}
    opened = _reader(kind, tuple(name for name in names if name not in kind.sealed_fields))
    hidden = _reader(kind, tuple(name for name in names if name in kind.sealed_fields))
    return _View(kind, kind.stored_as.encode(), frozenset(names), absent, opened, hidden, {} if opened else None)


@lru_cache(maxsize=1_000)
def _reader(kind: type[Touchpoint], names: tuple[str, ...]) -> Read | None:
    fields = {name: kind.model_fields[name] for name in names}
    if not fields:
        return None
    types = {
        name: NotRequired[Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation]
        for name, field in fields.items()
    }
    return TypeAdapter(TypedDict(kind.__name__, types)).validator.validate_json  # type: ignore[operator]


_WHOLE = frozenset(kind.stored_as for kind in AMENDMENTS) | superseded_names()
"""Amendments are stored in another shape than they are told: what they replace is sealed as it is where it belongs. And
what a field of the present shape says may rest on any field of an older one."""
_BEGIN = re.compile(rb'\{"source_id":"[^"\\]*",').match
"""A state up to what follows its source_id, where that is as plain as most: of any other nothing is kept."""
_new = object.__new__
# The slot itself: `object.__setattr__` looks it up for each event.
_set_values = BaseModel.__dict__["__dict__"].__set__
