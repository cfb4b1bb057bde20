"""The demo's way: both providers from the sandbox, set up as ``load_demo`` does, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from config import main_job
from sandbox.client import Sandbox
from tests.sourcing.factories import make_candidate
from tests.sourcing.finding.conftest import ask, books, found, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[main_job.Outside]:
    with Sandbox.start(tmp_path / "sandbox"):
        monkeypatch.setenv("BECKON_STACK", str(tmp_path))
        yield main_job.Outside.of_stack()


def test_get_email_and_get_phone_work_in_the_demo(alice: User, outside: main_job.Outside) -> None:
    main_job.set_up_finding(alice, outside)
    people = [
        make_candidate(alice.organisation, first, last, company="Voltra")
        for first, last in (("Ada", "Byro"), ("Bea", "Byron"), ("Nobody", "Byro"), ("Claimed", "Byro"))
    ]
    assert found(work(ask(alice, people))) == {
        "Ada": "found",
        "Bea": "found",
        "Nobody": "not_found",
        "Claimed": "found",
    }
    assert books(alice) == (497, 0)
    assert set(found(work(ask(alice, people[:2], "phone"))).values()) == {"found"}
    assert books(alice, "phone") == (98, 0)
