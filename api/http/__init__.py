"""The HTTP API under /v1: CloudEvents in, people out at both clocks, every error a problem. See docs/http-api.md.

There is no authentication yet: serve it on 127.0.0.1 only.
"""

from api.http.application import create_app

__all__ = ["create_app"]
