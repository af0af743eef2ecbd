"""What an alert sets going: somebody takes it on within minutes, some are handed to others, a few wait too long."""

from random import Random
from uuid import UUID

from consumers.simulation.scenario import counsellor
from consumers.simulation.teller import Teller
from domain.codes import EscalatedTo
from domain.events import AlertAcknowledged, CrisisEscalated, MeasureTaken, ShiftHandedOver
from domain.touchpoint import Touchpoint

_ESCALATED_TO = tuple(EscalatedTo)
_ACTIONS = ("called-back", "stayed-on-the-line", "visit-arranged", "handed-to-emergency-services")
_SHIFTS_END = (6 * 3600, 14 * 3600, 22 * 3600)
_LAST_SECOND = 86_399


class Alarms:
    """The shift's answer to an alert; all of it is told on the day of the alert."""

    def __init__(self, rng: Random, teller: Teller) -> None:
        self._rng = rng
        self._teller = teller

    def answers(self, alert: Touchpoint, day: int, second: float, *, actor: str, escalates: float) -> list[Touchpoint]:
        """Acknowledged by `actor`, in one of 20 cases only after it has escalated; with that chance escalated by them;
        sometimes handed over with what is still to be done when the shift ends.
        """
        random = self._rng.random
        person = alert.participant_id
        taken_on = 40 + int(400 * random()) if random() < 0.95 else 660 + int(3000 * random())
        answers: list[Touchpoint] = []
        if random() < escalates:
            to = _ESCALATED_TO[int(len(_ESCALATED_TO) * random())]
            happened = min(second + 300, _LAST_SECOND)
            fields = {"to": to, "result": "handed-over", "actor": actor}
            answers.append(self._teller.tell(CrisisEscalated, person, day, happened, fields))
        action = _ACTIONS[int(len(_ACTIONS) * random())]
        taken = {"alert_event_id": alert.event_id, "action": action, "actor": actor}
        happened = min(second + taken_on, _LAST_SECOND)
        answers.append(self._teller.tell(AlertAcknowledged, person, day, happened, taken))
        if random() < 0.25:
            answers += self._handed_over(person, day, happened, actor)
        return answers

    def _handed_over(self, person: UUID, day: int, second: float, giver: str) -> list[Touchpoint]:
        receiver = counsellor(int(1000 * self._rng.random()))
        ends = next((end for end in _SHIFTS_END if end > second), None)
        if ends is None or receiver == giver:
            return []
        fields = {"to_actor": receiver, "open_items": 1, "actor": giver}
        return [self._teller.tell(ShiftHandedOver, person, day, ends, fields)]


def flags_safety(measure: Touchpoint) -> bool:
    """Whether the last item of a PHQ-9 was answered above 0."""
    return (
        isinstance(measure, MeasureTaken)
        and measure.instrument == "PHQ-9"
        and measure.items is not None
        and bool(measure.items[-1])
    )
