"""The yardstick "stock": eventsourcing_sqlalchemy as it comes, with its own mapper and JSON transcoder."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import cache
from types import new_class
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent

from domain.touchpoint import Touchpoint
from replay.recorder import now_in_utc

SECTION = 1000
"""Notifications read at a time; the library's default of 10 would flatter us."""


def stock(url: str, closing: ExitStack) -> Application[UUID]:
    """The library's application on an empty database."""
    url = url.replace("postgresql:", "postgresql+psycopg:")
    application: Application[UUID] = Application(
        env={"PERSISTENCE_MODULE": "eventsourcing_sqlalchemy", "SQLALCHEMY_URL": url}
    )
    engine: Any = application.factory.datastore.engine  # type: ignore[attr-defined]
    closing.callback(engine.dispose)
    return application


class StockEvents:
    """Touchpoints as the library's frozen dataclasses, numbered within their streams.

    An event holds as attributes what a row of the journal holds: both clocks, the event id, the actor, the source, and
    what the touchpoint states, without nulls. Ids and instants are their own types, the rest is plain JSON.
    """

    def __init__(self) -> None:
        self._versions: dict[UUID, int] = {}

    def of(self, events: Iterable[Touchpoint]) -> list[DomainEvent]:
        return [self._of(event) for event in events]

    def _of(self, event: Touchpoint) -> DomainEvent:
        person = event.participant_id
        version = self._versions[person] = self._versions.get(person, 0) + 1
        opened, hidden = event.parts()
        stated = opened | hidden | {"source": event.source, "actor": event.actor}
        plain = orjson.loads(orjson.dumps(stated, default=lambda part: part.model_dump(mode="json", exclude_none=True)))
        if event.actor is None:
            del plain["actor"]
        kind = _kind(event.stored_as, ("event_id", "occurred_at", *plain))
        return kind(
            originator_id=person,
            originator_version=version,
            timestamp=now_in_utc(),
            event_id=event.event_id,
            occurred_at=event.occurred_at,
            **plain,
        )


@cache
def _kind(stored_as: str, names: Sequence[str]) -> Callable[..., DomainEvent]:
    """A domain event class with these attributes; the library makes it a frozen dataclass."""
    name = "".join(part.capitalize() for part in stored_as.partition(".")[0].split("-"))
    topic = f"{stored_as}:{','.join(names)}"
    attributes = {"__annotations__": dict.fromkeys(names, Any), "TOPIC": topic, "__module__": __name__}
    kind: Callable[..., DomainEvent] = new_class(name, (DomainEvent,), exec_body=lambda body: body.update(attributes))
    return kind


def read_all(application: Application[UUID]) -> int:
    """Read and decode the whole log, keeping nothing; returns the number of events."""
    read, start = 0, 1
    while section := application.recorder.select_notifications(start, SECTION):
        for notification in section:
            application.mapper.to_domain_event(notification)
        read += len(section)
        start = section[-1].id + 1
    return read
