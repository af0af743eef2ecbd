"""docs/stages.md says what the rules do."""

from docs.write_stages import PAGE, stages_page
from domain.journey import TABLE, VERSION_1


def test_the_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == stages_page(), "run `make docs`"


def test_every_row_and_every_figure_is_on_the_page() -> None:
    page = stages_page()
    for rule in TABLE:
        assert f"| {rule.id} |" in page
        assert rule.condition(VERSION_1) in page
    for name in type(VERSION_1).model_fields.keys() - {"version", "as_recorded"}:
        assert f"| `{name}` | {getattr(VERSION_1, name)} |" in page


def test_the_figures_in_the_conditions_are_those_of_the_rule_set() -> None:
    assert "at least 6 sessions attended" in stages_page(VERSION_1.varied(sessions_attended=6))
