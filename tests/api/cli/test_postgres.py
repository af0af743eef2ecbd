"""The same commands on PostgreSQL, in one pass from nothing to figures."""

from itertools import islice

import orjson
import pytest

from api import wiring
from api.cli.simulating import record_all
from api.settings import load_settings
from consumers.simulation import seoul_2025
from domain.cloud_events import cloud_event
from tests.api.cli.conftest import Terminal
from tests.examples import call_received, measure_taken, risk_assessed
from tests.servers import fresh_database


def test_one_pass_on_postgresql(bare: Terminal, postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with fresh_database(postgres_server) as url:
        monkeypatch.setenv("MAJUNG_DATABASE_URL", url)
        assert "majung db upgrade" in bare.fails("db", "check", code=1)
        bare.run("db", "upgrade", "--shards", "2")
        with wiring.start(load_settings()) as majung:
            told = record_all(majung, islice(seoul_2025(5000, 1), 10))
        assert bare.rows("db", "check")["not_yet_in_read_models"] == told["recorded"]
        assert {row["events"] for row in bare.rows("replay")} == {told["recorded"]}

        events = (call_received, risk_assessed, measure_taken)
        file = bare.file("events.jsonl", b"\n".join(orjson.dumps(cloud_event(event)) for event in events))
        assert "events 3 + duplicates 0" in bare.run("import", file).stdout
        assert "events 0 + duplicates 3" in bare.run("import", file).stdout
        assert bare.rows("db", "check")["kind"] == "PostgreSQL"
        assert bare.rows("person", "show", call_received.participant_id)["person"]["stage"] == "healing"
        assert bare.rows("services", "figures")[0]["value"] > 100
        assert bare.rows("outcomes", "change", "--instrument", "UCLA-3", "--by", "origin")["occasions"]
        assert "3 event(s)" in bare.fails("simulate", code=6)
