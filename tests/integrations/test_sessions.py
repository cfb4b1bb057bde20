"""A connection's HTTP session lives from person to person, and no longer than its credential."""

from __future__ import annotations

import os
import threading
import warnings

import pytest

from foundation import egress
from integrations import opening, sessions
from integrations.models import Connection
from tests.integrations import making
from tests.integrations.small_sourcewhale import SmallSourceWhale


def session(connection_id: int, credential: str = "one") -> egress.Session:
    return sessions.of(connection_id, credential=credential, timeout=1.0, max_bytes=100)


@pytest.mark.django_db
def test_an_export_goes_over_one_line_until_the_key_is_another(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    making.work(making.export(alice, row, *[making.person(alice, name) for name in ("Ada", "Bea", "Cleo")]))
    assert len(whale.people) == 3
    assert whale.server.lines == 1
    whale.key = "another-key-0001"
    Connection.objects.for_organisation(row.organisation_id).update(
        secret=opening.seal(row, {"api_key": whale.key})
    )
    making.work(making.export(alice, row, making.person(alice, "Dora")))
    assert len(whale.people) == 4
    assert whale.server.lines == 2


def test_a_session_is_one_connections_and_one_threads_and_ends_when_nobody_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = session(-1)
    assert session(-1) is first
    assert session(-2) is not first
    others: list[egress.Session] = []
    thread = threading.Thread(target=lambda: others.append(session(-1)))
    thread.start()
    thread.join()
    assert others[0] is not first
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 0.0)
    session(-2)
    assert session(-1) is not first, "it was closed when it had rested for too long"


def test_a_forked_process_begins_without_sessions() -> None:
    first = session(-3)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of forking beside threads: the child does next to nothing
        child = os.fork()
    if child == 0:
        os._exit(0 if session(-3) is not first else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert session(-3) is first
