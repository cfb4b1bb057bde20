"""Settings over the API: profile, organisation, members, invitations, tokens, browsers, and the trail."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts import invitations, pairing, tokens
from accounts.models import ApiToken, AuditEntry, Ending, Invitation, PairedBrowser, Role, User
from accounts.permissions import Right
from foundation.models import IdempotentAnswer
from tests.outreach.making import user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def alice() -> User:
    return user("alice", role=Role.ADMIN)


@pytest.fixture
def bob(alice: User) -> User:
    return user("bob", of=alice.organisation, role=Role.RECRUITER)


@pytest.fixture
def mallory() -> User:
    return user("mallory", role=Role.ADMIN)


def of(somebody: User, *scopes: str) -> Client:
    """A program with a token of theirs."""
    _, secret = tokens.create(actor=somebody, name="n8n", days=30, now=timezone.now(), scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def told(actor: User, table: str) -> list[dict[str, list[object]]]:
    """What the trail says that ``actor`` did."""
    rows = AuditEntry.objects.filter(actor_id=actor.pk, table=table).order_by("pk")
    return [entry.changes for entry in rows]


def test_ones_own_profile_is_changed_and_what_is_left_out_stays(bob: User) -> None:
    client = of(bob)
    read = client.get("/api/v1/me/")
    answer = client.patch(
        "/api/v1/me/", {"time_zone": "Asia/Tokyo"}, JSON, headers={"If-Match": read["ETag"]}
    )
    assert (answer.status_code, answer.json()) == (200, {**read.json(), "time_zone": "Asia/Tokyo"})
    assert answer["ETag"] == client.get("/api/v1/me/")["ETag"] != read["ETag"]
    late = client.patch("/api/v1/me/", {"name": "Rob"}, JSON, headers={"If-Match": read["ETag"]})
    assert (late.status_code, late.json()["current"]) == (412, answer.json())
    wrong = client.patch("/api/v1/me/", {"time_zone": "Moon"}, JSON)
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["time_zone"])
    assert [list(each) for each in told(bob, "accounts_user")] == [["time_zone"]]


def test_a_token_of_some_scopes_changes_neither_profile_nor_tokens_nor_browsers(alice: User) -> None:
    client = of(alice, Right.MEMBER_INVITE, Right.ORGANISATION_EDIT)
    assert client.patch("/api/v1/me/", {"name": "A"}, JSON).status_code == 403
    assert client.get("/api/v1/tokens/").status_code == 403
    assert client.get("/api/v1/browsers/").status_code == 403
    assert client.get("/api/v1/me/").status_code == 200


def test_the_organisation_is_changed_by_an_administrator(alice: User, bob: User) -> None:
    client = of(alice)
    read = client.get("/api/v1/organisation/")
    answer = client.patch("/api/v1/organisation/", {"start_grace_minutes": 30, "plan": "free"}, JSON)
    assert answer.json() == {**read.json(), "start_grace_minutes": 30}
    assert client.patch("/api/v1/organisation/", {"start_grace_minutes": None}, JSON).json() == read.json()
    for wrong in ({"start_grace_minutes": 121}, {"name": " "}):
        refused = client.patch("/api/v1/organisation/", wrong, JSON)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, list(wrong))
    assert of(bob).get("/api/v1/organisation/").status_code == 403


def test_a_member_gets_another_role_and_is_kept_out(alice: User, bob: User, mallory: User) -> None:
    path, client, program = f"/api/v1/members/{bob.pk}/", of(alice), of(bob)
    assert program.get(path).status_code == 200
    assert program.patch(path, {"role": "admin"}, JSON).status_code == 403
    assert of(mallory).patch(path, {"role": "viewer"}, JSON).status_code == 404
    answer = client.patch(
        path, {"role": "viewer", "is_active": False}, JSON, headers={"If-Match": client.get(path)["ETag"]}
    )
    assert (answer.json()["role"], answer.json()["is_active"]) == ("viewer", False)
    assert answer["ETag"] == client.get(path)["ETag"]
    assert program.get(path).status_code == 401
    assert client.patch(path, {"role": "king"}, JSON).status_code == 422


def test_the_last_administrator_stays_one_and_nothing_is_done_by_half(alice: User) -> None:
    path, client = f"/api/v1/members/{alice.pk}/", of(alice)
    refused = client.patch(path, {"role": "admin", "is_active": False}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
    assert client.patch(path, {"role": "viewer"}, JSON).json()["code"] == "last_admin"
    assert client.get(path).json()["role"] == "admin"


def test_an_invitation_is_made_listed_and_revoked(alice: User, bob: User, mallory: User) -> None:
    client = of(alice)
    made = client.post("/api/v1/invitations/", {"email": "ida@voltra.example"}, JSON)
    assert (made.status_code, made["Cache-Control"], made.json()["role"]) == (201, "no-store", "recruiter")
    secret = made.json()["link"].rstrip("/").rpartition("/")[2]
    assert invitations.find(secret, now=timezone.now()).pk == made.json()["id"]
    shown = {name: value for name, value in made.json().items() if name != "link"}
    assert client.get("/api/v1/invitations/").json()["results"] == [shown]
    assert of(mallory).get("/api/v1/invitations/").json()["results"] == []
    path = f"/api/v1/invitations/{made.json()['id']}/"
    assert (of(bob).delete(path).status_code, of(mallory).delete(path).status_code) == (403, 404)
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]
    with pytest.raises(invitations.InvitationOver):
        invitations.find(secret, now=timezone.now())
    assert [list(each) for each in told(alice, "accounts_invitation")] == [["revoked_at"]]
    taken = client.post("/api/v1/invitations/", {"email": bob.email}, JSON)
    assert taken.status_code == 409


def test_the_link_of_a_repeated_invitation_is_the_same_and_lies_nowhere_in_the_clear(alice: User) -> None:
    client, body = of(alice), {"email": "ida@voltra.example", "role": "viewer"}
    first, again = (
        client.post("/api/v1/invitations/", body, JSON, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )
    assert (again.json(), again["Cache-Control"]) == (first.json(), "no-store")
    assert Invitation.objects.for_organisation(alice.tenant_id).count() == 1
    kept = IdempotentAnswer.objects.for_organisation(alice.tenant_id).get()
    secret = first.json()["link"].rstrip("/").rpartition("/")[2]
    assert kept.body == ""
    assert secret not in kept.sealed


def test_the_trail_is_read_newest_first_page_by_page(alice: User, bob: User, mallory: User) -> None:
    client = of(alice)
    for name in ("Northgate", "Northgate Search"):
        client.patch("/api/v1/organisation/", {"name": name}, JSON)
    first = client.get("/api/v1/audit/?size=1").json()
    (entry,) = first["results"]
    change = {"name": "Name", "before": "Northgate", "after": "Northgate Search"}
    assert (entry["kind"], entry["action"], entry["changes"]) == ("organisation", "update", [change])
    assert (entry["actor_id"], entry["row"]) == (alice.pk, alice.tenant_id)
    (before,) = client.get(first["next"]).json()["results"]
    assert before["changes"][0]["after"] == "Northgate"
    assert client.get("/api/v1/audit/?fields=id&size=1").json()["results"] == [{"id": entry["id"]}]
    assert of(bob).get("/api/v1/audit/").status_code == 403
    assert of(mallory).get("/api/v1/audit/").json()["results"] == []


def test_ones_own_tokens_are_listed_without_their_secret_and_revoked(alice: User, bob: User) -> None:
    client = of(alice)
    row, secret = tokens.create(actor=alice, name="board", days=30, now=timezone.now(), scopes=["audit:view"])
    listed = client.get("/api/v1/tokens/")
    assert [each["name"] for each in listed.json()["results"]] == ["board", "n8n"]
    assert listed.json()["results"][0]["scopes"] == ["audit:view"]
    assert secret not in listed.content.decode()
    assert of(bob).delete(f"/api/v1/tokens/{row.pk}/").status_code == 404
    assert [client.delete(f"/api/v1/tokens/{row.pk}/").status_code for _ in range(2)] == [204, 404]
    spent = Client(headers={"Authorization": f"Bearer {secret}"})
    assert spent.get("/api/v1/audit/").status_code == 401
    assert [list(each) for each in told(alice, "accounts_apitoken")] == [["revoked_at"]]
    # The one in use too.
    own = ApiToken.objects.for_organisation(alice.tenant_id).get(user=alice, name="n8n")
    assert client.delete(f"/api/v1/tokens/{own.pk}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def paired(somebody: User) -> PairedBrowser:
    now = timezone.now()
    return pairing.redeem(code=pairing.start(actor=somebody, now=now)[1], name="Chromium", now=now)[0]


def test_ones_own_browsers_are_listed_and_disconnected(alice: User, bob: User) -> None:
    browser, client = paired(alice), of(alice)
    (shown,) = client.get("/api/v1/browsers/").json()["results"]
    assert (shown["id"], shown["name"], shown["ended_at"]) == (browser.pk, "Chromium", None)
    assert of(bob).get("/api/v1/browsers/").json()["results"] == []
    assert of(bob).delete(f"/api/v1/browsers/{browser.pk}/").status_code == 404
    assert client.delete(f"/api/v1/browsers/{browser.pk}/").status_code == 204
    assert client.get("/api/v1/browsers/").json()["results"] == []
    assert "ended_at" in told(alice, "accounts_pairedbrowser")[-1]
    assert client.get("/api/v1/browsers/warnings/").json()["results"] == []


def test_the_warning_of_a_copied_code_is_listed_until_it_is_read(alice: User, bob: User) -> None:
    browser, client = paired(alice), of(alice)
    rows = PairedBrowser.objects.for_organisation(alice.tenant_id).filter(pk=browser.pk)
    rows.update(ended_at=timezone.now(), ending=Ending.CODE_AGAIN)
    (shown,) = client.get("/api/v1/browsers/warnings/").json()["results"]
    assert (shown["id"], shown["ending"]) == (browser.pk, "code_again")
    assert of(bob).post(f"/api/v1/browsers/{browser.pk}/read/").status_code == 404
    assert client.post(f"/api/v1/browsers/{browser.pk}/read/").status_code == 204
    assert client.get("/api/v1/browsers/warnings/").json()["results"] == []
