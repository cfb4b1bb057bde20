"""Reports in free text: whom they are about, and what makes a mail one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.inbound.classify import Classified, classify
from outreach.inbound.parse import parse
from outreach.states import FailureClass, Verdict

NOW = datetime(2026, 11, 26, tzinfo=UTC)
OURS = """Message-ID: <17@beckon.example>
From: anna@corp.example
To: Eva <eva@gone.example>
Subject: A role

Hello Eva, nobody@else.example
"""


def read(text: str, *, sender: str = "MAILER-DAEMON@mx.example", **headers: str) -> Classified:
    fields = {"Subject": "Undelivered mail"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return classify(parse(f"From: {sender}\nTo: anna@corp.example\n{head}\n{text}".encode()), now=NOW)


def returned(told: str) -> dict[str, str]:
    """A mail of two parts: what the system says, and ours as an attachment."""
    return {
        "text": f"--b\nContent-Type: text/plain\n\n{told}\n--b\nContent-Type: message/rfc822\n\n{OURS}\n--b--\n",
        "Content_Type": "multipart/mixed; boundary=b",
    }


@pytest.mark.parametrize(
    "line",
    [
        "----- This is a copy of the message -----",
        "Message headers follow.",
        "   ----- Unsent message follows -----",
        "-------original message",
        "    Below is a copy of the original message:",
        "Return-Path: <anna@corp.example>",
    ],
)
def test_the_person_is_read_from_the_copy_of_our_mail(line):
    found = read(f"550 user unknown\nAsk support@mx.example.\n\n{line}\n\n{OURS}")
    assert found.recipients == ("eva@gone.example",)
    assert found.failure is FailureClass.HARD


def test_of_many_in_the_copy_those_the_report_names_are_meant():
    copy = OURS.replace("eva@gone.example>", "eva@gone.example>, tom@there.example")
    found = read(f"<EVA@gone.example>: user unknown\n\nOriginal message:\n{copy}")
    assert found.recipients == ("eva@gone.example",)


def test_without_a_copy_it_is_the_first_address_that_is_not_the_readers():
    found = read("Dear anna@corp.example,\n<eva@gone.example>... User unknown. Ask help@mx.example.")
    assert found.recipients == ("eva@gone.example",)


def test_words_of_our_own_mail_decide_nothing():
    copy = OURS.replace("Hello", "Your mailbox is full, user unknown.")
    found = read(f"It did not work.\n\nThis is a copy of the message:\n{copy}")
    assert found.failure is FailureClass.SOFT


def test_fields_of_a_report_that_stand_in_the_text_are_read():
    found = read(
        "An error occurred.\n\nReporting-MTA: dsn; mx.example\n\nAction: failed\n"
        "Final-Recipient: rfc822; eva@gone.example\nDiagnostic-Code: smtp; 550 5.1.1 unknown\nStatus: 5.1.1\n"
    )
    assert (found.recipients, found.code, found.failure) == (
        ("eva@gone.example",),
        "5.1.1",
        FailureClass.HARD,
    )


def test_a_report_whose_boundary_never_comes_is_read_as_text():
    found = read(
        "--other\n\n<eva@gone.example>: user unknown\n--other--\n",
        Content_Type="multipart/report; report-type=delivery-status; boundary=b",
    )
    assert (found.recipients, found.failure) == (("eva@gone.example",), FailureClass.HARD)


def test_a_machine_that_gives_our_mail_back_and_says_it_failed_is_a_bounce():
    found = read(
        **returned("Your mail could not be delivered to: <eva@gone.example> As their mailbox is full."),
        sender="no-reply@carrier.example",
        Subject="Mail",
    )
    assert (found.verdict, found.failure) == (Verdict.BOUNCE, FailureClass.SOFT)
    assert found.recipients == ("eva@gone.example",)


def test_a_person_who_forwards_a_report_wrote_a_mail():
    found = read(
        **returned("Look, your mail could not be delivered to me?"), sender="eva@home.example", Subject="Fwd"
    )
    assert found.verdict is Verdict.REPLY


def test_a_postmaster_who_writes_is_no_bounce():
    found = read("Please see our terms.", sender="postmaster@mx.example", Subject="New terms")
    assert found.verdict is Verdict.OTHER


def test_a_warning_that_it_takes_longer_is_a_delay():
    found = read("eva@gone.example [timed out]", Subject="Warning--Could not send mail for past 8.5 hours")
    assert (found.verdict, found.recipients) == (Verdict.DELAYED, ("eva@gone.example",))


def test_junk_mail_reports_of_outlook_are_complaints():
    mail = returned("")
    found = read(**mail, sender="staff@hotmail.com", Subject="complaint about message from 192.0.2.2")
    assert found.verdict is Verdict.COMPLAINT
    assert (
        read("Hm", Subject="complaint about message from 192.0.2.2", sender="eva@x.example").verdict
        is Verdict.REPLY
    )
