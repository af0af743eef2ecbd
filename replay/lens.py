"""How far the events of a long walk are read: of each type the fields that were asked for, and no others.

Nobody tells which those are. A field that was not read yet is read from storage when it is asked for, and from then on
with every event of that type: the first few hundred events teach what the rest needs.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, NamedTuple, NotRequired
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from domain.clock import EPOCH
from domain.history import AMENDMENTS
from domain.touchpoint import REST, Touchpoint
from replay.mapper import decode, kind_of, uuid_of
from replay.vault import ParticipantKey, Vault

Read = Callable[[bytes], dict[str, Any]]
"""From the JSON of an event to those fields of it that are read, validated as their own types."""


class _View(NamedTuple):
    """What is read of one type."""

    kind: type[Touchpoint]
    absent: Mapping[str, Any]
    """What the fields that are read hold where an event states nothing."""
    opened: Read | None = None
    unsealed: Read | None = None


class Lens:
    """Reads the events of one walk over the journal."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._asked: dict[type[Touchpoint], set[str]] = {}
        self._views: dict[str, _View] = {}
        self._last: tuple[tuple[Any, ...], Touchpoint] | None = None
        """The last event that was read whole, with its row: several of its fields are asked for in turn."""

    def adjusted(self) -> frozenset[str]:
        """Read from here on what was asked for until now; returns the types of which sealed fields are read then."""
        for topic, view in self._views.items():
            if view.absent.keys() != self._of(view.kind):
                self._views[topic] = _view(view.kind, self._of(view.kind))
        return _WHOLE.union(topic for topic, view in self._views.items() if view.unsealed)

    def event(self, row: tuple[Any, ...], keys: Mapping[bytes, ParticipantKey], participant_id: UUID) -> Touchpoint:
        """The event of a row; `keys` are those of everybody of whose types some sealed fields are read.

        Raises what `replay.mapper.decode` raises, for faults in what is read.
        """
        participant, event_id, topic, occurred_at, actor, source, state, sealed, _ = row
        view = self._views.get(topic)
        if view is None:
            if topic in _WHOLE:
                return decode(row, keys, participant_id)
            view = self.view(topic)
        kind, absent, opened, unsealed = view
        try:
            values = {
                **absent,
                **(opened(state) if opened else _NOTHING),
                "participant_id": participant_id,
                "occurred_at": EPOCH + timedelta(0, 0, occurred_at),
                "source": source,
                "actor": actor,
                "event_id": uuid_of(event_id),
                REST: (self, row),
            }
            if unsealed and sealed is not None:
                identity = participant + event_id + topic.encode()
                values |= unsealed(keys[participant].open(sealed, identity))
        except (ValidationError, KeyError):
            return decode(row, keys, participant_id)  # Which says what is wrong.
        event = _new(kind)
        _set(event, "__dict__", values)
        return event

    def view(self, topic: str) -> _View:
        """What is read of a type now. Raises UnknownStoredName."""
        found = self._views.get(topic)
        if found is None:
            kind = kind_of(topic)
            found = self._views[topic] = _view(kind, self._of(kind))
        return found

    def rest(self, event: Touchpoint, name: str, row: tuple[Any, ...]) -> Any:
        """A field of an event that was not read with it."""
        self._of(type(event)).add(name)
        if self._last is None or self._last[0] is not row:
            self._last = row, decode(row, self._vault.for_opening([row[0]]), event.participant_id)
        return getattr(self._last[1], name)

    def _of(self, kind: type[Touchpoint]) -> set[str]:
        return self._asked.setdefault(kind, set())


def _view(kind: type[Touchpoint], asked: Iterable[str]) -> _View:
    names = sorted(asked)
    fields = kind.model_fields
    absent = {name: None if fields[name].is_required() else fields[name].get_default() for name in names}
    opened = [name for name in names if name not in kind.sealed_fields]
    hidden = [name for name in names if name in kind.sealed_fields]
    return _View(kind, absent, _reader(kind, opened), _reader(kind, hidden))


def _reader(kind: type[Touchpoint], names: Iterable[str]) -> Read | None:
    fields = {name: kind.model_fields[name] for name in names}
    if not fields:
        return None
    types = {
        name: NotRequired[Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation]
        for name, field in fields.items()
    }
    return TypeAdapter(TypedDict(kind.__name__, types)).validator.validate_json  # type: ignore[operator]


_WHOLE = frozenset(kind.stored_as for kind in AMENDMENTS)
"""Amendments are stored in another shape than they are told: what they replace is sealed as it is where it belongs."""
_NOTHING: Mapping[str, Any] = {}
_new, _set = object.__new__, object.__setattr__
