"""The code lists: closed, versioned vocabularies in the field workers' own words.

A list only grows. A value that came later than the first version says since when, and an event that claims an older
`code_list_version` may not use it. Values are never renamed or removed: stored events speak them for ever.
"""

from enum import StrEnum
from typing import Self

FIRST = "2025-04"
CURRENT = "2025-08"
VERSIONS = (FIRST, CURRENT)


class CodeList(StrEnum):
    """A vocabulary whose members know the version that brought them."""

    since: str

    def __new__(cls, value: str, since: str = FIRST) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.since = since
        return member

    @classmethod
    def of_version(cls, version: str) -> tuple[Self, ...]:
        """The members that an event of that code list version may use."""
        return tuple(member for member in cls if member.since <= version)


class Precision(CodeList):
    INSTANT = "instant"
    DAY = "day"
    MONTH = "month"


class Basis(CodeList):
    """The lawful ground on which a touchpoint was recorded."""

    CONSENT = "consent"
    STATUTE = "statute"
    PUBLIC_TASK = "public_task"
    VITAL_INTEREST = "vital_interest"


class Origin(CodeList):
    LIVE = "live"
    MIGRATED = "migrated"
    SYNTHETIC = "synthetic"


class ParticipantKind(CodeList):
    PERSON = "person"
    HOUSEHOLD = "household"


class AgeBand(CodeList):
    """Child < 14, adolescent 14-18, youth 19-39, middle 40-64, older >= 65 years."""

    CHILD = "child"
    ADOLESCENT = "adolescent"
    YOUTH = "youth"
    MIDDLE = "middle"
    OLDER = "older"
    UNKNOWN = "unknown"


class Gender(CodeList):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class HouseholdType(CodeList):
    SINGLE = "single"
    COUPLE = "couple"
    FAMILY = "family"
    SHARED = "shared"
    INSTITUTION = "institution"
    UNKNOWN = "unknown"


class CallChannel(CodeList):
    PHONE = "phone"
    CHATBOT = "chatbot"
    KAKAOTALK = "kakaotalk"


class CallOutcome(CodeList):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    WRONG_NUMBER = "wrong_number"
    NUISANCE = "nuisance"


class CallLevel(CodeList):
    """How deep a consultation went, from a question to an emergency."""

    INFORMATION = "information"
    LONELINESS_TALK = "loneliness_talk"
    HOUSEHOLD_DISCOVERY = "household_discovery"
    EMERGENCY = "emergency"


class About(CodeList):
    SELF = "self"
    OTHER = "other"
    HOUSEHOLD = "household"


class Repeat(CodeList):
    FIRST = "first"
    REPEAT = "repeat"
    UNKNOWN = "unknown"


class CallPurpose(CodeList):
    CALLBACK = "callback"
    CHECK = "check"
    DISCOVERY = "discovery"


class ReachOutcome(CodeList):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"


class Reporter(CodeList):
    NEIGHBOUR = "neighbour"
    FAMILY = "family"
    OFFICIAL = "official"
    OTHER = "other"


class DiscoveryOutcome(CodeList):
    CONTACTED = "contacted"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    NOT_FOUND = "not_found"


class EscalatedTo(CodeList):
    SAFETY_REPORT_119 = "119"
    POLICE_112 = "112"
    SUICIDE_LINE_109 = "109"
    HOSPITAL = "hospital"
    MANAGER = "manager"


class StoreActivity(CodeList):
    SELF_CHECK = "self_check"
    COUNSELLING = "counselling"
    SMALL_GROUP = "small_group"
    GOODS = "goods"
    OTHER = "other"


class RiskLevel(CodeList):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class MeasureMode(CodeList):
    SELF = "self"
    PHONE = "phone"
    INTERVIEW = "interview"


class NotTakenReason(CodeList):
    DECLINED = "declined"
    CRISIS = "crisis"
    UNFIT = "unfit"
    ABSENT = "absent"


class PrescriptionCategory(CodeList):
    SPORT_HEALTH = "sport_health"
    CULTURE_ART = "culture_art"
    DAILY_LIVING = "daily_living"
    EMOTIONAL_HEALING = "emotional_healing", "2025-08"


class PrescriptionEnd(CodeList):
    COMPLETED = "completed"
    DROPPED_OUT = "dropped_out"
    REPLACED = "replaced"
    UNSUITABLE = "unsuitable"


class TieKind(CodeList):
    FAMILY = "family"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    GROUP = "group"
    WORKER = "worker"
    ACTIVIST = "activist"


class StepDownReason(CodeList):
    RELAPSE = "relapse"
    HEALTH = "health"
    MOVED = "moved"
    WORK = "work"
    OTHER = "other"


class ConsentScope(CodeList):
    SERVICE = "service"
    HEALTH = "health"
    CALLBACK = "callback"
    SHARE = "share"
    RESEARCH = "research"


class ConsentBy(CodeList):
    SELF = "self"
    GUARDIAN = "guardian"
    AGENT = "agent"


class DataRight(CodeList):
    ACCESS = "access"
    CORRECT = "correct"
    SUSPEND = "suspend"
    ERASE = "erase"
    EXPLAIN = "explain"


class JourneyEnd(CodeList):
    COMPLETED = "completed"
    MOVED_OUT = "moved_out"
    DIED = "died"
    WITHDREW = "withdrew"
    TRANSFERRED = "transferred"
    INSTITUTION = "institution"


class Stage(CodeList):
    """예방 → 치유 → 사회로의 복귀 → 재고립 방지, and the end of an episode."""

    PREVENTION = "prevention"
    HEALING = "healing"
    RETURN = "return"
    RE_ISOLATION_PREVENTION = "re_isolation_prevention"
    ENDED = "ended"
