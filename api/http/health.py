"""/livez and /readyz: is the process up, and can it serve; how far each read model has come."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from api.http.answer import Part
from api.http.embedded_worker import EmbeddedWorker
from api.http.problems import RETRY_AFTER_SECONDS, Problem, documented
from api.wiring import Majung
from replay import schema
from replay.database import DatabaseUnusable
from replay.live import generations, rule_sets
from replay.tables import heads
from replay.vault import VaultError


class Alive(Part):
    """The process is up."""

    status: str = "alive"


class Check(Part):
    """One thing that must hold for this server to be of use."""

    name: str
    ok: bool
    message: str | None = None
    """What to do, where it does not hold."""


class ReadModelProgress(Part):
    """How far a read model has come in one shard of the journal."""

    name: str
    generation: int
    shard: int
    head: int
    """The last position of the journal."""
    position: int
    """The last position that the rows include."""
    behind: int


class WorkerState(Part):
    """The worker inside this server. When it fails, answers stay exact: they are folded on demand."""

    state: str
    """`running`, `failing` (started again every few seconds), `stopped`, or `none`: it runs elsewhere."""
    error: str | None = None
    """The kind of error it failed with."""


class Readiness(Part):
    """Whether the server can serve, and how far its read models are."""

    status: str
    checks: list[Check]
    worker: WorkerState
    read_models: list[ReadModelProgress]


def health_router(majung: Majung, worker: EmbeddedWorker | None) -> APIRouter:
    """The endpoints for whoever watches the server."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", response_model=Alive, summary="Whether the process is up")
    async def _() -> Alive:
        return Alive()

    @router.get("/readyz", response_model=Readiness, responses=documented("not-ready"), summary="Whether it can serve")
    def _() -> Readiness:
        """The database answers and is of this release, the vault opens, the read models are there and how far."""
        found = readiness(majung, worker)
        if found.status != "ready":
            wrong = [f"{check.name}: {check.message}" for check in found.checks if not check.ok]
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            members = found.model_dump(mode="json", exclude={"status"})
            raise Problem("not-ready", "; ".join(wrong), headers=headers, **members)
        return found

    return router


def readiness(majung: Majung, worker: EmbeddedWorker | None) -> Readiness:
    """Look at everything that serving needs; what cannot be looked at is not ready."""
    progress: list[ReadModelProgress] = []
    checks = [
        _checked("database", lambda: schema.check(majung.database)),
        _checked("vault", majung.journal.vault.check),
        _checked("read_models", lambda: progress.extend(progress_of(majung))),
    ]
    state = WorkerState(state="none") if worker is None else WorkerState(state=worker.state, error=worker.failure)
    status = "ready" if all(check.ok for check in checks) else "not ready"
    return Readiness(status=status, checks=checks, worker=state, read_models=progress)


def progress_of(majung: Majung) -> list[ReadModelProgress]:
    """Every live read model in every shard, in one snapshot. Raises ReadModelOutdated."""
    with majung.database.read() as connection:
        live = generations.live(connection, [*majung.serving, *rule_sets.kept(connection)])
        reached = connection.execute(select(heads.c.shard, heads.c.position).order_by(heads.c.shard)).all()
        return [
            ReadModelProgress(
                name=generation.model.name,
                generation=generation.number,
                shard=shard,
                head=head,
                position=(position := generations.position_of(connection, generation, shard)),
                behind=max(0, head - position),
            )
            for generation in live
            for shard, head in reached
        ]


def _checked(name: str, look: Callable[[], Any]) -> Check:
    """Run one check. Other errors than ours are told by their kind: their messages may hold addresses and values."""
    try:
        look()
    except schema.SchemaMissing:
        return Check(name=name, ok=False, message="there is no journal: run `majung db upgrade`")
    except (DatabaseUnusable, VaultError) as error:
        return Check(name=name, ok=False, message=str(error))
    except Exception as error:
        return Check(name=name, ok=False, message=f"does not answer ({type(error).__qualname__})")
    return Check(name=name, ok=True)
