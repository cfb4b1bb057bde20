"""Linking with Google and Microsoft 365: the whole sign-in, against a local authorization server and mail servers."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from foundation import secrets
from foundation.problems import Missing, NotAllowed
from outreach import consent, mailboxes
from outreach.models import LoginKind, Mailbox, OAuthGrant
from outreach.probing import Server
from outreach.states import MailboxStatus
from outreach.transports import oauth
from sandbox.client import Sandbox
from tests.outreach import making
from tests.outreach.views.test_pages import as_user

pytestmark = pytest.mark.django_db(transaction=True)
ALICE, BOB = "alice@demo.example", "bob@demo.example"


def link(
    world: Sandbox, actor, *, provider: str = "google", account: str = ALICE, mailbox_id=None
) -> Mailbox:
    now = timezone.now()
    asked, url = consent.ask(actor=actor, provider=provider, mailbox_id=mailbox_id, now=now)
    code = parse_qs(urlsplit(world.agree(url, account=account)).query)["code"][0]
    return consent.finish(actor=actor, asked=asked, code=code, now=now)


def follow(world: Sandbox, client: Client, start: str, **choice: str):
    """What a browser does: to the provider, press a button there, and back."""
    away = client.get(start)
    assert away.status_code == 302, away.content
    back = urlsplit(world.agree(away["Location"], **{"account": ALICE, **choice}))
    return client.get(f"{back.path}?{back.query}", follow=True)


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_signing_in_links_the_account_with_sealed_tokens_and_no_password(world, provider):
    alice = making.user()
    box = link(world, alice, provider=provider)
    box.refresh_from_db()
    assert (box.address, box.login, box.status, box.secret) == (ALICE, provider, MailboxStatus.CONNECTED, "")
    assert (box.is_default, box.smtp_username, box.imap_username) == (True, ALICE, ALICE)
    grant = OAuthGrant.objects.for_organisation(alice.organisation).get()
    kept = secrets.unseal(
        grant.secret, table="outreach_oauthgrant", row=grant.pk, organisation=grant.organisation_id
    )
    assert set(kept) == {"access", "refresh"}
    assert kept["refresh"] not in grant.secret
    assert grant.expires_at > timezone.now() + timedelta(minutes=50)


def test_the_pages_lead_out_and_back_and_say_that_it_is_connected(world):
    alice = making.user()
    answer = follow(world, as_user(alice), "/outreach/mailboxes/sign-in/google/")
    assert "alice@demo.example is connected." in answer.content.decode()
    assert Mailbox.objects.for_organisation(alice.organisation).get().login == LoginKind.GOOGLE


def test_the_question_carries_state_nonce_and_a_hashed_verifier_and_no_secret(world):
    asked, url = consent.ask(actor=making.user(), provider="google", mailbox_id=None, now=timezone.now())
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["state"] == asked.state
    assert query["nonce"] == asked.nonce
    assert query["code_challenge_method"] == "S256"
    assert query["access_type"] == "offline"
    assert "https://mail.google.com/" in query["scope"].split()
    assert asked.verifier not in url
    assert world.addresses["oauth"]["client_secret"] not in url


def test_an_answer_nobody_here_asked_for_changes_nothing(world):
    alice, bob = making.user(), making.user("bob")
    away = as_user(bob).get("/outreach/mailboxes/sign-in/google/")
    back = urlsplit(world.agree(away["Location"], account=BOB))
    answer = as_user(alice).get(f"{back.path}?{back.query}", follow=True)
    assert "was not started here" in answer.content.decode()
    assert not Mailbox.objects.across_organisations("test").exists()


def test_an_answer_counts_once(world):
    client = as_user(making.user())
    away = client.get("/outreach/mailboxes/sign-in/google/")
    back = urlsplit(world.agree(away["Location"], account=ALICE))
    client.get(f"{back.path}?{back.query}")
    again = client.get(f"{back.path}?{back.query}", follow=True)
    assert "finished already" in again.content.decode()


def test_whoever_presses_cancel_reads_what_to_do(world):
    alice = making.user()
    answer = follow(world, as_user(alice), "/outreach/mailboxes/sign-in/microsoft/", decision="deny")
    assert "press Allow" in answer.content.decode()
    assert not Mailbox.objects.across_organisations("test").exists()


def test_a_wrong_client_secret_is_the_administrators_and_nothing_is_stored(world, settings):
    settings.GOOGLE_CLIENT_SECRET = "wrong"
    with pytest.raises(oauth.SignInFailed) as failed:
        link(world, making.user())
    assert "invalid_client" in str(failed.value)
    assert "docs/mailboxes.md" in consent.explained(failed.value)
    assert not Mailbox.objects.across_organisations("test").exists()


def test_a_mail_server_that_refuses_the_token_is_told_with_its_words(world):
    world.control(smtp_refuse_logins=True)
    with pytest.raises(oauth.SignInFailed, match=r"535 5\.7\.8"):
        link(world, making.user())
    assert not Mailbox.objects.across_organisations("test").exists()


def test_a_sign_in_that_took_too_long_is_refused(world):
    alice, now = making.user(), timezone.now()
    asked, _ = consent.ask(actor=alice, provider="google", mailbox_id=None, now=now)
    with pytest.raises(oauth.SignInFailed, match="too long"):
        consent.finish(actor=alice, asked=asked, code="x", now=now + timedelta(hours=1))


def test_linking_again_asks_for_the_same_account(world):
    alice = making.user()
    box = link(world, alice)
    rows = Mailbox.objects.for_organisation(alice.organisation)
    rows.update(status=MailboxStatus.NEEDS_RECONNECT, server_words="invalid_grant")
    with pytest.raises(oauth.SignInFailed, match="Sign in as that one"):
        link(world, alice, account=BOB, mailbox_id=box.pk)
    assert rows.get().status == MailboxStatus.NEEDS_RECONNECT
    link(world, alice, mailbox_id=box.pk)
    assert (rows.get().status, rows.get().server_words) == (MailboxStatus.CONNECTED, "")


def test_a_password_gives_way_to_a_sign_in_and_back(world):
    alice = making.user()
    box = link(world, alice)
    password = Server(
        host=world.host,
        port=world.smtp_port,
        security="none",
        username=ALICE,
        password=world.password(ALICE),
    )
    other = {
        "smtp": password,
        "imap": Server(**{**vars(password), "port": world.imap_port}),
    }
    mailboxes.reconnect(actor=alice, mailbox_id=box.pk, display_name="A", now=timezone.now(), **other)
    box.refresh_from_db()
    assert box.login == LoginKind.PASSWORD
    assert box.secret
    assert not OAuthGrant.objects.for_organisation(alice.organisation).exists()
    link(world, alice)
    box.refresh_from_db()
    assert (box.login, box.secret) == (LoginKind.GOOGLE, "")


def test_removing_gives_the_permission_back_and_the_same_address_revives_the_row(world):
    alice = making.user()
    box = link(world, alice)
    mailboxes.set_limits(actor=alice, mailbox_id=box.pk, now=timezone.now(), daily_limit=7)
    revoked = world.oauth()["revoked"]
    mailboxes.remove(actor=alice, mailbox_id=box.pk, now=timezone.now())
    assert world.oauth()["revoked"] > revoked
    assert not OAuthGrant.objects.for_organisation(alice.organisation).exists()
    again = link(world, alice, provider="microsoft")
    assert (again.pk, again.daily_limit, again.status) == (box.pk, 7, MailboxStatus.CONNECTED)


def test_a_permission_that_somebody_else_here_still_uses_is_not_given_back(world):
    alice, bob = making.user(), making.user("bob")
    first = link(world, alice)
    link(world, bob)
    revoked = world.oauth()["revoked"]
    mailboxes.remove(actor=alice, mailbox_id=first.pk, now=timezone.now())
    assert world.oauth()["revoked"] == revoked


def test_who_may_not_link_cannot_sign_in_and_strangers_mailboxes_do_not_exist(world):
    alice = making.user()
    box = link(world, alice)
    viewer = making.user("vera", of=alice.organisation, role=Role.VIEWER)
    bob = making.user("bob", of=alice.organisation)
    mallory = making.user("mallory", of=making.organisation("Evil"))
    for actor, problem in ((viewer, NotAllowed), (bob, NotAllowed), (mallory, Missing)):
        with pytest.raises(problem):
            consent.ask(actor=actor, provider="google", mailbox_id=box.pk, now=timezone.now())
    with pytest.raises(Missing):
        consent.ask(actor=alice, provider="facebook", mailbox_id=None, now=timezone.now())


def test_without_a_client_the_page_says_what_to_set_to_administrators_only(world, settings):
    settings.GOOGLE_CLIENT_ID = ""
    admin = making.user("ada", role=Role.ADMIN)
    content = as_user(admin).get("/outreach/mailboxes/new/").content.decode()
    assert "GOOGLE_CLIENT_ID" in content
    assert "/outreach/mailboxes/signed-in/" in content
    recruiter = making.user("bob", of=admin.organisation)
    page = as_user(recruiter).get("/outreach/mailboxes/new/").content.decode()
    assert "GOOGLE_CLIENT_ID" not in page
    assert "administrator" in page
    answer = as_user(admin).get("/outreach/mailboxes/sign-in/google/", follow=True)
    assert "GOOGLE_CLIENT_ID must be set" in answer.content.decode()


@pytest.mark.parametrize("mailbox", ["", "²", "9" * 5000, "-1", "x", "\u200b7"])
def test_odd_numbers_of_mailboxes_break_nothing(world, mailbox):
    answer = as_user(making.user()).get("/outreach/mailboxes/sign-in/google/", {"mailbox": mailbox})
    assert answer.status_code in {302, 404}


def test_hostile_words_of_a_provider_are_shown_as_text_and_cut(world):
    client = as_user(making.user())
    away = client.get("/outreach/mailboxes/sign-in/google/")
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    words = "<script>alert(1)</script>\u202e" + "x" * 100_000
    answer = client.get(
        "/outreach/mailboxes/signed-in/",
        {"state": state, "error": "server_error", "error_description": words},
        follow=True,
    )
    content = answer.content.decode()
    assert "<script>alert(1)" not in content
    assert "&lt;script&gt;alert(1)" in content
    assert "x" * 400 not in content


def test_a_code_of_a_megabyte_is_refused_in_words(world):
    client = as_user(making.user())
    away = client.get("/outreach/mailboxes/sign-in/google/")
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    answer = client.get(
        "/outreach/mailboxes/signed-in/", {"state": state, "code": "c" * 1_000_000}, follow=True
    )
    assert "invalid_grant" in answer.content.decode()
    assert not Mailbox.objects.across_organisations("test").exists()
