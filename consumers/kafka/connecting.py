"""Clients of Kafka that leave nothing behind where no broker answers, and what no waiting mends."""

from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net import KafkaNetClient

Client = TypeVar("Client")

# KafkaUnusable
# ├── TopicMissing             the broker has no such topic
# └── TopicOfAnotherJournal    it holds what was published of another journal, or of a later state of this one


class KafkaUnusable(OSError):
    """Kafka cannot be used as it is, and no waiting mends that; the message says what to do."""


class TopicMissing(KafkaUnusable):
    """The broker has no such topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"the broker has no topic {topic}: run `majung topics create`")


class TopicOfAnotherJournal(KafkaUnusable):
    """The topic holds what this journal does not have: it was restored from an older copy, or is another one."""

    def __init__(self, topic: str, what: str) -> None:
        super().__init__(
            f"{topic} holds {what}, which this database does not have: was it restored from an older copy, or is it"
            " another journal? Readers would miss what comes. Delete the topic with Kafka's own tools, run `majung"
            " topics create`, and let its readers begin anew"
        )


def connect(client: Callable[..., Client], **options: Any) -> Client:
    """A KafkaConsumer, KafkaProducer or KafkaAdminClient. Raises KafkaError where no broker answers.

    The library's own constructors leave a running thread and open sockets behind when they raise, so that whoever
    waits for a broker by trying again collects them.
    """
    made: list[KafkaNetClient] = []

    def transport(**given: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**given))
        return made[-1]

    try:
        return client(**options, kafka_client=transport)
    except BaseException:
        for left in made:
            left.close()
        raise
