"""The programme's figures as versioned definitions, and their values at both clocks.

Warning: a published figure names its code and version. Whoever changes what a definition counts gives it the next
version, so that an old report can still be reproduced.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, Table

from domain.codes import AgeBand, CallLevel
from projections.figure_definition import PROGRAMME_START, Count, Counted, Figure, FigureValue, Unit, Window

ANSWERED = Count(("call-received.v1",), having=(("outcome", "answered"),))
VISITS = Count(("store-visited.v1",))
PRESCRIBED = Count(("prescription-issued.v1",))
COUNSELLED = Count(("counselling-held.v1",))
SUPPORTED = Count(("direct-support-given.v1",))
COUNSELLED_OR_SUPPORTED = Count(COUNSELLED.topics + SUPPORTED.topics)
ACTIVITIES = Count(("activity-performed.v1",))
TO_13_AUGUST_2025 = Window(last=date(2025, 8, 13))
TO_30_APRIL_2025 = Window(last=date(2025, 4, 30))

_LEVELS: dict[str | None, tuple[str, str]] = {
    CallLevel.INFORMATION.value: ("정보 안내", "information"),
    CallLevel.LONELINESS_TALK.value: ("외로움 대화", "loneliness talk"),
    CallLevel.HOUSEHOLD_DISCOVERY.value: ("고립가구 발굴", "discovery of a household"),
    CallLevel.EMERGENCY.value: ("긴급 위기", "emergency"),
    None: ("미기재", "level not stated"),
}
_AGE_BANDS = {
    AgeBand.CHILD.value: ("아동", "children"),
    AgeBand.ADOLESCENT.value: ("청소년", "adolescents"),
    AgeBand.YOUTH.value: ("청년", "youth"),
    AgeBand.MIDDLE.value: ("중장년", "middle-aged"),
    AgeBand.OLDER.value: ("노년", "older"),
    AgeBand.UNKNOWN.value: ("미상", "age unknown"),
}


def _of(count: Count, of: Counted) -> Count:
    return replace(count, of=of)


def _figure(code: str, korean: str, english: str, unit: Unit, numerator: Count, note: str = "") -> Figure:
    return Figure(code, 1, korean, english, unit, numerator, note=note)


def _share(column: str, value: str | None, korean: str, english: str, note: str) -> Figure:
    part = replace(ANSWERED, having=(*ANSWERED.having, (column, value)))
    share = _figure(
        f"calls_{column}_{value or 'not_stated'}",
        f"상담 중 {korean}",
        f"consultations, {english}",
        "percent",
        part,
        note,
    )
    return replace(share, base=ANSWERED)


_LEVELS_NOTE = "Rounded to 0.1: many counts give the same percentage; read the numerator."
_AGES_NOTE = "The published bands add to 99.7 %; what is missing is shown as unknown."
_IDENTIFIED_NOTE = "Identified people only: an anonymous contact is no person until it is linked."
_OVERLAP_NOTE = "People counselled and people directly supported may overlap; the union stands beside them."
_STORE_DAY_NOTE = "Days on which a store had a visit, not calendar days: the published 47 needs 24 days a store."
_GUEST_NOTE = "A guest known by nickname alone counts once a visit: a nickname never links by itself."

FIGURES: Sequence[Figure] = (
    _figure("calls", "상담 건수", "consultations", "contacts", ANSWERED, "Answered calls: contacts, not people."),
    _figure("calls_people", "상담 인원", "people who called", "people", _of(ANSWERED, "person"), _IDENTIFIED_NOTE),
    replace(
        _figure("calls_per_day", "일평균 상담 건수", "consultations a day", "contacts a day", ANSWERED),
        base="days",
        note="Calendar days from the window's first day to the as-of date: the line never closes.",
    ),
    *(_share("level", level, *names, _LEVELS_NOTE) for level, names in _LEVELS.items()),
    *(_share("age_band", band, *names, _AGES_NOTE) for band, names in _AGE_BANDS.items()),
    replace(
        _figure("calls_to_2025_08_13", "8월 13일까지 상담 건수", "consultations to 13 August", "contacts", ANSWERED),
        window=TO_13_AUGUST_2025,
        note="An earlier point of the series of consultations.",
    ),
    _figure("store_visits", "마음편의점 누적 이용", "store visits", "contacts", VISITS, "Visits, not people."),
    _figure(
        "store_visits_people", "마음편의점 이용 인원", "store visitors", "people", _of(VISITS, "person"), _GUEST_NOTE
    ),
    replace(
        _figure("store_visits_to_2025_04_30", "4월 말까지 이용", "store visits to 30 April", "contacts", VISITS),
        window=TO_30_APRIL_2025,
        note="An earlier point of the series of store visits.",
    ),
    replace(
        _figure(
            "store_visits_a_day",
            "1곳당 일평균 이용",
            "visits a store and day to 30 April",
            "contacts a store and day",
            VISITS,
        ),
        base=_of(VISITS, "site and day"),
        window=TO_30_APRIL_2025,
        note=_STORE_DAY_NOTE,
    ),
    _figure("prescribed_people", "연결 처방 인원", "people in prescriptions", "people", _of(PRESCRIBED, "person")),
    _figure("prescriptions", "연결 처방 건수", "prescriptions issued", "services", PRESCRIBED),
    _figure(
        "counselled_people", "상담 치유 인원", "people counselled", "people", _of(COUNSELLED, "person"), _OVERLAP_NOTE
    ),
    _figure("counselling_sessions", "상담 치유 횟수", "counselling sessions", "services", COUNSELLED),
    _figure(
        "supported_people", "직접 지원 인원", "people supported", "people", _of(SUPPORTED, "person"), _OVERLAP_NOTE
    ),
    _figure("supports", "직접 지원 횟수", "direct supports given", "services", SUPPORTED),
    _figure(
        "counselled_or_supported_people",
        "상담 치유 또는 직접 지원 인원",
        "people counselled or supported",
        "people",
        _of(COUNSELLED_OR_SUPPORTED, "person"),
        "Each person once; adding up both groups counts the overlap twice.",
    ),
    _figure("activities", "치유활동가 활동", "activities by healing activists", "activities", ACTIVITIES),
    _figure("activity_areas", "치유활동가 활동 지역", "areas with activities", "areas", _of(ACTIVITIES, "area")),
)


def figures(
    connection: Connection,
    table: Table,
    as_of: datetime,
    known_at: datetime,
    *,
    since: date = PROGRAMME_START,
) -> list[FigureValue]:
    """Every figure over a contributions table: of what had happened by `as_of`, as the journal knew it at `known_at`.

    `since` moves the first day of every window. A ratio whose base is 0 has the value None.
    """
    counted: dict[tuple[Count, Window], int] = {}

    def count(what: Count, window: Window) -> int:
        if (what, window) not in counted:
            counted[what, window] = connection.execute(what.select(table, window, as_of, known_at)).scalar_one()
        return counted[what, window]

    values = []
    for figure in FIGURES:
        window = replace(figure.window, first=since)
        numerator = count(figure.numerator, window)
        if figure.base is None:
            base = None
        else:
            base = window.days(as_of) if figure.base == "days" else count(figure.base, window)
        title = f"{figure.korean} · {figure.english}"
        value = figure.value(numerator, base)
        values.append(FigureValue(figure.code, figure.version, title, value, figure.unit, base, numerator, figure.note))
    return values
