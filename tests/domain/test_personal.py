"""The marks on what is sealed, read from the types."""

from pydantic import BaseModel, Field

from domain.personal import Clinical, Identity, personal_fields


class Described(BaseModel):
    label: Identity[str] | None = None
    level: Clinical[int]
    answers: Clinical[dict[str, int] | None] = None
    items: Clinical[tuple[int | None, ...]] | None = Field(default=None, max_length=9)
    site: str | None = None


class DescribedFurther(Described):
    reason: Clinical[str]


def test_a_mark_is_found_wherever_it_stands_in_the_type() -> None:
    assert personal_fields(Described) == {
        "label": "identity",
        "level": "clinical",
        "answers": "clinical",
        "items": "clinical",
    }


def test_a_field_without_a_mark_is_open() -> None:
    assert "site" not in personal_fields(Described)


def test_marks_are_inherited_in_the_order_of_definition() -> None:
    assert list(personal_fields(DescribedFurther)) == ["label", "level", "answers", "items", "reason"]


def test_a_mark_does_not_change_what_a_field_takes() -> None:
    described = Described.model_validate({"level": 2, "label": "From the walking group"})
    assert (described.level, described.label, described.items) == (2, "From the walking group", None)
