"""`majung topics`: make Kafka's topics, and see whether they are as they have to be."""

from typing import Annotated

import typer

from api.cli.exits import ExitCode
from api.cli.listing import Listing
from api.cli.messages import remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.settings import Settings, load_settings
from api.working import KafkaOff

Partitions = Annotated[
    int | None,
    typer.Option(min=1, help="Into how many partitions each topic is divided. MAJUNG_KAFKA_PARTITIONS unless told."),
]
ReplicationFactor = Annotated[
    int | None,
    typer.Option(
        min=1, help="On how many brokers each partition is kept. MAJUNG_KAFKA_REPLICATION_FACTOR unless told."
    ),
]
All = Annotated[bool, typer.Option("--all", help="Those too that are off by default.")]


def create(
    partitions: Partitions = None,
    replication_factor: ReplicationFactor = None,
    all: All = False,
    output: Output = Format.TABLE,
) -> None:
    """Make the topics that are missing; those that are there stay as they are. Safe to repeat."""
    # Only here: who works without Kafka does not pay for its client.
    from consumers.kafka import topics

    settings = load_settings()
    wanted = topics.wanted(all=all, on=_on(settings))
    layout = topics.Layout(*_layout(settings, partitions, replication_factor))
    made = topics.create(_brokers(settings), wanted, layout)
    rows = [(topic.name, "created" if topic.name in made else "was there") for topic in wanted]
    show(output, Listing("topics", ("topic", "result"), rows))


def check(
    partitions: Partitions = None,
    replication_factor: ReplicationFactor = None,
    all: All = False,
    output: Output = Format.TABLE,
) -> None:
    """See what is missing, and what differs from how it has to be."""
    from consumers.kafka import topics

    settings = load_settings()
    layout = topics.Layout(*_layout(settings, partitions, replication_factor))
    found = topics.differences(_brokers(settings), topics.wanted(all=all, on=_on(settings)), layout)
    show(output, Listing("differences", topics.Difference._fields, found))
    if any(difference.found is None for difference in found):
        remark(f"`majung topics create{' --all' if all else ''}` makes what is missing")
    if found:
        raise typer.Exit(ExitCode.FINDINGS)


def _on(settings: Settings) -> list[str]:
    from consumers.kafka.topics import JOURNEYS

    return [JOURNEYS] if settings.kafka_journeys else []


def _layout(settings: Settings, partitions: int | None, replication_factor: int | None) -> tuple[int, int]:
    return partitions or settings.kafka_partitions, replication_factor or settings.kafka_replication_factor


def _brokers(settings: Settings) -> str:
    if settings.kafka_bootstrap_servers is None:
        raise KafkaOff("Kafka is off: set MAJUNG_KAFKA_BOOTSTRAP_SERVERS to HOST:PORT")
    return settings.kafka_bootstrap_servers
