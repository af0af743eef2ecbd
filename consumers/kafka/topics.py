"""The four topics, as they have to be: what the broker lacks is made, and what differs there is told."""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, NamedTuple

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from consumers.kafka.connecting import connect

TOUCHPOINTS: Final = "majung.touchpoints.v1"
"""Touchpoints in."""
JOURNAL: Final = "majung.journal.v1"
"""Every stored event out."""
JOURNEYS: Final = "majung.journeys.v1"
"""Everybody's journey as it is now. Off by default."""
PARKED: Final = "majung.parked.v1"
"""What did not become a fact, sealed."""

_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 15


class Topic(NamedTuple):
    """A topic and those of its settings that matter to us, by Kafka's names."""

    name: str
    settings: Mapping[str, str]
    is_off: bool = False
    """Whether it is made only for who asks for it, or turns on what is written there."""


def _milliseconds(days: int) -> str:
    return str(timedelta(days=days) // timedelta(milliseconds=1))


def _deleted(retention: str) -> dict[str, str]:
    # By time alone: a bound in bytes would delete sooner what nobody has read yet.
    return {"cleanup.policy": "delete", "retention.ms": retention, "retention.bytes": "-1"}


_FOR_EVER: Final = "-1"
_AT_LEAST: Final = "max.message.bytes"
"""Whoever takes larger messages than we need does no harm."""
_MESSAGE_BYTES: Final = {_AT_LEAST: str(1024 * 1024 + 12)}
"""Kafka's own default, said aloud: what we send together is made to fit (`sending.BATCH_BYTES`)."""
PARKED_BYTES: Final = 4 * 1024 * 1024
"""What is told of a parked message fits: one that came in by the limit above, sealed and as text, is not twice as long,
and of one that was compressed and is longer the bytes are left out (`parked_event.MOST_SEALED_BYTES`)."""
TOPICS: Final = (
    # The week begins at the broker, and no producer's clock ends it sooner or has its messages refused.
    Topic(TOUCHPOINTS, {**_deleted(_milliseconds(7)), **_MESSAGE_BYTES, "message.timestamp.type": "LogAppendTime"}),
    # A reader that comes years later reads everything.
    Topic(JOURNAL, {**_deleted(_FOR_EVER), **_MESSAGE_BYTES}),
    # The time of a message is that of its parking. A segment goes when its newest message is old enough, so it holds
    # what came in one day.
    Topic(
        PARKED,
        {
            **_deleted(_milliseconds(30)),
            _AT_LEAST: str(PARKED_BYTES),
            "message.timestamp.type": "CreateTime",
            "segment.ms": _milliseconds(1),
        },
    ),
    # Who is away for less than a week sees every tombstone, and what they take back is gone after about as long.
    Topic(
        JOURNEYS,
        {
            "cleanup.policy": "compact",
            **_MESSAGE_BYTES,
            "delete.retention.ms": _milliseconds(7),
            "max.compaction.lag.ms": _milliseconds(7),
        },
        is_off=True,
    ),
)


class Layout(NamedTuple):
    """How a topic lies on the brokers."""

    partitions: int
    replication_factor: int

    @property
    def settings(self) -> dict[str, str]:
        """With one broker away nothing acknowledged is lost, and the topic can still be written."""
        return {"min.insync.replicas": str(max(1, self.replication_factor - 1))}


class Difference(NamedTuple):
    """What is not as it has to be; `found` is None where the topic is missing."""

    topic: str
    what: str
    wanted: str
    found: str | None


# TopicsError
# ├── BrokerUnreachable    nobody answers at the addresses
# └── TopicsRefused        the broker answers, and will not


class TopicsError(OSError):
    """The topics could not be made or looked at; the message says what to do."""


class BrokerUnreachable(TopicsError):
    """No broker answers."""


class TopicsRefused(TopicsError):
    """The broker answers, and does not do what was asked."""


def wanted(*, all: bool = False, on: Container[str] = ()) -> tuple[Topic, ...]:
    """The topics; those that are off by default only where all are asked for, or where they are turned on."""
    return tuple(topic for topic in TOPICS if all or not topic.is_off or topic.name in on)


def create(servers: str, topics: Sequence[Topic], layout: Layout) -> frozenset[str]:
    """Make those that are missing, and return their names. What is there already stays as it is.

    Raises BrokerUnreachable and TopicsRefused.
    """
    asked = {
        topic.name: {
            "num_partitions": layout.partitions,
            "replication_factor": layout.replication_factor,
            "configs": {**topic.settings, **layout.settings},
        }
        for topic in topics
    }
    with _admin(servers) as admin:
        answers = admin.create_topics(asked, raise_errors=False)["topics"]
        kinds = {answer["name"]: for_code(answer["error_code"]) for answer in answers}
        for answer in answers:
            if answer["error_code"] and kinds[answer["name"]] is not TopicAlreadyExistsError:
                said = answer.get("error_message") or kinds[answer["name"]].__name__
                raise TopicsRefused(f"the broker does not make {answer['name']}: {said}")
        made = frozenset(answer["name"] for answer in answers if not answer["error_code"])
        if made:
            admin.wait_for_topics(made)
        return made


def differences(servers: str, topics: Sequence[Topic], layout: Layout) -> list[Difference]:
    """What on the broker is not as it has to be, topic by topic. Raises BrokerUnreachable and TopicsRefused."""
    with _admin(servers) as admin:
        found = {told["name"]: told for told in admin.describe_topics([topic.name for topic in topics])}
        return [difference for topic in topics for difference in _of_one(admin, topic, layout, found.get(topic.name))]


def exists(servers: str, topic: str) -> bool:
    """Whether the broker has a topic. Raises BrokerUnreachable and TopicsRefused."""
    with _admin(servers) as admin:
        return any(told["name"] == topic and not told["error_code"] for told in admin.describe_topics([topic]))


def _of_one(admin: Any, topic: Topic, layout: Layout, told: Any) -> Iterator[Difference]:
    kind = for_code(told["error_code"]) if told else UnknownTopicOrPartitionError
    if kind is UnknownTopicOrPartitionError:
        yield Difference(topic.name, "topic", "there", None)
        return
    if told["error_code"]:
        raise TopicsRefused(f"the broker does not tell of {topic.name}: {kind.__name__}")
    yield from _counted(topic, layout, told["partitions"])
    settings = {**topic.settings, **layout.settings}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(settings))
    described = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    for name, value in settings.items():
        found = described[name]["value"] if name in described else "not told"
        if name == _AT_LEAST and found.isdecimal():
            if int(found) < int(value):
                yield Difference(topic.name, name, f"at least {value}", found)
        elif found != value:
            yield Difference(topic.name, name, value, found)


def _counted(topic: Topic, layout: Layout, partitions: Sequence[Any]) -> Iterator[Difference]:
    if len(partitions) != layout.partitions:
        yield Difference(topic.name, "partitions", str(layout.partitions), str(len(partitions)))
    copies = sorted({len(partition["replica_nodes"]) for partition in partitions})
    if copies != [layout.replication_factor]:
        yield Difference(topic.name, "replication factor", str(layout.replication_factor), ", ".join(map(str, copies)))


@contextmanager
def _admin(servers: str) -> Iterator[Any]:
    addresses = [server.strip() for server in servers.split(",")]
    try:
        client = connect(
            KafkaAdminClient,
            bootstrap_servers=addresses,
            bootstrap_timeout_ms=_CONNECT_SECONDS * 1000,
            request_timeout_ms=_ANSWER_SECONDS * 1000,
        )
    except (KafkaConnectionError, KafkaTimeoutError):
        raise BrokerUnreachable(
            f"no Kafka answers at {', '.join(addresses)}: does it run, and is MAJUNG_KAFKA_BOOTSTRAP_SERVERS right?"
        ) from None
    try:
        yield client
    except KafkaError as error:
        raise TopicsRefused(f"Kafka does not answer as it should ({type(error).__name__}): {error}") from None
    finally:
        client.close()
