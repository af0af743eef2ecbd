"""GET /metrics: for the scraper of a Prometheus server, and nobody else."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api.metrics import exposition, registry_of
from api.wiring import Majung


def metrics_router(majung: Majung) -> APIRouter:
    """The endpoint that tells how this process and the work on its database are going."""
    router = APIRouter(tags=["health"])
    registry = registry_of(majung)

    @router.get("/metrics", response_class=PlainTextResponse, summary="Metrics for Prometheus")
    def _(request: Request) -> Response:
        """In OpenMetrics for who asks for it, else in the text format of Prometheus; docs/metrics.md has every name."""
        body, media_type = exposition(registry, request.headers.get("accept"))
        return Response(body, media_type=media_type)

    return router
