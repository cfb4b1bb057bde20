"""One e-mail per break: to the owner of the mailbox and to the owners of its campaigns."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from campaigns import break_notices
from outreach import mailbox_health, mailboxes
from outreach.models import Mailbox, MailboxBreak
from outreach.states import MailboxStatus
from outreach.transports.base import MailboxTrouble
from tests.campaigns import making
from tests.campaigns.test_sender_changes import borrowed, box_of, broken, heard
from tests.outreach.making import NOW, user
from tests.outreach.making import organisation as making_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_mail_server(settings):
    settings.EMAIL_HOST = "mail.example"


def told() -> list[str]:
    return sorted(to for each in mail.outbox for to in each.to)


def test_owner_and_campaign_owner_are_told_once_however_many_tries_fail():
    made, _ = borrowed()
    manager = made.mailbox.owner
    for minutes in (0, 1, 30):
        broken(made, now=NOW + timedelta(minutes=minutes))
        break_notices.tell(now=NOW + timedelta(minutes=minutes))
    assert told() == sorted([made.owner.email, manager.email])
    to_manager = next(each for each in mail.outbox if each.to == [manager.email])
    to_alice = next(each for each in mail.outbox if each.to == [made.owner.email])
    assert to_manager.subject == f"{made.mailbox.address} has to be linked again"
    assert "535 5.7.8 wrong" in to_manager.body
    assert to_manager.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert "/outreach/settings/" in to_manager.body
    assert made.name not in to_manager.body, "a mailbox owner sees no campaigns"
    assert made.name in to_alice.body
    assert f"/projects/{made.project_id}/outreach/" in to_alice.body


def test_the_next_break_is_told_again():
    made = making.started(making.campaign("Ada"))
    broken(made)
    break_notices.tell(now=NOW)
    box = box_of(made)
    MailboxBreak.objects.for_organisation(made.organisation_id).update(ended_at=NOW)
    Mailbox.objects.for_organisation(made.organisation_id).update(status=MailboxStatus.CONNECTED)
    mailbox_health.send_failed(box, MailboxTrouble("auth", "again"), now=NOW + timedelta(hours=1))
    break_notices.tell(now=NOW + timedelta(hours=1))
    assert told() == [made.owner.email] * 2


def test_a_short_outage_is_told_to_nobody_and_a_long_one_once():
    made = making.started(making.campaign("Ada"))
    box = box_of(made)
    mailbox_health.send_failed(box, MailboxTrouble("connect", "nobody there"), now=NOW)
    assert break_notices.tell(now=NOW + timedelta(minutes=3)) == 0
    assert break_notices.tell(now=NOW + timedelta(minutes=5)) == 1
    assert break_notices.tell(now=NOW + timedelta(minutes=6)) == 0
    assert mail.outbox[0].subject == f"{box.address} cannot be reached"


def test_whoever_removes_an_account_is_not_told_but_the_borrower_is():
    made, _ = borrowed()
    mailboxes.remove(actor=made.mailbox.owner, mailbox_id=made.mailbox_id, now=NOW)
    heard()
    assert break_notices.tell(now=NOW + timedelta(minutes=3)) == 0, "it may be linked again at once"
    break_notices.tell(now=NOW + timedelta(minutes=5))
    assert told() == [made.owner.email]
    assert "disconnected" in mail.outbox[0].body


def test_without_a_mail_server_nothing_is_claimed(settings):
    settings.EMAIL_HOST = ""
    made = making.started(making.campaign("Ada"))
    broken(made)
    assert break_notices.tell(now=NOW) == 0
    settings.EMAIL_HOST = "mail.example"
    assert break_notices.tell(now=NOW) == 1


def test_one_that_the_server_did_not_take_is_tried_again(monkeypatch):
    made = making.started(making.campaign("Ada"))
    broken(made)

    def refuse(*_args, **_kwargs):
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr(locmem.EmailBackend, "send_messages", refuse)
        assert break_notices.tell(now=NOW) == 0
    assert break_notices.tell(now=NOW) == 1


def test_people_who_left_and_other_organisations_are_told_nothing():
    made = making.started(making.campaign("Ada"))
    making.started(making.campaign("Eva", alice=user("mallory", of=making_organisation("Evil"))))
    made.owner.is_active = False
    made.owner.save()
    broken(made)
    assert break_notices.tell(now=NOW) == 0
    assert told() == []
