"""``manage.py classify_mail``: one line for each file, whatever is in it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from outreach.inbound.bodies import from_html
from outreach.inbound.describing import describe
from outreach.management.commands import classify_mail

FIELDS = ["file", "kind", "recipients", "status", "until", "visible_text", "why"]
REPORT = """From: MAILER-DAEMON@mx.example
To: anna@corp.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Eva@Gone.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}
--b--
"""
COMPLAINT = """From: feedback@isp.example
Subject: complaint
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Rcpt-To: <Eva@Isp.example>
--b--
"""


def report(action: str = "failed", status: str = "5.1.1", words: str = "550 no such user") -> bytes:
    return REPORT.format(action=action, status=status, words=words).encode()


def answer(**headers: str) -> bytes:
    text = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    body = "Yes, please.\n\nOn Monday Anna wrote:\n> Hi\n"
    return f"From: Eva <eva@example.org>\nTo: anna@corp.example\n{text}\n{body}".encode()


@pytest.mark.parametrize(
    ("raw", "kind", "recipients", "status"),
    [
        (report(), "hard", ["eva@gone.example"], "5.1.1"),
        (report(status="5.2.2", words="552 mailbox full"), "soft", ["eva@gone.example"], "5.2.2"),
        (report(status="5.7.1", words="550 blocked"), "policy", ["eva@gone.example"], "5.7.1"),
        (report(status="5.3.4", words="552 too big"), "content", ["eva@gone.example"], "5.3.4"),
        (report(status="5.4.5", words="Daily sending quota exceeded"), "policy", ["eva@gone.example"], "5.4.5"),
        (report(action="delayed", status="4.4.1"), "delayed", ["eva@gone.example"], "4.4.1"),
        (report(action="delivered", status="2.0.0"), "delivered", ["eva@gone.example"], None),
        (COMPLAINT.encode(), "complaint", ["eva@isp.example"], None),
        (answer(Subject="Re: Hello"), "reply", [], None),
        (answer(Subject="unsubscribe"), "reply", [], None),
        (answer(Subject="Out of office", Auto_Submitted="auto-replied"), "auto_reply", [], None),
        (answer(Subject="News", List_Id="<news.example>"), "other", [], None),
    ],
)  # fmt: skip
def test_each_kind_with_whom_it_concerns_and_its_code(raw, kind, recipients, status):
    found = describe(raw)
    assert (found["kind"], found["recipients"], found["status"]) == (kind, recipients, status)
    assert found["why"].endswith(".")


def test_only_what_the_writer_wrote_is_shown():
    assert describe(answer(Subject="Re: Hello"))["visible_text"] == "Yes, please."


def test_tomorrow_counts_from_the_day_of_the_mail():
    raw = answer(
        Subject="Automatic reply: back tomorrow",
        Auto_Submitted="auto-replied",
        Date="Mon, 2 Mar 2020 09:00:00 +0100",
    )
    found = describe(raw, now=datetime(2026, 11, 26, tzinfo=UTC))
    assert found["until"] == "2020-03-03"


def told(*paths: Path) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("classify_mail", *map(str, paths), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_files_and_folders_are_told_in_the_order_of_their_names(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "b.eml").write_bytes(report())
    (tmp_path / "box" / "a.eml").write_bytes(answer(Subject="Re: Hello"))
    (tmp_path / "c.eml").write_bytes(COMPLAINT.encode())
    found = told(tmp_path / "box", tmp_path / "c.eml")
    assert [list(each) for each in found] == [FIELDS] * 3
    assert [(Path(each["file"]).name, each["kind"]) for each in found] == [
        ("a.eml", "reply"),
        ("b.eml", "hard"),
        ("c.eml", "complaint"),
    ]


def test_what_cannot_be_read_is_other_and_says_why(tmp_path):
    (tmp_path / "empty.eml").touch()
    (tmp_path / "gone.eml").symlink_to(tmp_path / "nowhere")
    found = told(tmp_path / "empty.eml", tmp_path / "gone.eml", tmp_path / "none.eml")
    assert {each["kind"] for each in found} == {"other"}
    assert [each["why"] for each in found] == [
        "The file is empty.",
        "The file cannot be read: No such file or directory.",
        "The file cannot be read: No such file or directory.",
    ]


def test_a_mail_that_takes_too_long_is_given_up_and_the_next_one_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(classify_mail, "LONGEST", 0.05)
    (tmp_path / "1.eml").write_bytes(b"Received: x\n" * 1_000_000)
    (tmp_path / "2.eml").write_bytes(b"From: eva@example.org\n\nYes")
    first, second = told(tmp_path)
    assert first["kind"] == "other"
    assert "longer" in first["why"]
    assert second["kind"] == "reply"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe" * 1000,
        b"\0" * 100_000,
        b"Subject: =?utf-8?b?" + b"A" * 10_000 + b"?=\n\n",
        b"Content-Type: multipart/report; boundary=\n\n--\n--\n",
        b"Content-Type: message/delivery-status\n\nAction: failed\nStatus: 9.9.9\n",
        b"From: " + b"(" * 50_000 + b"\n\nx",
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60)).encode(),
    ],
)
def test_no_bytes_raise(raw):
    assert list(describe(raw)) == FIELDS[1:]


@pytest.mark.parametrize(
    "markup",
    ["<!--" * 130_000, "<![" * 130_000, "<a " * 130_000, "<!--" * 100_000 + "<a " * 100_000, "<?" * 200_000],
)
def test_markup_that_never_ends_is_read_at_once(markup):
    """html.parser alone takes minutes for each of these; the test's time limit would end it."""
    assert from_html(f"<p>Yes</p>{markup}") == "Yes"


def test_text_after_the_last_tag_stays():
    assert from_html("<p>Yes</p>3 < 5 <!-- no --> &lt;really&gt;") == "Yes\n3 < 5 <really>"
