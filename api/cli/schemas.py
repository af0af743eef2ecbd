"""`majung schema`: every event as JSON Schema, read from the types."""

import json
from typing import Annotated

import typer

from api.cli.listing import Listing
from api.cli.options import Output
from api.cli.output import Format, show
from domain.schema import schema_of, stored_names
from domain.touchpoint import Touchpoint
from domain.versions import is_superseded, newest_of

Name = Annotated[str, typer.Argument(metavar="NAME", help="A stored name, such as call-received.v1.")]


def list_schemas(output: Output = Format.TABLE) -> None:
    """List the stored names of all events; a superseded one is still accepted, and read as the newer one."""
    rows = [_row(name, Touchpoint.registry[name]) for name in stored_names()]
    show(output, Listing("schemas", ("name", "told_by", "superseded_by", "sealed", "what"), rows))


def show_schema(name: Name) -> None:
    """Print the JSON Schema (2020-12) of one event."""
    typer.echo(json.dumps(schema_of(name), ensure_ascii=False, indent=2))


def _row(name: str, kind: type[Touchpoint]) -> tuple[str, str, str | None, tuple[str, ...], str]:
    what = (kind.__doc__ or "").partition("\n\n")[0]
    told_by = "Majung" if kind.is_command else "producers"
    newest = newest_of(name) if is_superseded(kind) else None
    return name, told_by, newest, tuple(kind.sealed_fields), " ".join(what.split())
