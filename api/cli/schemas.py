"""`majung schema`: every event as JSON Schema, read from the types."""

import json
from typing import Annotated

import typer

from api.cli.listing import Listing
from api.cli.options import Output
from api.cli.output import Format, show
from domain.schema import schema_of, stored_names
from domain.touchpoint import Touchpoint

Name = Annotated[str, typer.Argument(metavar="NAME", help="A stored name, such as call-received.v1.")]


def list_schemas(output: Output = Format.TABLE) -> None:
    """List the stored names of all events."""
    rows = [_row(name, Touchpoint.registry[name]) for name in stored_names()]
    show(output, Listing("schemas", ("name", "told_by", "sealed", "what"), rows))


def show_schema(name: Name) -> None:
    """Print the JSON Schema (2020-12) of one event."""
    typer.echo(json.dumps(schema_of(name), ensure_ascii=False, indent=2))


def _row(name: str, kind: type[Touchpoint]) -> tuple[str, str, tuple[str, ...], str]:
    what = (kind.__doc__ or "").partition("\n\n")[0]
    return name, "Majung" if kind.is_command else "producers", tuple(kind.sealed_fields), " ".join(what.split())
