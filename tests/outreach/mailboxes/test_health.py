"""How a mailbox is: in words, with the server's own and what to do; and trying again what an administrator allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from foundation.problems import Conflict, NotAllowed
from outreach import breaks, mailbox_health, mailbox_words, mailboxes, selectors
from outreach.models import BreakSide, Mailbox, MailboxBreak, Message
from outreach.probing import Server
from outreach.states import MailboxStatus, Reason
from outreach.transports.base import MailboxTrouble
from tests.outreach import making
from tests.outreach.mailboxes.test_signing_in import link
from tests.outreach.making import NOW
from tests.outreach.views.test_pages import as_user

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(box: Mailbox) -> Mailbox:
    return Mailbox.objects.for_organisation(box.organisation_id).select_related("owner").get(pk=box.pk)


def health(box: Mailbox, *, now=NOW) -> mailbox_words.Health:
    return selectors.mailbox_view(box.owner, fresh(box), now=now).health


def open_breaks(box: Mailbox) -> list[tuple[str, str]]:
    rows = MailboxBreak.objects.for_organisation(box.organisation_id).filter(mailbox=box, ended_at=None)
    return list(rows.order_by("pk").values_list("side", "code"))


@pytest.mark.parametrize(
    ("status", "code", "words", "expected", "word"),
    [
        ("connected", "", "", "connected", "Connected"),
        ("needs_reconnect", "auth", "535 no", "needs_relinking", "Needs re-linking"),
        ("paused", Reason.SERVER_QUOTA, "550 5.4.5", "paused_by_limit", "Paused by limit"),
        ("paused", Reason.POLICY_REFUSED, "550 5.7.1", "refused_by_policy", "Refused by policy"),
        ("paused", "something_new", "", "paused", "Paused"),
        ("removed", "", "", "removed", "Removed"),
    ],
)
def test_each_state_has_its_word_its_sentence_and_the_servers_words(status, code, words, expected, word):
    box = making.mailbox(status=status, status_code=code, server_words=words)
    found = mailbox_words.health(box)
    assert (found.code, found.word, found.server_words) == (expected, word, words)
    assert found.fine is (status == "connected")
    assert bool(found.text) is (status != "connected")


def test_whoever_signed_in_is_asked_to_sign_in_and_others_for_the_password():
    signed = making.mailbox(status="needs_reconnect", login="google", server_words="HTTP 418")
    typed = making.mailbox(signed.owner, status="needs_reconnect", server_words="no idea")
    assert mailbox_words.health(signed).advice == "Sign in again."
    assert mailbox_words.health(typed).advice == "Enter the password again."


def test_a_server_that_is_away_becomes_cannot_be_reached_and_heals():
    box = making.mailbox()
    mailbox_health.send_failed(box, MailboxTrouble("connect", "nobody there"), now=NOW)
    mailbox_health.read_failed(box, MailboxTrouble("timeout", "no answer"), now=NOW)
    assert health(box).word == "Connected"
    later = NOW + breaks.PATIENCE
    Mailbox.objects.for_organisation(box.organisation_id).update(read_failures=1)
    found = health(box, now=later)
    assert found.code == "unreachable"
    assert "cannot be reached for sending" in found.text
    assert "no follow-up leaves" in found.text
    mailbox_health.send_works(fresh(box), now=later)
    assert open_breaks(box) == [(BreakSide.READING, "timeout")]
    mailbox_health.read_works(fresh(box), now=later)
    assert open_breaks(box) == []


def test_one_break_however_many_tries_fail_and_its_first_words_stay():
    box = making.mailbox()
    for words in ("first", "second", "third"):
        mailbox_health.send_failed(fresh(box), MailboxTrouble("tls", words), now=NOW)
    broken = MailboxBreak.objects.for_organisation(box.organisation_id).get()
    assert (broken.words, broken.code, broken.began_at) == ("first", "tls", NOW)


def test_trouble_with_an_earlier_login_says_nothing_about_the_present_one():
    box = making.mailbox()
    Mailbox.objects.for_organisation(box.organisation_id).update(linked_at=NOW)
    mailbox_health.needs_reconnect(box, code="auth", words="535 old password", now=NOW)
    assert fresh(box).status == MailboxStatus.CONNECTED
    assert open_breaks(box) == []
    mailbox_health.needs_reconnect(fresh(box), code="auth", words="535 new password", now=NOW)
    assert fresh(box).status == MailboxStatus.NEEDS_RECONNECT


def test_three_refusing_domains_are_a_matter_of_policy():
    box = making.mailbox()
    for domain in ("a", "b", "c"):
        making.write(box, f"x@{domain}.example")
    rows = Message.objects.for_organisation(box.organisation_id)
    rows.update(status="refused", failure_class="policy", settled_at=timezone.now(), reason_text="550 5.7.1")
    event = type("News", (), {"organisation_id": box.organisation_id, "ids": {"message_id": rows.first().pk}})
    mailbox_health.watch_refusals(event)
    assert health(box).code == "refused_by_policy"


def test_check_again_connects_what_was_allowed_meanwhile_and_tells_what_is_still_refused(world):
    box = link(world, making.user())
    world.control(smtp_refuse_logins=True)
    mailbox_health.needs_reconnect(box, code="auth", words="535 5.7.139", now=timezone.now())
    client = as_user(box.owner)
    page = client.post(f"/outreach/mailboxes/{box.pk}/try-again/", follow=True).content.decode()
    assert "It is still refused: 535 5.7.8" in page
    assert fresh(box).status == MailboxStatus.NEEDS_RECONNECT
    world.control(smtp_refuse_logins=False)
    client.post(f"/outreach/mailboxes/{box.pk}/try-again/")
    assert fresh(box).status == MailboxStatus.CONNECTED
    assert open_breaks(box) == []


def test_checking_a_working_account_changes_nothing_and_others_may_not(world):
    box = link(world, making.user())
    assert mailboxes.check_again(actor=box.owner, mailbox_id=box.pk, now=NOW).status == "connected"
    bob = making.user("bob", of=box.organisation)
    with pytest.raises(NotAllowed):
        mailboxes.check_again(actor=bob, mailbox_id=box.pk, now=NOW)


def test_a_removed_account_is_not_brought_back_by_checking(world):
    box = link(world, making.user())
    mailboxes.remove(actor=box.owner, mailbox_id=box.pk, now=NOW)
    assert mailboxes.check_again(actor=box.owner, mailbox_id=box.pk, now=NOW).status == "removed"
    assert open_breaks(box) == [(BreakSide.ACCOUNT, breaks.REMOVED)]


def test_the_api_tells_health_text_and_advice():
    admin = making.user("ada", role=Role.ADMIN)
    making.mailbox(admin, status="needs_reconnect", status_code="auth", server_words="535 5.7.8 no")
    (row,) = as_user(admin).get("/api/v1/mailboxes/").json()["results"]
    assert (row["status"], row["health"], row["login"]) == ("needs_reconnect", "needs_relinking", "password")
    assert row["health_text"].startswith("Nothing is sent or read")
    assert "password is wrong" in row["advice"]


def test_a_pause_that_ends_by_itself_is_no_break():
    box = making.mailbox()
    mailbox_health.stopped_by_provider(box, "550 5.4.5 quota", until=NOW + timedelta(hours=1))
    assert open_breaks(box) == []
    assert mailbox_health.end_pauses(now=NOW + timedelta(hours=2)) == 1
    assert health(box).fine


def test_linking_twice_with_a_password_is_a_conflict_even_while_paused(world):
    alice = making.user()
    box = making.mailbox(alice, address="alice@demo.example", status="paused")
    side = Server(host=world.host, port=world.smtp_port, security="none", username="x", password="x")
    with pytest.raises(Conflict):
        mailboxes.link(actor=alice, address=box.address, smtp=side, imap=side, now=NOW)
