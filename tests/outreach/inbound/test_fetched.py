"""Mails in what imaplib makes of a FETCH answer, in every shape servers give it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.inbound.fetched import FetchedMail, mails, sizes

HEAD = b"From: a@b.example\r\nSubject: Hi\r\n\r\n"
AT = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
DATE = b'INTERNALDATE "12-May-2026 11:00:00 +0200"'
WHOLE = FetchedMail(7, AT, HEAD + b"text\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        # Dovecot
        [(b"1 (UID 7 " + DATE + b" BODY[HEADER]<0> {34}", HEAD), (b" BODY[TEXT]<0> {6}", b"text\r\n"), b")"],
        # the UID last
        [
            (b"1 (BODY[HEADER]<0> {34}", HEAD),
            (b" BODY[TEXT]<0> {6}", b"text\r\n"),
            b" " + DATE + b" UID 7)",
        ],
        # the text first
        [(b"1 (UID 7 BODY[TEXT]<0> {6}", b"text\r\n"), (b" BODY[HEADER] {34}", HEAD), b" " + DATE + b")"],
        # news of other mails in between
        [
            b"3 (UID 9 FLAGS (\\Seen))",
            (b"1 (UID 7 " + DATE + b" BODY[HEADER]<0> {34}", HEAD),
            (b" BODY[TEXT]<0> {6}", b"text\r\n"),
            b")",
            b"4 (FLAGS (\\Answered) UID 10)",
        ],
        # a quoted string
        [(b"1 (UID 7 " + DATE + b" BODY[HEADER]<0> {34}", HEAD), b' BODY[TEXT]<0> "text\r\n")'],
    ],
)
def test_one_mail_in_any_shape(answer):
    assert list(mails(answer)) == [WHOLE]


def test_several_mails_keep_their_own_numbers():
    answer = []
    for number in (7, 8, 12):
        answer += [
            (b"%d (UID %d %s BODY[HEADER]<0> {34}" % (number, number, DATE), HEAD),
            (b" BODY[TEXT]<0> {6}", b"text\r\n"),
            b")",
        ]
    assert [mail.uid for mail in mails(answer)] == [7, 8, 12]


def test_quotes_in_a_quoted_string_are_unescaped():
    answer = [(b"1 (UID 7 BODY[HEADER]<0> {34}", HEAD), b' BODY[TEXT]<0> "say \\"hi\\" \\\\ bye")']
    (mail,) = mails(answer)
    assert mail.raw == HEAD + b'say "hi" \\ bye'


def test_a_mail_without_a_text_is_its_header():
    (mail,) = mails([(b"1 (UID 7 BODY[HEADER]<0> {34}", HEAD), b" BODY[TEXT] NIL)"])
    assert mail.raw == HEAD


def test_a_cut_header_is_closed():
    (mail,) = mails([(b"1 (UID 7 BODY[HEADER]<0> {9}", b"From: a@b"), (b" BODY[TEXT]<0> {2}", b"hi"), b")"])
    assert mail.raw == b"From: a@b\r\n\r\nhi"


def test_words_inside_a_mail_are_never_taken_for_the_servers():
    evil = b"\r\n2 (UID 99 BODY[HEADER]<0> {3}\r\n"
    answer = [(b"1 (UID 7 BODY[HEADER]<0> {34}", HEAD), (b" BODY[TEXT]<0> {33}", evil), b")"]
    assert [(mail.uid, mail.raw) for mail in mails(answer)] == [(7, HEAD + evil)]


@pytest.mark.parametrize("answer", [[], [None], [b"1 (FLAGS ())"], [(b"1 (BODY[HEADER] {34}", HEAD), b")"]])
def test_what_names_no_mail_gives_none(answer):
    assert list(mails(answer)) == []


def test_an_unreadable_date_is_none():
    (mail,) = mails([(b'1 (UID 7 INTERNALDATE "yesterday" BODY[HEADER] {34}', HEAD), b")"])
    assert mail.received_at is None


def test_sizes_by_number():
    assert sizes([b"1 (UID 7 RFC822.SIZE 4096)", b"2 (RFC822.SIZE 10 UID 8)", b"3 (FLAGS ())"]) == {
        7: 4096,
        8: 10,
    }
