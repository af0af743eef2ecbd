"""What is sent together, and what is told when the broker does not take it."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from kafka.errors import KafkaError

from consumers.kafka.sending import Outgoing, Overtaken, Sender
from tests.brokers import Broker
from tests.consumers.kafka.reading import new_topic, read

MESSAGES = [Outgoing(b"key", value, []) for value in (b"first", b"second")]


def refused_then_another(sender: Sender) -> Iterator[Outgoing]:
    """The broker has said no to the first before the second is at hand."""
    yield MESSAGES[0]
    _until_answered(sender)
    yield MESSAGES[1]


def refused_then_the_end(sender: Sender) -> Iterator[Outgoing]:
    """It has said no to all before anybody asks what became of it."""
    yield from MESSAGES
    _until_answered(sender)


def _until_answered(sender: Sender) -> None:
    assert sender._producer is not None
    with suppress(KafkaError):
        sender._producer.flush(timeout=30)
    assert sender._producer._transaction_manager.has_error()


@pytest.mark.parametrize("told", [refused_then_another, refused_then_the_end, lambda _: iter(MESSAGES)])
def test_who_was_overtaken_is_told_so_whenever_the_broker_says_it(
    kafka: Broker, told: Callable[[Sender], Iterator[Outgoing]]
) -> None:
    topic = new_topic(kafka.address)
    overtaken = Sender(kafka.address, topic, transactional_id=topic)
    overtaken.connected()
    other = Sender(kafka.address, topic, transactional_id=topic)
    other.connected()
    with pytest.raises(Overtaken, match="another publisher"):
        overtaken.send(told(overtaken))
    assert other.send(MESSAGES[1:]) == 1
    other.end()
    assert [message.value for message in read(kafka.address, topic)] == [b"second"]
