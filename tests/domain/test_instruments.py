"""Exact scoring of every instrument: bounds, reversed items, missing items, totals as reported, and laws of scoring."""

import pytest
from hypothesis import given, strategies

from domain.instruments import INSTRUMENTS, Instrument, NoScore, Scored, band_of, score, score_of
from tests.examples import measure_taken

WITH_ITEMS = [instrument for instrument in INSTRUMENTS.values() if instrument.answers]
"""Every instrument but those known by their total only."""


def scored(instrument: str, *items: int | None) -> Scored:
    found = score_of(instrument, "1", items, None)
    assert isinstance(found, Scored), found
    return found


def unscored(instrument: str, *items: int | None, reported: float | None = None) -> NoScore:
    found = score_of(instrument, "1", items, reported)
    assert isinstance(found, NoScore), found
    return found


def by_total(instrument: str, reported: float | None) -> Scored | NoScore:
    return score_of(instrument, "1", None, reported)


def subscores(found: Scored | NoScore) -> dict[str, tuple[float | None, str | None]]:
    return {name: (points, band) for name, points, band in found.subscales}


def test_the_catalogue_holds_the_ten_instruments_of_the_programme() -> None:
    assert set(INSTRUMENTS) == {
        "UCLA-3",
        "UCLA-20",
        "DJG-6",
        "DJG-11",
        "LSNS-6",
        "PHQ-9",
        "GAD-7",
        "WHO-5",
        "BDI",
        "CES-D-20",
    }


def test_an_event_is_scored_from_its_items() -> None:
    assert score(measure_taken.replaced(items=(3, 2, 2), score=None)) == Scored(7.0, "lonely")


@pytest.mark.parametrize(
    ("items", "expected", "band"),
    [
        ((1, 1, 1), 3, "not lonely"),
        ((2, 2, 1), 5, "not lonely"),
        ((2, 2, 2), 6, "lonely"),
        ((3, 3, 3), 9, "lonely"),
    ],
)
def test_ucla_3_is_a_plain_sum_and_lonely_from_6(items: tuple[int, ...], expected: int, band: str) -> None:
    assert scored("UCLA-3", *items) == Scored(expected, band)


def test_ucla_20_reverses_its_nine_positive_items_and_has_no_band() -> None:
    assert scored("UCLA-20", *[1] * 20) == Scored(11 * 1 + 9 * 4, None)
    assert scored("UCLA-20", *[4] * 20) == Scored(11 * 4 + 9 * 1, None)
    loneliest = [1 if number in {1, 5, 6, 9, 10, 15, 16, 19, 20} else 4 for number in range(1, 21)]
    assert scored("UCLA-20", *loneliest).score == 80
    assert scored("UCLA-20", *[5 - answer for answer in loneliest]).score == 20


def test_ucla_20_is_version_3_and_other_versions_are_not_mistaken_for_it() -> None:
    items = [1] * 20
    assert score_of("UCLA-20", "3", items, None) == score_of("UCLA-20", "1", items, None)
    assert score_of("UCLA-20", "2", items, None) == NoScore("version 2 of UCLA-20 is not scored here, only 1, 3")


@pytest.mark.parametrize("item", [1, 5, 6, 9, 10, 15, 16, 19, 20])
def test_a_reversed_item_of_ucla_20_lowers_the_score_when_it_rises(item: int) -> None:
    items = [2] * 20
    before = scored("UCLA-20", *items).score
    items[item - 1] = 3
    assert scored("UCLA-20", *items).score == before - 1


YES, MORE_OR_LESS, NO = 1, 2, 3


@pytest.mark.parametrize(
    ("items", "expected", "band"),
    [
        ((NO, NO, NO, YES, YES, YES), 0, "not lonely"),
        ((MORE_OR_LESS, NO, NO, YES, YES, YES), 1, "not lonely"),
        ((YES, NO, NO, NO, YES, YES), 2, "moderately lonely"),
        ((YES, YES, YES, MORE_OR_LESS, YES, YES), 4, "moderately lonely"),
        ((YES, YES, YES, NO, NO, YES), 5, "severely lonely"),
        ((YES, MORE_OR_LESS, YES, NO, MORE_OR_LESS, NO), 6, "severely lonely"),
    ],
)
def test_djg_6_counts_a_lack_agreed_to_and_a_comfort_not_agreed_to(
    items: tuple[int, ...], expected: int, band: str
) -> None:
    found = scored("DJG-6", *items)
    assert (found.score, found.band) == (expected, band)


def test_djg_6_has_an_emotional_and_a_social_subscale() -> None:
    assert subscores(scored("DJG-6", YES, YES, YES, YES, YES, NO)) == {"emotional": (3, None), "social": (1, None)}


def test_djg_6_with_one_item_missing_has_a_total_but_no_score_in_that_subscale() -> None:
    found = scored("DJG-6", YES, YES, None, YES, YES, NO)
    assert (found.score, found.band, found.missing) == (3, "moderately lonely", 1)
    assert subscores(found) == {"emotional": (None, None), "social": (1, None)}


def test_djg_6_names_no_band_that_the_missing_item_could_change() -> None:
    found = scored("DJG-6", YES, NO, None, YES, YES, YES)
    assert (found.score, found.band, found.missing) == (1, None, 1)


def test_djg_6_with_two_items_missing_has_no_total_but_keeps_its_complete_subscale() -> None:
    found = unscored("DJG-6", YES, YES, NO, None, None, NO)
    assert found.reason == "2 of 6 items missing"
    assert subscores(found) == {"emotional": (2, None), "social": (None, None)}


def test_djg_11_counts_its_six_emotional_and_five_social_items_in_the_published_order() -> None:
    emotional = {2, 3, 5, 6, 9, 10}
    least = [NO if number in emotional else YES for number in range(1, 12)]
    most = [YES if number in emotional else NO for number in range(1, 12)]
    assert scored("DJG-11", *least).score == 0
    assert subscores(scored("DJG-11", *most)) == {"emotional": (6, None), "social": (5, None)}
    assert scored("DJG-11", *[MORE_OR_LESS] * 11).score == 11


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (0, "not lonely"),
        (2, "not lonely"),
        (3, "moderately lonely"),
        (8, "moderately lonely"),
        (9, "severely lonely"),
        (10, "severely lonely"),
        (11, "very severely lonely"),
    ],
)
def test_djg_11_has_four_bands(points: int, band: str) -> None:
    assert band_of(INSTRUMENTS["DJG-11"].bands, points) == band


def test_djg_11_has_no_score_with_an_item_missing() -> None:
    assert unscored("DJG-11", *[YES] * 10, None).reason == "1 of 11 items missing"


@pytest.mark.parametrize(
    ("items", "expected", "band", "family", "friends"),
    [
        ((0, 0, 0, 0, 0, 0), 0, "at risk of isolation", (0, "marginal"), (0, "marginal")),
        ((2, 2, 1, 2, 2, 2), 11, "at risk of isolation", (5, "marginal"), (6, "not marginal")),
        ((2, 2, 2, 2, 2, 2), 12, "not at risk of isolation", (6, "not marginal"), (6, "not marginal")),
        ((5, 5, 5, 5, 0, 0), 20, "not at risk of isolation", (15, "not marginal"), (5, "marginal")),
        ((5, 5, 5, 5, 5, 5), 30, "not at risk of isolation", (15, "not marginal"), (15, "not marginal")),
    ],
)
def test_lsns_6_below_12_is_at_risk_and_a_subscale_below_6_marginal(
    items: tuple[int, ...], expected: int, band: str, family: tuple[int, str], friends: tuple[int, str]
) -> None:
    found = scored("LSNS-6", *items)
    assert (found.score, found.band) == (expected, band)
    assert subscores(found) == {"family": family, "friends": friends}


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (0, "minimal"),
        (4, "minimal"),
        (5, "mild"),
        (9, "mild"),
        (10, "moderate"),
        (14, "moderate"),
        (15, "moderately severe"),
        (19, "moderately severe"),
        (20, "severe"),
        (27, "severe"),
    ],
)
def test_phq_9_has_bands_at_5_10_15_and_20(points: int, band: str) -> None:
    items = [min(3, max(0, points - 3 * place)) for place in range(9)]
    found = scored("PHQ-9", *items)
    assert (found.score, found.band) == (points, band)


def test_phq_9_raises_the_safety_flag_when_item_9_is_above_0() -> None:
    assert scored("PHQ-9", 0, 0, 0, 0, 0, 0, 0, 0, 1) == Scored(1.0, "minimal", safety=True)
    assert not scored("PHQ-9", 3, 3, 3, 3, 3, 3, 3, 3, 0).safety


def test_the_safety_flag_is_raised_even_where_there_is_no_score() -> None:
    assert unscored("PHQ-9", None, 0, 0, 0, 0, 0, 0, 0, 2) == NoScore("1 of 9 items missing", safety=True)
    assert unscored("PHQ-9", 7, 0, 0, 0, 0, 0, 0, 0, 2).safety
    found = score_of("PHQ-9", "none of ours", (0, 0, 0, 0, 0, 0, 0, 0, 2), None)
    assert isinstance(found, NoScore)
    assert found.safety


def test_a_reported_phq_9_total_raises_the_safety_flag_only_where_item_9_must_be_above_0() -> None:
    assert by_total("PHQ-9", 24) == Scored(24.0, "severe", safety=False, reported=True)
    assert by_total("PHQ-9", 25) == Scored(25.0, "severe", safety=True, reported=True)


@pytest.mark.parametrize(
    ("items", "expected", "band"),
    [
        ((0, 0, 0, 0, 0, 0, 0), 0, "minimal"),
        ((1, 1, 1, 1, 0, 0, 0), 4, "minimal"),
        ((1, 1, 1, 1, 1, 0, 0), 5, "mild"),
        ((3, 3, 3, 0, 0, 0, 0), 9, "mild"),
        ((3, 3, 3, 1, 0, 0, 0), 10, "moderate"),
        ((3, 3, 3, 3, 2, 0, 0), 14, "moderate"),
        ((3, 3, 3, 3, 3, 0, 0), 15, "severe"),
        ((3, 3, 3, 3, 3, 3, 3), 21, "severe"),
    ],
)
def test_gad_7_has_bands_at_5_10_and_15(items: tuple[int, ...], expected: int, band: str) -> None:
    assert scored("GAD-7", *items) == Scored(expected, band)


@pytest.mark.parametrize(
    ("items", "expected", "band"),
    [
        ((0, 0, 0, 0, 0), 0, "screen for depression"),
        ((5, 2, 0, 0, 0), 28, "screen for depression"),
        ((5, 3, 0, 0, 0), 32, "low wellbeing"),
        ((5, 5, 2, 0, 0), 48, "low wellbeing"),
        ((5, 5, 3, 0, 0), 52, "not low"),
        ((5, 5, 5, 5, 5), 100, "not low"),
    ],
)
def test_who_5_is_four_times_the_sum(items: tuple[int, ...], expected: int, band: str) -> None:
    assert scored("WHO-5", *items) == Scored(expected, band)


def test_ces_d_20_reverses_its_four_positive_items_and_has_its_cut_off_at_16() -> None:
    assert scored("CES-D-20", *[0] * 20) == Scored(12.0, "below the cut-off")
    assert scored("CES-D-20", *[3] * 20) == Scored(48.0, "at risk of depression")
    least = [3 if number in {4, 8, 12, 16} else 0 for number in range(1, 21)]
    assert scored("CES-D-20", *least).score == 0
    assert scored("CES-D-20", *[3 - answer for answer in least]).score == 60
    assert scored("CES-D-20", *[3, 3, 3, 3, 3, 3, *least[6:]]) == Scored(15.0, "below the cut-off")
    assert scored("CES-D-20", *[3, 3, 3, 2, 3, 3, *least[6:]]) == Scored(16.0, "at risk of depression")


def test_bdi_is_known_by_its_total_only() -> None:
    assert by_total("BDI", 29) == Scored(29.0, None, reported=True)
    assert by_total("BDI", 64) == NoScore("the reported score is out of range 0-63")
    assert by_total("BDI", None) == NoScore("no score was given")
    assert unscored("BDI", 1, 2, 3).reason == "no score was given"


def test_a_total_published_beside_missing_items_is_not_used() -> None:
    assert unscored("UCLA-3", None, None, None, reported=7).reason == "all items missing"
    assert unscored("UCLA-3", None, 2, None, reported=7).reason == "2 of 3 items missing"


def test_a_total_that_contradicts_complete_items_is_not_used() -> None:
    assert score_of("UCLA-3", "1", (1, 1, 1), 9) == Scored(3.0, "not lonely")


def test_a_total_without_items_is_taken_as_reported() -> None:
    assert by_total("UCLA-3", 6) == Scored(6.0, "lonely", reported=True)
    assert by_total("WHO-5", 52) == Scored(52.0, "not low", reported=True)


@pytest.mark.parametrize(
    ("instrument", "reported", "reason"),
    [
        ("UCLA-3", None, "neither items nor a score were given"),
        ("UCLA-3", 2, "the reported score is out of range 3-9"),
        ("UCLA-3", 10, "the reported score is out of range 3-9"),
        ("UCLA-3", float("nan"), "the reported score is out of range 3-9"),
        ("UCLA-3", float("inf"), "the reported score is out of range 3-9"),
        ("UCLA-3", 4.5, "the reported score cannot be attained: scores are whole numbers"),
        ("WHO-5", 50, "the reported score cannot be attained: scores are multiples of 4"),
    ],
)
def test_a_total_that_cannot_be_attained_is_no_score(instrument: str, reported: float | None, reason: str) -> None:
    assert by_total(instrument, reported) == NoScore(reason)


def test_items_of_the_wrong_number_or_out_of_range_are_no_score() -> None:
    assert unscored("PHQ-9", *[0] * 8).reason == "expected 9 items, got 8"
    assert unscored("UCLA-3").reason == "expected 3 items, got 0"
    assert unscored("GAD-7", 0, 0, 0, 4, 0, 0, 0).reason == "item 4 is out of range 0-3"
    assert unscored("UCLA-3", 1, 0, 1).reason == "item 2 is out of range 1-3"
    assert unscored("DJG-6", None, 0, 1, 1, 1, 1).reason == "item 2 is out of range 1-3"


def test_an_unknown_instrument_is_no_score_and_no_error() -> None:
    assert score_of("HOUSE-SCALE", "1", (1, 2), 3) == NoScore("HOUSE-SCALE is not an instrument that is scored here")


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda instrument: instrument.code)
def test_every_instrument_says_where_it_was_published_and_its_table_is_consistent(instrument: Instrument) -> None:
    assert instrument.source
    assert (instrument.important_change is None) == (instrument.change_source is None)
    lowest = [band.lowest for band in instrument.bands]
    assert lowest == sorted(set(lowest))
    assert all(instrument.lowest <= start <= instrument.highest for start in lowest)
    if lowest:
        assert lowest[0] == instrument.lowest
    if instrument.answers:
        assert instrument.lowest == instrument.factor * sum(min(key.values()) for key in instrument.answers)
        assert instrument.highest == instrument.factor * sum(max(key.values()) for key in instrument.answers)
    in_subscales = [number for subscale in instrument.subscales for number in subscale.items]
    assert sorted(in_subscales) in ([], list(range(1, len(instrument.answers) + 1)))


def answers_of(instrument: Instrument) -> strategies.SearchStrategy[tuple[int, ...]]:
    return strategies.tuples(*(strategies.sampled_from(sorted(key)) for key in instrument.answers))


def some_missing(instrument: Instrument) -> strategies.SearchStrategy[tuple[int | None, ...]]:
    return strategies.tuples(*(strategies.sampled_from([None, *sorted(key)]) for key in instrument.answers))


with_complete_answers = strategies.sampled_from(WITH_ITEMS).flatmap(
    lambda instrument: strategies.tuples(strategies.just(instrument), answers_of(instrument))
)
with_some_missing = strategies.sampled_from(WITH_ITEMS).flatmap(
    lambda instrument: strategies.tuples(strategies.just(instrument), some_missing(instrument))
)


@given(with_complete_answers)
def test_complete_answers_always_give_a_score_in_range_that_could_also_have_been_reported(
    case: tuple[Instrument, tuple[int, ...]],
) -> None:
    instrument, items = case
    found = scored(instrument.code, *items)
    assert instrument.lowest <= found.score <= instrument.highest
    as_reported = by_total(instrument.code, found.score)
    assert isinstance(as_reported, Scored)
    assert (as_reported.score, as_reported.band) == (found.score, found.band)
    assert found.safety or not as_reported.safety


# Not for De Jong Gierveld's scales: "more or less" counts in either direction, so there is nothing to mirror.
@given(with_complete_answers.filter(lambda case: not case[0].code.startswith("DJG")))
def test_turning_every_answer_round_mirrors_the_score(case: tuple[Instrument, tuple[int, ...]]) -> None:
    instrument, items = case
    turned = [min(key) + max(key) - item for item, key in zip(items, instrument.answers, strict=True)]
    mirrored = instrument.lowest + instrument.highest - scored(instrument.code, *items).score
    assert scored(instrument.code, *turned).score == mirrored


@given(with_complete_answers)
def test_subscales_that_cover_an_instrument_add_up_to_its_score(case: tuple[Instrument, tuple[int, ...]]) -> None:
    instrument, items = case
    found = scored(instrument.code, *items)
    assert sum(subscore.score or 0 for subscore in found.subscales) == (found.score if instrument.subscales else 0)


@given(with_some_missing)
def test_a_missing_item_never_becomes_an_answer(case: tuple[Instrument, tuple[int | None, ...]]) -> None:
    instrument, items = case
    missing = items.count(None)
    found = score_of(instrument.code, "1", items, instrument.highest)
    assert isinstance(found, Scored) == (missing <= instrument.missing_allowed)
    if isinstance(found, Scored):
        assert found.missing == missing
        answered = [key[item] for item, key in zip(items, instrument.answers, strict=True) if item is not None]
        assert found.score == instrument.factor * sum(answered)


@given(with_some_missing)
def test_a_band_beside_a_missing_item_holds_whatever_the_answer_would_have_been(
    case: tuple[Instrument, tuple[int | None, ...]],
) -> None:
    instrument, items = case
    found = score_of(instrument.code, "1", items, None)
    if isinstance(found, Scored) and found.missing == 1 and found.band is not None:
        gap = items.index(None)
        for answer in instrument.answers[gap]:
            assert score_of(instrument.code, "1", (*items[:gap], answer, *items[gap + 1 :]), None)[1] == found.band


@given(
    strategies.sampled_from([*INSTRUMENTS, "HOUSE-SCALE"]),
    strategies.none() | strategies.lists(strategies.none() | strategies.integers(), max_size=25),
    strategies.none() | strategies.floats(),
)
def test_whatever_is_told_there_is_a_score_in_range_or_a_reason(
    code: str, items: list[int | None] | None, reported: float | None
) -> None:
    found = score_of(code, "1", items, reported)
    if isinstance(found, Scored):
        assert INSTRUMENTS[code].lowest <= found.score <= INSTRUMENTS[code].highest
    else:
        assert found.reason
