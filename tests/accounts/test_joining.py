"""Invitations, members, tokens: who may, once, and what a stranger gets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from accounts import invitations, members, tokens
from accounts.models import ApiToken, Invitation, Role, User
from foundation.problems import Conflict, Invalid, NotAllowed
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
GOOD = {"name": "Nora", "password": "long enough 42", "time_zone": "Europe/Paris"}


def test_an_invitation_makes_one_member_in_its_role_and_works_once():
    boss = user("boss", role=Role.ADMIN)
    _, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    nora = invitations.accept(secret=secret, now=NOW, **GOOD)
    assert (nora.organisation, nora.role, nora.time_zone) == (boss.organisation, Role.VIEWER, "Europe/Paris")
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(secret=secret, now=NOW, **GOOD)


def test_only_a_hash_of_the_link_is_stored():
    boss = user("boss", role=Role.ADMIN)
    row, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    assert secret not in str(Invitation.objects.for_organisation(boss.organisation).values().get(pk=row.pk))


def test_an_expired_or_revoked_invitation_is_over():
    boss = user("boss", role=Role.ADMIN)
    row, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    with pytest.raises(invitations.InvitationOver):
        invitations.find(secret, now=NOW + timedelta(days=8))
    invitations.revoke(actor=boss, invitation=row, now=NOW)
    with pytest.raises(invitations.InvitationOver):
        invitations.find(secret, now=NOW)


def test_an_invitation_that_is_revoked_while_it_is_accepted_is_over(monkeypatch):
    boss = user("boss", role=Role.ADMIN)
    row, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    found = invitations.find(secret, now=NOW)
    invitations.revoke(actor=boss, invitation=row, now=NOW)
    monkeypatch.setattr(invitations, "find", lambda *_args, **_named: found)
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(secret=secret, now=NOW, **GOOD)


def test_inviting_again_ends_the_earlier_link():
    boss = user("boss", role=Role.ADMIN)
    _, first = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    invitations.invite(actor=boss, email="Nora@acme.example", role=Role.RECRUITER, now=NOW)
    with pytest.raises(invitations.InvitationOver):
        invitations.find(first, now=NOW)


def test_a_weak_password_or_a_missing_name_is_told_beside_the_field():
    boss = user("boss", role=Role.ADMIN)
    _, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    with pytest.raises(Invalid) as refused:
        invitations.accept(secret=secret, name=" ", password="123", time_zone="Mars/Base", now=NOW)
    assert set(refused.value.fields) == {"name", "password", "time_zone"}
    assert not User.objects.filter(email="nora@acme.example").exists()


def test_a_recruiter_may_not_invite_and_a_known_address_is_refused():
    alice = user("alice")
    with pytest.raises(NotAllowed):
        invitations.invite(actor=alice, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    boss = user("boss", of=alice.organisation, role=Role.ADMIN)
    with pytest.raises(Conflict):
        invitations.invite(actor=boss, email=alice.email.upper(), role=Role.VIEWER, now=NOW)


def test_the_page_behind_the_link_logs_the_new_member_in(client):
    boss = user("boss", role=Role.ADMIN)
    _, secret = invitations.invite(actor=boss, email="nora@acme.example", role=Role.VIEWER, now=NOW)
    Invitation.objects.for_organisation(boss.organisation).update(expires_at=NOW + timedelta(days=3650))
    page = client.get(f"/invitation/{secret}/")
    assert boss.organisation.name in page.content.decode()
    response = client.post(f"/invitation/{secret}/", GOOD)
    assert response.status_code == 302
    assert client.get("/settings/profile/").status_code == 200
    assert Client().get(f"/invitation/{secret}/").status_code == 410


def test_an_organisation_keeps_its_last_administrator():
    boss = user("boss", role=Role.ADMIN)
    with pytest.raises(members.LastAdmin):
        members.change_role(actor=boss, member=boss, role=Role.VIEWER)
    with pytest.raises(members.LastAdmin):
        members.set_active(actor=boss, member=boss, active=False)
    second = user("second", of=boss.organisation, role=Role.ADMIN)
    members.change_role(actor=second, member=boss, role=Role.VIEWER)
    boss.refresh_from_db()
    assert boss.role == Role.VIEWER


def test_a_deactivated_member_is_out_at_once():
    boss = user("boss", role=Role.ADMIN)
    alice = user("alice", of=boss.organisation)
    _, secret = tokens.create(actor=alice, name="script", days=30, now=NOW)
    ApiToken.objects.for_organisation(boss.organisation).update(expires_at=NOW + timedelta(days=3650))
    browser = Client()
    browser.force_login(alice)
    members.set_active(actor=boss, member=alice, active=False)
    assert browser.get("/people/").status_code == 302
    answer = Client().get("/api/v1/me/", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_a_token_acts_as_its_user_until_it_is_revoked_or_expires():
    alice = user("alice")
    row, secret = tokens.create(actor=alice, name="script", days=30, now=NOW)
    ApiToken.objects.for_organisation(alice.organisation).update(expires_at=NOW + timedelta(days=3650))
    headers = {"authorization": f"Bearer {secret}"}
    me = Client().get("/api/v1/me/", headers=headers).json()
    assert (me["email"], me["organisation"]) == (alice.email, alice.organisation.name)
    assert "candidate:edit" in me["rights"]
    ApiToken.objects.for_organisation(alice.organisation).update(expires_at=NOW)
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401
    ApiToken.objects.for_organisation(alice.organisation).update(expires_at=NOW + timedelta(days=3650))
    tokens.revoke(actor=alice, token=row, now=NOW)
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401


def test_the_secret_of_a_token_is_shown_once_and_stored_as_a_hash():
    alice = user("alice")
    browser = Client()
    browser.force_login(alice)
    page = browser.post("/settings/tokens/", {"name": "script", "days": "90"}).content.decode()
    assert "bkn_" in page
    row = ApiToken.objects.for_organisation(alice.organisation).get()
    secret = page.split('break-all text-sm">')[1].split("<")[0]
    assert tokens.hash_of(secret) == row.token_hash
    assert secret not in browser.get("/settings/tokens/").content.decode()


@pytest.mark.parametrize("minutes", [-1, 121])
def test_the_grace_is_between_0_and_120_minutes(minutes):
    boss = user("boss", role=Role.ADMIN)
    with pytest.raises(Invalid):
        members.change_organisation(actor=boss, name="Acme", start_grace_minutes=minutes)
    assert (
        members.change_organisation(actor=boss, name="Acme", start_grace_minutes=0).start_grace_minutes == 0
    )


def test_the_command_makes_an_organisation_and_prints_the_link_of_its_first_administrator(client, capsys):
    call_command("create_organisation", "Northgate Search", "ada@northgate.example")
    secret = capsys.readouterr().out.rstrip().rstrip("/").rsplit("/", 1)[1]
    client.post(f"/invitation/{secret}/", GOOD)
    ada = User.objects.get(email="ada@northgate.example")
    assert (ada.role, ada.organisation.name) == (Role.ADMIN, "Northgate Search")
