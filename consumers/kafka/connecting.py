"""Clients of Kafka that leave nothing behind where no broker answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net import KafkaNetClient

Client = TypeVar("Client")


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
