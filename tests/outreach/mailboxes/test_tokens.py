"""Access tokens: refreshed before they end, by one worker at a time, and never inside a transaction."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from foundation import secrets
from foundation.egress import NetworkInTransaction
from outreach import mailboxes
from outreach.models import Mailbox, OAuthGrant
from outreach.transports import imap, tokens
from outreach.transports.base import MailboxTrouble
from outreach.transports.smtp import pool
from tests.dovecot import running
from tests.outreach import making
from tests.outreach.mailboxes.test_signing_in import ALICE, link
from tests.outreach.signing_in import use_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def ends_in(box: Mailbox, left: timedelta) -> None:
    """The access token of the mailbox ends after ``left``."""
    OAuthGrant.objects.for_organisation(box.organisation_id).update(expires_at=timezone.now() + left)


def kept(box: Mailbox) -> dict:
    grant = OAuthGrant.objects.for_organisation(box.organisation_id).get(mailbox=box)
    return secrets.unseal(
        grant.secret, table="outreach_oauthgrant", row=grant.pk, organisation=grant.organisation_id
    )


def trouble(box: Mailbox, **how) -> MailboxTrouble:
    with pytest.raises(MailboxTrouble) as met:
        tokens.access_token(box, **how)
    return met.value


def test_a_token_that_lasts_is_given_as_it_is(world):
    box = link(world, making.user())
    before = world.oauth()["refreshed"]
    assert tokens.access_token(box) == kept(box)["access"]
    assert world.oauth()["refreshed"] == before


def test_one_that_ends_soon_is_replaced_before_it_ends(world):
    box = link(world, making.user())
    old = kept(box)
    ends_in(box, timedelta(minutes=4))
    fresh = tokens.access_token(box)
    assert fresh != old["access"]
    assert kept(box) == {"access": fresh, "refresh": old["refresh"]}


def test_a_refresh_token_that_microsoft_replaces_is_kept_and_used(world):
    box = link(world, making.user(), provider="microsoft")
    first = kept(box)["refresh"]
    for _ in range(2):
        ends_in(box, timedelta(0))
        tokens.access_token(box)
    assert kept(box)["refresh"] != first


def test_many_workers_at_once_ask_the_provider_once(world):
    box = link(world, making.user())
    ends_in(box, timedelta(0))
    world.control(oauth_delay=0.5)
    before = world.oauth()["refreshed"]
    found: list[str] = []

    def work() -> None:
        try:
            found.append(tokens.access_token(box))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert set(found) == {kept(box)["access"]}
    assert world.oauth()["refreshed"] == before + 1


def test_a_worker_that_died_while_asking_holds_the_others_up_for_a_minute_at_most(world):
    box = link(world, making.user())
    ends_in(box, timedelta(0))
    rows = OAuthGrant.objects.for_organisation(box.organisation_id)
    rows.update(leased_by="dead", lease_until=timezone.now() - timedelta(seconds=1))
    assert tokens.access_token(box) == kept(box)["access"]
    assert rows.get().leased_by == ""


def test_a_permission_that_is_over_needs_the_owner_and_leaves_no_lease(world):
    box = link(world, making.user())
    ends_in(box, timedelta(0))
    world.control(oauth_invalid_grant=True)
    met = trouble(box)
    assert (met.kind, str(met)) == ("auth", "invalid_grant: Token has been expired or revoked.")
    assert OAuthGrant.objects.for_organisation(box.organisation_id).get().lease_until is None


def test_a_provider_that_is_away_costs_nothing_while_the_old_token_is_good(world):
    box = link(world, making.user())
    old = kept(box)["access"]
    world.control(oauth_unavailable=True)
    ends_in(box, timedelta(minutes=2))
    assert tokens.access_token(box) == old
    ends_in(box, timedelta(0))
    assert trouble(box).kind == "refused"


def test_a_wrong_client_secret_is_not_the_mailbox_owners(world, settings):
    box = link(world, making.user())
    ends_in(box, timedelta(0))
    settings.GOOGLE_CLIENT_SECRET = "wrong"
    met = trouble(box)
    assert met.kind == "refused"
    assert "invalid_client" in str(met)


def test_whoever_signs_in_again_while_a_refresh_is_refused_wins(world):
    alice = making.user()
    box = link(world, alice)
    ends_in(box, timedelta(0))
    world.withdraw_consent(ALICE)
    world.control(oauth_delay=0.6)
    found: list[object] = []

    def work() -> None:
        try:
            found.append(tokens.access_token(box))
        except MailboxTrouble as met:
            found.append(met)
        finally:
            connection.close()

    refresher = threading.Thread(target=work)
    refresher.start()
    grants = OAuthGrant.objects.for_organisation(box.organisation_id)
    while not grants.get().leased_by:
        time.sleep(0.01)
    time.sleep(0.2)  # the question is on its way
    world.control(oauth_delay=0.0)
    link(world, alice)
    refresher.join()
    assert found == [kept(box)["access"]]


def test_a_removed_account_has_no_token(world):
    alice = making.user()
    box = link(world, alice)
    mailboxes.remove(actor=alice, mailbox_id=box.pk, now=timezone.now())
    assert trouble(box).kind == "auth"


def test_another_rows_tokens_do_not_open(world):
    box, other = link(world, making.user()), link(world, making.user("bob"), account="bob@demo.example")
    stolen = OAuthGrant.objects.for_organisation(other.organisation_id).get().secret
    OAuthGrant.objects.for_organisation(box.organisation_id).update(secret=stolen)
    assert trouble(box).kind == "auth"


def test_the_provider_is_never_asked_inside_a_transaction(world):
    box = link(world, making.user())
    ends_in(box, timedelta(0))
    with pytest.raises(NetworkInTransaction), transaction.atomic():
        tokens.access_token(box)


def test_a_token_that_a_server_turns_down_before_its_time_is_replaced_once(world):
    box = link(world, making.user())
    world.expire_tokens()
    before = world.oauth()["refreshed"]
    pool.take(box).close()
    assert world.oauth()["refreshed"] == before + 1
    world.expire_tokens()
    imap.open_for(box).logout()
    assert world.oauth()["refreshed"] == before + 2


def test_a_server_that_turns_down_the_new_one_too_needs_the_owner(world):
    box = link(world, making.user())
    world.control(smtp_refuse_logins=True)
    with pytest.raises(MailboxTrouble) as met:
        pool.take(box)
    assert met.value.kind == "auth"
    assert "535 5.7.8" in str(met.value)
    assert "401" in str(met.value)


def test_dovecot_takes_the_tokens_too(world, settings):
    with running({ALICE: "never used"}, tokeninfo_url=world.addresses["oauth"]["tokeninfo_url"]) as dovecot:
        use_sandbox(settings, world, imap_port=dovecot.imap_port)
        box = link(world, making.user())
        with imap.open_for(box) as line:
            assert "INBOX" in [folder.name for folder in line.folder.list()]
        world.expire_tokens()
        with imap.open_for(box) as line:
            assert line.folder.exists("INBOX")
        world.withdraw_consent(ALICE)
        with pytest.raises(MailboxTrouble, match="invalid_grant"):
            imap.open_for(box)
