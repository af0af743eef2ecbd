"""The broker of the tests keeps what it acknowledged, even if it is killed: else the fault tests would show nothing."""

from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.brokers import Broker


def test_a_broker_that_is_killed_has_its_messages_when_it_is_started_again(kafka: Broker) -> None:
    partition = TopicPartition(f"kept.{uuid4().hex[:8]}", 0)
    with KafkaAdminClient(bootstrap_servers=kafka.address) as admin:
        admin.create_topics({partition.topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    send(kafka, partition, b"before")
    try:
        kafka.kill()
    finally:
        kafka.start()
    send(kafka, partition, b"after")
    assert read(kafka, partition) == [b"before", b"after"]


def send(kafka: Broker, partition: TopicPartition, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.address)
    producer.send(partition.topic, value, partition=partition.partition).get(timeout=30)
    producer.close()


def read(kafka: Broker, partition: TopicPartition) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=kafka.address, auto_offset_reset="earliest")
    consumer.assign([partition])
    [end] = consumer.end_offsets([partition]).values()
    found: list[bytes] = []
    for _ in range(30):
        if consumer.position(partition) == end:
            break
        found += [record.value for records in consumer.poll(1000).values() for record in records]
    consumer.close()
    return found
