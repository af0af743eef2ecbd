"""The instruments in use, by code. Each entry is its publication in data; items are in the published order, from 1.

`version` of an event names the published version where there are several (UCLA-20: "3"); "1" means that none was named.
"""

from collections.abc import Mapping

from domain.instruments.instrument import AnswerKey, Band, Instrument, Subscale, sums

_UNNAMED = frozenset({"1"})

# De Jong Gierveld's answers are recorded as asked: 1 yes, 2 more or less, 3 no. Emotional items name a lack, so
# agreeing counts; social items name a comfort, so not agreeing counts; "more or less" counts in both. Some files code
# them the other way round, as the manual's own syntax does: such a file is turned by its mapping, not here.
_EMOTIONAL: AnswerKey = {1: 1, 2: 1, 3: 0}
_SOCIAL: AnswerKey = {1: 0, 2: 1, 3: 1}
_DJG_11_EMOTIONAL = (2, 3, 5, 6, 9, 10)
_DJG_11_SOCIAL = (1, 4, 7, 8, 11)

_ALL = (
    Instrument(
        code="UCLA-3",
        title="Three-Item Loneliness Scale",
        versions=_UNNAMED,
        answers=sums(3, lowest=1, highest=3),
        lowest=3,
        highest=9,
        bands=(Band(3, "not lonely"), Band(6, "lonely")),
        source="Hughes, Waite, Hawkley & Cacioppo (2004), Research on Aging 26(6), 655-672; cut-off of 6 as commonly"
        " used, e.g. Steptoe, Shankar, Demakakos & Wardle (2013), PNAS 110(15), 5797-5801",
        text_licence="scores only",
    ),
    Instrument(
        code="UCLA-20",
        title="UCLA Loneliness Scale, version 3",
        # Versions 1 and 2 of this scale were never given this code: an event that names none means version 3.
        versions=frozenset({"1", "3"}),
        answers=sums(20, lowest=1, highest=4, reversed_items={1, 5, 6, 9, 10, 15, 16, 19, 20}),
        lowest=20,
        highest=80,
        source="Russell (1996), Journal of Personality Assessment 66(1), 20-40; no cut-off is agreed",
        text_licence="scores only",
    ),
    Instrument(
        code="DJG-6",
        title="De Jong Gierveld Loneliness Scale, 6 items",
        versions=_UNNAMED,
        answers=(_EMOTIONAL,) * 3 + (_SOCIAL,) * 3,
        lowest=0,
        highest=6,
        bands=(Band(0, "not lonely"), Band(2, "moderately lonely"), Band(5, "severely lonely")),
        subscales=(Subscale(name="emotional", items=(1, 2, 3)), Subscale(name="social", items=(4, 5, 6))),
        missing_allowed=1,
        source="De Jong Gierveld & Van Tilburg (2006), Research on Aging 28(5), 582-598; rule for missing items and"
        " bands: Manual of the Loneliness Scale (1999, updated 2022), section 8",
        text_licence="cite",
    ),
    Instrument(
        code="DJG-11",
        title="De Jong Gierveld Loneliness Scale, 11 items",
        versions=_UNNAMED,
        answers=tuple(_EMOTIONAL if number in _DJG_11_EMOTIONAL else _SOCIAL for number in range(1, 12)),
        lowest=0,
        highest=11,
        bands=(
            Band(0, "not lonely"),
            Band(3, "moderately lonely"),
            Band(9, "severely lonely"),
            Band(11, "very severely lonely"),
        ),
        subscales=(
            Subscale(name="emotional", items=_DJG_11_EMOTIONAL),
            Subscale(name="social", items=_DJG_11_SOCIAL),
        ),
        source="De Jong Gierveld & Kamphuis (1985), Applied Psychological Measurement 9(3), 289-299; bands: Van Tilburg"
        " & De Jong Gierveld (1999), Tijdschrift voor Gerontologie en Geriatrie 30(4), 158-163",
        text_licence="cite",
    ),
    Instrument(
        code="LSNS-6",
        title="Lubben Social Network Scale, 6 items",
        versions=_UNNAMED,
        answers=sums(6, lowest=0, highest=5),
        lowest=0,
        highest=30,
        bands=(Band(0, "at risk of isolation"), Band(12, "not at risk of isolation")),
        higher_is_better=True,
        subscales=(
            Subscale(name="family", items=(1, 2, 3), bands=(Band(0, "marginal"), Band(6, "not marginal"))),
            Subscale(name="friends", items=(4, 5, 6), bands=(Band(0, "marginal"), Band(6, "not marginal"))),
        ),
        source="Lubben, Blozik, Gillmann, Iliffe, von Renteln Kruse, Beck & Stuck (2006), The Gerontologist 46(4),"
        " 503-513",
        text_licence="confirm terms",
    ),
    Instrument(
        code="PHQ-9",
        title="Patient Health Questionnaire, 9 items",
        versions=_UNNAMED,
        answers=sums(9, lowest=0, highest=3),
        lowest=0,
        highest=27,
        bands=(
            Band(0, "minimal"),
            Band(5, "mild"),
            Band(10, "moderate"),
            Band(15, "moderately severe"),
            Band(20, "severe"),
        ),
        safety_item=9,
        important_change=5,
        source="Kroenke, Spitzer & Williams (2001), Journal of General Internal Medicine 16(9), 606-613",
        change_source="Löwe, Unützer, Callahan, Perkins & Kroenke (2004), Medical Care 42(12), 1194-1201",
        text_licence="free",
    ),
    Instrument(
        code="GAD-7",
        title="Generalized Anxiety Disorder scale, 7 items",
        versions=_UNNAMED,
        answers=sums(7, lowest=0, highest=3),
        lowest=0,
        highest=21,
        bands=(Band(0, "minimal"), Band(5, "mild"), Band(10, "moderate"), Band(15, "severe")),
        important_change=4,
        source="Spitzer, Kroenke, Williams & Löwe (2006), Archives of Internal Medicine 166(10), 1092-1097",
        change_source="Toussaint et al. (2020), Journal of Affective Disorders 265, 395-401",
        text_licence="free",
    ),
    Instrument(
        code="WHO-5",
        title="WHO-5 Well-Being Index",
        versions=_UNNAMED,
        answers=sums(5, lowest=0, highest=5),
        lowest=0,
        highest=100,
        factor=4,
        # A score moves in steps of 4: at most 28 and at most 50 are the published cut-offs.
        bands=(Band(0, "screen for depression"), Band(29, "low wellbeing"), Band(51, "not low")),
        higher_is_better=True,
        important_change=10,
        source="Topp, Østergaard, Søndergaard & Bech (2015), Psychotherapy and Psychosomatics 84(3), 167-176",
        change_source="Topp, Østergaard, Søndergaard & Bech (2015), Psychotherapy and Psychosomatics 84(3), 167-176",
        text_licence="non-commercial",
    ),
    Instrument(
        code="BDI",
        title="Beck Depression Inventory",
        versions=_UNNAMED,
        answers=(),
        lowest=0,
        highest=63,
        source="Beck, Ward, Mendelson, Mock & Erbaugh (1961), Archives of General Psychiatry 4(6), 561-571",
        text_licence="scores only",
    ),
    Instrument(
        code="CES-D-20",
        title="Center for Epidemiologic Studies Depression Scale",
        versions=_UNNAMED,
        answers=sums(20, lowest=0, highest=3, reversed_items={4, 8, 12, 16}),
        lowest=0,
        highest=60,
        bands=(Band(0, "below the cut-off"), Band(16, "at risk of depression")),
        source="Radloff (1977), Applied Psychological Measurement 1(3), 385-401",
        text_licence="public domain",
    ),
)

INSTRUMENTS: Mapping[str, Instrument] = {instrument.code: instrument for instrument in _ALL}
