"""The scenario seoul-2025 as data: the published figures it passes through, the places, and the rates that are its own.

Days are numbered from 1 April 2025, day 0. Published figures are as of 30 September, day 182, known at the end.
"""

from datetime import date

from domain.codes import AgeBand, CallLevel, PrescriptionCategory

FIRST_DAY = date(2025, 4, 1)
LAST_DAY = date(2026, 3, 31)
FEWEST_PEOPLE = 5_000


def day_number(day: date) -> int:
    return (day - FIRST_DAY).days


END_OF_APRIL = day_number(date(2025, 4, 30))
MID_AUGUST = day_number(date(2025, 8, 13))
END_OF_SEPTEMBER = day_number(date(2025, 9, 30))
END = day_number(LAST_DAY)

CALLS_TO_MID_AUGUST = 15_565
CALLS_BY_LEVEL = {
    CallLevel.LONELINESS_TALK: 14_036,
    CallLevel.INFORMATION: 4_102,
    CallLevel.HOUSEHOLD_DISCOVERY: 873,
    CallLevel.EMERGENCY: 243,
}
"""19,254 in all; 14,036 is the integer nearest to the published 72.9 %, the split of the rest is the scenario's own."""
CALLS_BY_AGE = {AgeBand.MIDDLE: 12_804, AgeBand.YOUTH: 5_507, AgeBand.OLDER: 886, AgeBand.UNKNOWN: 57}
"""66.5, 28.6 and 4.6 % as published; the rest is unknown."""

STORES = ("gwanak", "dongdaemun", "gangbuk", "dobong")
VISITS_TO_END_OF_APRIL = 4_483
VISITS = 37_762
STORES_OPEN_FROM = day_number(date(2025, 4, 3))
"""Monday to Saturday from 3 April: the 24 opening days a store that the published 47 visits a day need in April."""

PRESCRIBED = 1_714
COUNSELLED = 994
SUPPORTED = 640
COUNSELLED_AND_SUPPORTED = 152
"""The overlap is the scenario's own: 1,482 people in either group, 232 of those prescribed in neither."""

ACTIVITIES = 350
AREAS = (
    "dobong",
    "dongdaemun",
    "dongjak",
    "eunpyeong",
    "gangbuk",
    "gangdong",
    "gangseo",
    "geumcheon",
    "guro",
    "gwanak",
    "jungnang",
    "mapo",
    "nowon",
    "seodaemun",
    "seongbuk",
    "songpa",
    "yangcheon",
)
ACTIVISTS = 3 * len(AREAS)

CALLS_A_DAY_LATER = 60
VISITS_A_STORE_AND_DAY_LATER = 30
"""After September nothing is published: rates of the scenario's own."""

DISTRICTS = (*AREAS, "gangnam", "gwangjin", "jongno", "jung", "seocho", "seongdong", "yeongdeungpo", "yongsan")
CALL_COUNSELLORS = 36
MANAGER = "manager-01"
HOUSEHOLDS = 60
CALL_NOTE = "가상 상담 기록: 이웃과의 왕래가 줄어 대화를 나눔."
CONNECTION_ORGANISATIONS = 24
COUNSELLING_ORGANISATIONS = 7
PROGRAMMES = {
    PrescriptionCategory.SPORT_HEALTH: ("plogging", "meditation"),
    PrescriptionCategory.CULTURE_ART: ("resin-art", "woodwork"),
    PrescriptionCategory.DAILY_LIVING: ("tidying",),
    PrescriptionCategory.EMOTIONAL_HEALING: ("feelings-journal",),
}


def counsellor(number: int) -> str:
    """The pseudonym of one of the counsellors, whatever the number."""
    return f"counsellor-{1 + number % CALL_COUNSELLORS:02}"
