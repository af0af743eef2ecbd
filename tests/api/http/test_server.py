"""A real server on a real socket, with its worker inside."""

import socket
from threading import Thread

import httpx2
import uvicorn

from api.http import create_app
from api.wiring import Majung
from tests.api.http.requests import as_bytes, person, wait_for
from tests.examples import call_received, prescription_issued


def test_a_server_takes_events_and_its_worker_brings_the_read_models_up_to_them(majung: Majung) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(majung, work=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
                body = as_bytes(call_received)
                response = client.post(
                    "/v1/events", content=body, headers={"Content-Type": "application/cloudevents+json"}
                )
                assert response.json()["status"] == "recorded"
                majung.journal.record([prescription_issued])
                wait_for(majung, client, 2)
                timeline = client.get(person("/timeline")).json()["items"]
                ready = client.get("/readyz").json()
        finally:
            server.should_exit = True
            thread.join()
    assert [item["type"] for item in timeline] == ["call-received.v1", "prescription-issued.v1"]
    assert ready["worker"] == {"state": "running", "error": None}
    assert {model["behind"] for model in ready["read_models"]} == {0}
