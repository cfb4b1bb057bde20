from __future__ import annotations

import email
import email.policy
import re
import smtplib
from email.message import EmailMessage
from typing import cast

import pytest
from flufl.bounce import all_failures

from sandbox.client import Sandbox
from tests.sandbox.conftest import Mail


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_bounce_is_a_delivery_report_that_names_the_recipient_and_returns_the_headers(
    mail: Mail, world: Sandbox
) -> None:
    sent = mail.send("bounce.anna@x.example", X_Beckon_Ref="ref-7")
    world.wait_for_answers()
    (raw,) = mail.fetch()
    report = parsed(raw)
    assert report.get_content_type() == "multipart/report"
    assert report["Content-Type"].params["report-type"] == "delivery-status"
    assert report["Return-Path"] == "<>"
    notice, status, returned = report.iter_parts()
    assert notice.get_content_type() == "text/plain"
    per_message, per_recipient = cast("list[EmailMessage]", status.get_payload())
    assert per_message["Reporting-MTA"].startswith("dns;")
    assert per_recipient["Final-Recipient"] == "rfc822; bounce.anna@x.example"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    headers = email.message_from_string(returned.get_content())
    assert (headers["Message-ID"], headers["X-Beckon-Ref"]) == (sent, "ref-7")
    temporary, permanent = all_failures(report)
    assert (set(temporary), set(permanent)) == (set(), {b"bounce.anna@x.example"})
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_bounce_can_be_temporary_or_only_a_delay(mail: Mail, world: Sandbox) -> None:
    world.control(bounce_status="4.2.2")
    mail.send("bounce.anna@x.example")
    world.wait_for_answers()
    world.control(bounce_action="delayed")
    mail.send("bounce.ben@x.example")
    world.wait_for_answers()
    first, second = map(parsed, mail.fetch())
    assert "Status: 4.2.2" in first.as_string()
    temporary, permanent = all_failures(second)
    assert (set(temporary), set(permanent)) == ({b"bounce.ben@x.example"}, set())


def test_an_out_of_office_note_says_that_it_is_automatic_and_when_the_person_is_back(
    mail: Mail, world: Sandbox
) -> None:
    sent = mail.send("ooo.anna@x.example", Subject="Lead engineer")
    world.wait_for_answers()
    note = parsed(mail.fetch()[0])
    assert note["Auto-Submitted"] == "auto-replied"
    assert note["Subject"] == "Automatic reply: Lead engineer"
    assert note["In-Reply-To"] == sent
    assert note["Return-Path"] == "<>"
    assert re.search(r"back on \d{1,2} \w+ \d{4}\.", note.get_content())


def test_a_reply_stays_in_the_thread_and_quotes(mail: Mail, world: Sandbox) -> None:
    sent = mail.send("reply.anna@x.example", text="Are you free?\nTell me.", References="<token@ref.example>")
    world.wait_for_answers()
    reply = parsed(mail.fetch()[0])
    assert reply["From"] == "Anna <reply.anna@x.example>"
    assert reply["Subject"] == "Re: A post in Zürich"
    assert reply["In-Reply-To"] == sent
    assert reply["References"] == f"<token@ref.example> {sent}"
    assert "Auto-Submitted" not in reply
    assert "> Are you free?\n> Tell me." in reply.get_content().replace("\r\n", "\n")


def test_a_reply_goes_to_reply_to(mail: Mail, world: Sandbox) -> None:
    mail.send("reply.anna@x.example", Reply_To="Bob <bob@demo.example>")
    world.wait_for_answers()
    assert mail.fetch() == []
    assert len(Mail(world, "bob@demo.example").fetch()) == 1


def test_a_reply_from_elsewhere_keeps_references_or_only_the_quoted_words(mail: Mail, world: Sandbox) -> None:
    link = "https://b.example/u/token-1"
    sent = mail.send("replyother.anna@x.example", text=f"Hi\n{link}")
    world.wait_for_answers()
    world.control(replyother_keeps="token")
    mail.send("replyother.ben@x.example", text=f"Hi\n{link}")
    world.wait_for_answers()
    by_reference, by_token = map(parsed, mail.fetch())
    for reply in (by_reference, by_token):
        assert reply["From"].addresses[0].domain == "post.example"
        assert "A post in" not in reply["Subject"]
        assert "In-Reply-To" not in reply
        assert f"> {link}" in reply.get_content()
    assert by_reference["References"] == sent
    assert "References" not in by_token


def test_rewrite_gives_a_new_message_id_and_keeps_the_old_one_as_exchange_does(
    mail: Mail, world: Sandbox
) -> None:
    sent = mail.send("rewrite.anna@x.example")
    copy = parsed(mail.fetch("Sent")[0])
    assert copy["Message-ID"] != sent
    assert copy["X-Microsoft-Original-Message-ID"] == sent
    (kept,) = world.messages()
    assert (kept["message_id"], kept["delivered_message_id"]) == (sent, copy["Message-ID"])


def test_a_server_that_saves_sent_mail_keeps_a_copy_even_when_the_line_is_cut(
    mail: Mail, world: Sandbox
) -> None:
    world.control(save_sent=True)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail.send("drop.anna@x.example", Message_ID="<m1@demo.example>")
    assert b"Message-ID: <m1@demo.example>" in mail.fetch("Sent")[0]


def test_mail_to_another_account_here_arrives_there(mail: Mail, world: Sandbox) -> None:
    mail.send("bob+jobs@demo.example")
    (raw,) = Mail(world, "bob@demo.example").fetch()
    assert parsed(raw)["Delivered-To"] == "bob@demo.example"


def test_answers_take_their_time_and_can_be_hurried(mail: Mail, world: Sandbox) -> None:
    world.control(answer_delay=60.0)
    mail.send("reply.anna@x.example")
    assert world.ledger()["pending_answers"] == 1
    assert mail.fetch() == []
    world.post("/control/flush", {})
    assert len(mail.fetch()) == 1
    assert world.ledger()["answers"] == {"reply": 1}


def test_any_mail_can_be_put_into_a_mailbox(mail: Mail, world: Sandbox) -> None:
    world.deliver("alice@demo.example", b"Subject: raw\n\nbare line ends\n")
    world.deliver(
        "alice@demo.example", subject="Spam", text="Buy", from_="x@y.example", headers={"Precedence": "bulk"}
    )
    first, second = mail.fetch()
    assert first.endswith(b"Subject: raw\r\n\r\nbare line ends\r\n")
    assert parsed(second)["Precedence"] == "bulk"
