"""Write docs/stages.md from the rules: `make docs`."""

from pathlib import Path

from domain.codes import Stage
from domain.journey import TABLE, VERSION_1, Rules

PAGE = Path(__file__).with_name("stages.md")

HEAD = """\
# Stage rules, version {version}

Written from the rules by `make docs`; a test fails when it is not up to date. A person's events are read in the order
in which they happened. In each stage its rows are tried from top to bottom: the first whose condition an event
completes moves the person, once. A stage is entered when the event happened that completes the condition, never
earlier. Days are days in Seoul.

`majung person why` tells of one person which rows moved them, with the events, and what is missing for the next.
"""

FIGURES = """\
## The figures

Each is a convention, of ours unless a source is named. Other figures are tried on one person or on everybody, and
nothing written, with a file that gives them a name and says which differ:

```toml
version = "trial"
sessions_attended = 6
```

```sh
majung person why 116cc30a-e8df-48c1-9e2c-87b1f0e86db9 --rules trial.toml
majung replay --rules trial.toml --dry-run
```

Registered under their name they stand beside these, and never replace them ([cli.md](cli.md#other-stage-rules)).
"""


def stages_page(rules: Rules = VERSION_1) -> str:
    """The whole page."""
    return "\n".join([HEAD.format(version=rules.version), _rows(rules), FIGURES, _figures(rules)])


def _rows(rules: Rules) -> str:
    head = [["Rule", "From", "To", "Condition", "Evidence", "Why"], ["---"] * 6]
    rows = [
        [rule.id, ", ".join(map(_named, rule.leaves)), _named(rule.to), rule.condition(rules), rule.evidence, rule.why]
        for rule in TABLE
    ]
    return _table(head + rows)


def _figures(rules: Rules) -> str:
    rows = [
        [f"`{name}`", str(getattr(rules, name)), _one_line(field.description or "")]
        for name, field in Rules.model_fields.items()
        if name not in ("version", "as_recorded")
    ]
    return _table([["Figure", "Version 1", ""], ["---"] * 3, *rows])


def _named(stage: Stage | None) -> str:
    return "no stage" if stage is None else stage.name


def _table(rows: list[list[str]]) -> str:
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(stages_page(), encoding="utf-8")
