"""`majung replay`: read models anew from the journal, beside those that serve meanwhile."""

from collections.abc import Sequence
from time import monotonic
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.settings import load_settings
from projections.read_model import ReadModel
from replay.rebuild import rebuild

_BY_NAME = {model.name: model for model in wiring.MODELS}
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help=f"{', '.join(_BY_NAME)}; all of them unless told.")
]


def replay(names: Names = None, output: Output = Format.TABLE) -> None:
    """Fold the whole journal anew, and let the new rows serve when they are complete."""
    models = _chosen(names or [])
    begun = monotonic()
    with wiring.start(load_settings()) as majung, bar("replaying", "events") as advance:
        done = rebuild(majung.journal, models, advance)
    seconds = monotonic() - begun
    remark(f"{done.events:,} events of {done.people:,} people in {seconds:,.1f} s")
    rows = [(model.name, model.version, done.rows[model.name], done.events, done.people) for model in models]
    show(output, Listing("read_models", ("read_model", "version", "rows", "events", "people"), rows))


def _chosen(names: Sequence[str]) -> Sequence[ReadModel]:
    if unknown := [name for name in names if name not in _BY_NAME]:
        raise typer.BadParameter(f"no read model is named {', '.join(unknown)}: there are {', '.join(_BY_NAME)}")
    return [_BY_NAME[name] for name in dict.fromkeys(names)] or wiring.MODELS
