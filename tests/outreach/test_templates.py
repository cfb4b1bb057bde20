"""Templates and snippets: own and the team's, copies, and their pages."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from foundation.problems import Invalid, NotAllowed
from outreach import templates
from outreach.contents import Content
from outreach.models import Template, TemplateKind
from outreach.templates import TemplateMissing
from tests.campaigns.making import person
from tests.outreach.making import user

pytestmark = pytest.mark.django_db
TEXT = Content("Hello {{ first_name }}", "Hi there", "<p>Hi <b>there</b></p>")


def made(alice, *, shared: bool = False, name: str = "First letter", **more) -> Template:
    return templates.save(actor=alice, name=name, shared=shared, content=more.pop("content", TEXT), **more)


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_an_own_template_is_the_owners_alone_and_a_shared_one_the_teams() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    boss = user("boss", of=alice.organisation, role=Role.ADMIN)
    own, team = made(alice), made(alice, shared=True)

    assert list(templates.visible(alice)) == [own, team]
    for other in (bob, boss):
        assert list(templates.visible(other)) == [team]
        with pytest.raises(TemplateMissing):
            templates.template_for(other, own.pk)
    assert templates.template_for(bob, team.pk) == team
    with pytest.raises(TemplateMissing):
        templates.template_for(user("mallory"), team.pk)


def test_a_team_template_is_changed_by_its_owner_and_by_admins_only() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    boss = user("boss", of=alice.organisation, role=Role.ADMIN)
    team = made(alice, shared=True)

    with pytest.raises(NotAllowed):
        made(bob, shared=True, template=team, name="Mine now")
    with pytest.raises(NotAllowed):
        templates.remove(template=team, actor=bob)
    made(boss, shared=True, template=team, name="Better")
    team.refresh_from_db()
    assert (team.name, team.owner) == ("Better", alice)
    templates.remove(template=team, actor=boss)
    assert not templates.visible(alice).exists()


def test_a_copy_is_for_oneself_or_for_the_team_and_leaves_the_first_alone() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    team = made(alice, shared=True, name="x" * 120)

    mine = templates.duplicate(template=team, actor=bob, shared=False)
    ours = templates.duplicate(template=team, actor=bob, shared=True)

    assert (mine.owner, mine.shared, mine.body_html) == (bob, False, TEXT.body_html)
    assert mine.name.endswith(" (copy)")
    assert ours.shared
    assert mine not in templates.visible(alice)


@pytest.mark.parametrize(("name", "content"), [(" ", TEXT), ("Name", Content("s", "  "))])
def test_a_template_needs_a_name_and_a_text(name: str, content: Content) -> None:
    with pytest.raises(Invalid):
        made(user(), name=name, content=content)


def test_a_snippet_has_no_subject() -> None:
    snippet = made(user(), kind=TemplateKind.SNIPPET)
    assert (snippet.subject, snippet.kind) == ("", TemplateKind.SNIPPET)


# Pages


def test_a_template_is_written_on_its_page_sanitised_and_listed() -> None:
    alice = user()
    client = _as(alice)
    answer = client.post(
        "/outreach/templates/new/",
        {
            "name": "Hello",
            "subject": "Hi\r\nBcc: x",
            "body": "",
            "body_html": '<p onclick="x()">Hi <script>alert(1)</script><b>you</b></p>',
            "shared": "on",
        },
    )
    saved = templates.visible(alice).get()
    assert answer.url == f"/outreach/templates/{saved.pk}/"
    assert saved.subject == "Hi Bcc: x"
    assert saved.body_html == "<p>Hi <b>you</b></p>"
    assert saved.body == "Hi you"
    assert "Hello" in client.get("/outreach/templates/").content.decode()
    assert "Hello" not in client.get("/outreach/templates/?kind=snippet").content.decode()
    assert "Nothing of that name" in client.get("/outreach/templates/?q=zzz").content.decode()


def test_a_colleague_reads_a_team_template_and_copies_it() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    team = made(alice, shared=True)
    client = _as(bob)

    page = client.get(f"/outreach/templates/{team.pk}/").content.decode()
    assert "Hi <b>there</b>" in page
    assert 'name="body"' not in page
    assert client.post(f"/outreach/templates/{team.pk}/", {"name": "x", "body": "y"}).status_code == 403
    client.post(f"/outreach/templates/{team.pk}/duplicate/", {"shared": "1"})
    assert templates.visible(alice).count() == 2


def test_without_script_words_that_are_not_touched_keep_their_form() -> None:
    alice = user()
    own = made(alice)
    client = _as(alice)

    client.post(f"/outreach/templates/{own.pk}/", {"name": "Renamed", "subject": "s", "body": "Hi there"})
    own.refresh_from_db()
    assert (own.name, own.body_html) == ("Renamed", TEXT.body_html)
    client.post(f"/outreach/templates/{own.pk}/", {"name": "Renamed", "subject": "s", "body": "Hi you"})
    own.refresh_from_db()
    assert (own.body, own.body_html) == ("Hi you", "")


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "body": "x"},
        {"name": "x" * 121, "body": "x"},
        {"name": "x", "body": ""},
        {"name": "x", "body": "y" * 60_000},
        {"name": "x", "body_html": "<p>" + "y" * 2_100_000 + "</p>"},
        {"name": "x", "body": "y", "attachment": "99999999"},
        {"name": "x", "body": "y", "subject": "s" * 501},
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_lost_of_the_form(data: dict[str, str]) -> None:
    alice = user()
    answer = _as(alice).post("/outreach/templates/new/", data)
    assert answer.status_code == 422
    assert not templates.visible(alice).exists()


def test_the_check_says_what_is_wrong_and_shows_the_text_for_a_person() -> None:
    alice = user()
    ada = person(alice, "Ada", "ada@work.example")
    client = _as(alice)

    answer = client.post(
        "/outreach/check/", {"subject": "", "body": "Hi {{ first_name }} {{ nope }}", "person": str(ada.pk)}
    ).content.decode()
    assert "The subject is empty." in answer
    assert "There is no variable “nope”." in answer
    answer = client.post(
        "/outreach/check/",
        {"subject": "S", "body_html": "<p>Hi <b>{{ first_name }}</b></p>", "find": "ada"},
    ).content.decode()
    assert "Hi <b>Ada</b>" in answer
    stranger = person(user("mallory"), "Eve", "eve@work.example")
    assert client.post("/outreach/check/", {"body": "x", "person": str(stranger.pk)}).status_code == 404


# API


def test_templates_over_the_api_follow_the_same_rules() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    client = _as(alice)
    answer = client.post(
        "/api/v1/templates/",
        {
            "name": "Hello",
            "shared": True,
            "subject": "Hi",
            "body_html": "<p>Hi <script>x</script><b>you</b></p>",
        },
        content_type="application/json",
    )
    assert answer.status_code == 201
    made_here = answer.json()
    assert (made_here["body"], made_here["body_html"]) == ("Hi you", "<p>Hi <b>you</b></p>")
    address = f"/api/v1/templates/{made_here['id']}/"
    assert _as(bob).get(address).json()["name"] == "Hello"
    change = {"name": "Bye", "body": "Bye"}
    assert _as(bob).put(address, change, content_type="application/json").status_code == 403
    assert client.put(address, change, content_type="application/json").json()["shared"] is False
    assert _as(bob).get(address).status_code == 404
    assert client.get("/api/v1/templates/?kind=snippet").json()["results"] == []
    assert client.get("/api/v1/templates/?kind=x").status_code == 422
    assert client.delete(address).status_code == 204
    assert not templates.visible(alice).exists()
