"""GET /v1/projections and its stream: which rows serve, and how far each replay has come that makes others."""

from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.http.answer import Instant, Part
from api.http.problems import documented
from api.http.streams import LastEventId, Readers, event_stream, message
from api.wiring import Majung
from replay.rebuild import progress
from replay.rebuild.following import Follower, Mark, News
from replay.rebuild.progress import Ended, Look, Looking, Replay

READERS_AT_MOST = 100


class GenerationTold(Part):
    """One set of rows of a read model."""

    read_model: str
    generation: int
    version: int
    """Of the read model that folded them."""
    state: str
    """`live`: they serve; `building`: a replay makes them; `interrupted`: it was ended before its time; `ready`: they
    wait for somebody to switch to them; `retired`: they served before; `stale`: likewise, and they are of another
    version, which nobody keeps up to date; `snapshot`."""
    behind: int | None
    """Events of the journal that they do not include yet; null: a snapshot's."""
    replay: int | None
    """The replay that made them."""
    folded: int | None
    """Events that this replay has folded, while they do not serve yet."""
    events: int | None
    """With how many it began."""
    workers: int | None
    """How many processes have folded some of them; null once the rows are ready."""


class ProcessTold(Part):
    """A process that folds."""

    process: str
    """Its number."""
    folded: int
    """Events."""


class ReplayTold(Part):
    """A replay that goes on, or the taking of a snapshot."""

    replay: int
    kind: Literal["replay", "snapshot"]
    snapshot: str | None
    """The name of the snapshot."""
    as_of: Instant | None
    known_at: Instant | None
    """The clocks of the snapshot."""
    read_models: list[str]
    state: str
    """`folding`, `catching up`, or `ready`: its rows wait for somebody to switch to them."""
    at_work: bool
    """Whether somebody carries it out now. Where nobody does, and it is not ready, the next one goes on with it."""
    begun_at: Instant
    events: int
    """With how many it began."""
    folded: int
    processes: list[ProcessTold]
    """Which processes folded how much of it; none any more once it is ready."""


class Projections(Part):
    """All rows that there are, and the replays that make others, in one snapshot."""

    projections: list[GenerationTold]
    """By read model, the newest first."""
    replays: list[ReplayTold]
    """In the order in which they began."""


class ReplaysTold(Part):
    """`event: progress` of the stream."""

    replays: list[ReplayTold]


class EndTold(Part):
    """`event: ended` of the stream: a replay has nothing more to do."""

    replay: int
    kind: Literal["replay", "snapshot"]
    snapshot: str | None
    read_models: list[str]
    state: str
    """`switched`: its rows came to serve; `ready`: they wait; `taken`: the snapshot is there; `discarded`."""
    begun_at: Instant
    events: int


_EVENT_STREAM = event_stream(
    "of `event: progress`, `data` is a JSON object with all `replays` that go on (see /v1/projections), and `id` is"
    " where to resume; of `event: ended`, `data` is one that has nothing more to do, and its `state` says how it ended."
)
Numbered = tuple[int, Look]


def progress_readers(looking: Looking) -> Readers[Numbered]:
    """Who reads the stream of replays."""
    return Readers("projections", looking.looks, at_most=READERS_AT_MOST)


def projections_router(majung: Majung, looking: Looking, readers: Readers[Numbered]) -> APIRouter:
    """The endpoints of the read models as such. Nothing in them is about a person."""
    router = APIRouter(tags=["projections"])

    @router.get(
        "/v1/projections",
        response_model=Projections,
        summary="Which rows serve, and the replays that make others",
        responses=documented("invalid-parameter", "database-unavailable"),
    )
    def _() -> Projections:
        """Every set of rows, how far behind the journal it is, and how far each replay has come, by process."""
        with majung.database.read() as connection:
            found = progress.overview(connection, majung.journal.clock())
        generations = [GenerationTold(**line._asdict()) for line in found.lines]
        return Projections(projections=generations, replays=[_replay(each) for each in found.replays])

    @router.get(
        "/v1/projections/events",
        response_class=StreamingResponse,
        summary="How replays come on, and how each ends",
        responses={200: _EVENT_STREAM, **documented("invalid-parameter", "too-many-readers", "database-unavailable")},
    )
    async def _(last_event_id: LastEventId = None) -> StreamingResponse:
        """First the present, and before it with `Last-Event-ID` what ended since; then every change, at most one a
        second, and each end.
        """
        readers.ensure_room()
        follower = Follower(Mark.read(last_event_id) if last_event_id else None)

        def told(numbered: Numbered) -> bytes:
            news = follower.news(*numbered)
            return _messages(news) if news is not None else b""

        first = await run_in_threadpool(lambda: told(looking.look()))
        return readers.response(first, told)

    return router


def _messages(news: News) -> bytes:
    """What ended bears no id: who hears that and no more hears it again."""
    ended = b"".join(message("ended", _ended(each).model_dump(mode="json")) for each in news.ended)
    going_on = ReplaysTold(replays=[_replay(each) for each in news.replays])
    return ended + message("progress", going_on.model_dump(mode="json"), news.mark.write())


def _replay(found: Replay) -> ReplayTold:
    return ReplayTold(
        replay=found.number,
        kind=found.made.kind,
        snapshot=found.made.snapshot,
        as_of=found.as_of,
        known_at=found.known_at,
        read_models=list(found.made.read_models),
        state=found.state,
        at_work=found.at_work,
        begun_at=found.begun_at,
        events=found.events,
        folded=found.folded,
        processes=[ProcessTold(process=each.process, folded=each.folded) for each in found.processes],
    )


def _ended(found: Ended) -> EndTold:
    return EndTold(
        replay=found.number,
        kind=found.made.kind,
        snapshot=found.made.snapshot,
        read_models=list(found.made.read_models),
        state=found.state,
        begun_at=found.begun_at,
        events=found.events,
    )
