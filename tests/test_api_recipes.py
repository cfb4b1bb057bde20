"""The recipes of docs/api.md do what they say, as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import Role
from foundation import events
from sourcing.models import Candidate, ContactPoint, Project
from tests.sourcing.factories import make_candidate, make_organisation, make_user

pytestmark = pytest.mark.django_db(transaction=True)
RECIPES = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "docs/api.md").read_text(), re.S)


def test_the_five_recipes(
    live_server: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alice = make_user(make_organisation(), "Alice Aubert", Role.ADMIN)
    knows = make_candidate(alice.organisation, "Ola", "Berg", skills=["Rust"])
    make_candidate(alice.organisation, "Eli", "Dahl", skills=["Go"])
    _, secret = tokens.create(actor=alice, name="recipes", days=30, now=timezone.now())
    monkeypatch.setenv("BECKON", str(live_server.url))  # type: ignore[attr-defined]
    monkeypatch.setenv("BECKON_TOKEN", secret)
    monkeypatch.chdir(tmp_path)
    assert len(RECIPES) == 6
    names: dict[str, object] = {}
    for recipe in RECIPES[:5]:
        exec(recipe, names)  # noqa: S102 - our own documentation

    assert (tmp_path / "rust.csv").read_text().splitlines()[1:] == [f"{knows.pk},Ola Berg,,"]
    ida = Candidate.objects.for_organisation(alice.organisation).get(first_name="Ida")
    assert ida.pk == names["ida"]
    exec(RECIPES[2], names)  # noqa: S102 - the same key again
    assert Candidate.objects.for_organisation(alice.organisation).filter(first_name="Ida").count() == 1
    points = ContactPoint.objects.for_organisation(alice.organisation).filter(candidate=ida)
    assert [point.value for point in points] == ["ida@voltra.example"]
    project = Project.objects.for_organisation(alice.organisation).get()
    assert project.pk == names["project"]
    assert "e-mail address" in capsys.readouterr().out

    while events.deliver_batches():
        pass
    exec(RECIPES[5], names)  # noqa: S102 - our own documentation
    told = capsys.readouterr().out.split()
    assert told[:1] == ["evt_" + str(names["last"]).removeprefix("evt_")] or "candidate.created" in told
    assert str(ida.pk) in told
    names["api"].close()  # type: ignore[attr-defined]
