"""What a mail is: every sample with its verdict, every rule with its words."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.inbound import auto_reply_rules, bounce_rules
from outreach.inbound.bounce_rules import CODES, SUBJECTS, WORDS, failure_of
from outreach.inbound.classify import (
    classify,
    classify_smtp_reply,
    needs_login,
    stopped_until,
)
from outreach.inbound.parse import parse
from outreach.inbound.return_dates import return_date
from outreach.states import FailureClass, Verdict

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWN = frozenset({"alice@corp.example"})
SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_what_is_written_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    mail = parse(path.read_bytes())
    found = classify(mail, now=NOW, own_addresses=OWN)
    seen = {
        "verdict": found.verdict,
        "failure": found.failure,
        "code": found.code,
        "recipients": list(found.recipients),
        "returns_on": found.returns_on.isoformat() if found.returns_on else None,
        "returned_ids": list(mail.returned.message_ids),
        "tokens": [[token.token, token.place.value] for token in mail.tokens],
        "thread": list(mail.thread_ids),
        "subject": mail.subject,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "from": mail.sender.address,
        "date": mail.date.isoformat() if mail.date else None,
    }

    starts, lacks = expected.pop("reply_text_starts", ""), expected.pop("reply_text_lacks", None)
    assert {key: seen[key] for key in expected} == expected
    assert mail.reply_text.startswith(starts)
    assert lacks is None or lacks not in mail.reply_text
    assert found.explanation.endswith(".")
    assert "@" not in found.explanation


def test_every_verdict_has_a_sample() -> None:
    verdicts = {json.loads(path.with_suffix(".json").read_text())["verdict"] for path in SAMPLES}

    assert verdicts == {str(verdict) for verdict in Verdict}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_mail_in_sent_is_never_a_reply(path: Path) -> None:
    found = classify(parse(path.read_bytes()), now=NOW, own_addresses=OWN, in_sent=True)

    assert found.verdict is Verdict.OWN_COPY


# The tables


@pytest.mark.parametrize("rule", WORDS, ids=lambda rule: rule.name)
def test_every_phrase_has_its_sample(rule: bounce_rules.Words) -> None:
    words_only = rule.sample.replace("5.4.5", "").replace("5.2.0", "").replace("-", " ", 1)

    found = failure_of(words_only)

    assert (found.rule, found.failure) == (rule.name, rule.failure)
    assert found.explanation


@pytest.mark.parametrize("code", CODES)
def test_every_code_decides_before_any_words(code: str) -> None:
    needed = {"5.4.1": "access denied", "5.4.5": "quota", "5.7.9": "auth", "5.7.13": "recipient"}.get(
        code, ""
    )

    found = failure_of(f"550 {code} {needed} user unknown, mailbox full", code=code)

    assert found.failure is CODES[code].failure
    assert found.code == code


@pytest.mark.parametrize("rule", auto_reply_rules.SUBJECTS, ids=lambda rule: f"{rule.language}-{rule.sample}")
def test_every_subject_of_an_automatic_answer_has_its_sample(rule: auto_reply_rules.Subject) -> None:
    mail = parse(f"From: eva@home.example\nSubject: {rule.sample}\n\nx".encode())

    assert classify(mail, now=NOW).verdict is Verdict.AUTO_REPLY
    answer = parse(f"From: eva@home.example\nSubject: Re: {rule.sample}\n\nx".encode())
    assert classify(answer, now=NOW).verdict is Verdict.REPLY


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("550 5.7.133 sender not authenticated for group", "policy"),
        ("550 5.6.7 SMTPUTF8 required", "content"),
        ("451 4.7.1 Greylisting in action, please come back later", "soft"),
        ("554 delivery error: This user doesn't have a yahoo.com account (eva@yahoo.com)", "hard"),
        ("550 RecipNotFound", "soft"),
        ("550-Verification failed for <eva@x.example>\n550-No Such User Here", "hard"),
        ("550 5.1.1 user unknown; see our spam policy at https://x.example/spam", "hard"),
        ("550 spam detected; user unknown in local table", "policy"),
        ("550 Mailbox quota exceeded for unknown user", "soft"),
        ("550 Requested action not taken: mailbox unavailable", "soft"),
        ("550 permanent failure", "soft"),
        ("", "soft"),
        ("452 4.2.2 Mailbox full", "soft"),
        ("552 5.2.2 mailbox full", "soft"),
        ("550 Unknown recipient eva@x.example", "hard"),
        ("550 <eva@x.example>: user not found", "hard"),
        ("550 Invalid recipient", "hard"),
        ("550 l'adresse est inconnue", "hard"),
        ("550 Das Postfach ist voll", "soft"),
        ("550 El usuario no existe", "hard"),
        ("550 5.4.6 mail loop detected", "soft"),
        ("550 domain does not exist", "hard"),
        ("554 5.7.1 <eva@x.example>: Relay access denied", "policy"),
        ("550 relaying denied", "policy"),
        ("User Eva Rot (eva@x.example) not listed in Domino Directory", "hard"),
        (
            "550 SMTP error from remote server after MAIL FROM:<a@b.example>: b.example does not exist",
            "policy",
        ),
        ("550 Unroutable sender address", "policy"),
        ("551 access forbidden by invalid RDNS record of your mail server", "policy"),
        ("Name service error for domain x.example: Host not found, try again", "soft"),
        ("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)", "hard"),
        ("an MX or SRV record indicated no SMTP service", "hard"),
        ("550 Host unknown (Authoritative answer from name server)", "hard"),
        ("Mail size limit exceeded", "content"),
        ("554 Transaction failed: Duplicate header 'Date'.", "content"),
        ("550 Mailbox is frozen", "hard"),
        ("550 5.2.1 The user is receiving mail at a rate that prevents more from being delivered", "soft"),
        ("550 5.2.1 The mailbox is disabled", "hard"),
        ("525 5.7.13 Disabled recipient address", "hard"),
        ("525 5.7.13 User account disabled", "policy"),
        ("The group may not exist; see https://groups.google.com/support/", "policy"),
    ],
)
def test_the_code_goes_first_then_what_protects_the_address_and_doubt_is_soft(text, failure) -> None:
    assert failure_of(text).failure == failure


def test_a_code_of_the_reporting_server_gives_way_to_that_of_the_server_which_refused() -> None:
    assert failure_of("550 5.7.1 IP address blacklisted", code="5.1.1").failure == "policy"
    assert failure_of("552 5.2.2 Over quota", code="5.1.1").failure == "soft"
    assert failure_of("550 5.0.0 said no", code="5.1.1").failure == "hard"


def test_a_general_code_gives_way_to_a_sharper_one_in_the_words() -> None:
    assert failure_of("smtp; 550 5.1.1 unknown", code="5.0.0").code == "5.1.1"
    assert failure_of("smtp; 550 5.1.1 unknown", code="5.7.1").code == "5.7.1"


@settings(deadline=None)
@given(text=st.text(max_size=300), code=st.sampled_from(["", "5.0.0", "4.4.7", *CODES, *SUBJECTS]))
def test_any_text_gets_a_class(text: str, code: str) -> None:
    assert failure_of(text, code=code).failure in FailureClass


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", ["message " * 2000, "a" * 100_000, "user <" + "x@" * 5000, " " * 50_000 + "x", "daily " * 3000]
)
def test_long_answers_are_judged_quickly(text: str) -> None:
    started = time.process_time()
    failure_of(text)

    assert time.process_time() - started < 5


# While sending


@pytest.mark.parametrize(
    ("code", "text", "stage", "failure"),
    [
        (550, "5.1.1 No such user", "rcpt", "hard"),
        (450, "4.2.0 Greylisted", "rcpt", "soft"),
        (421, "4.7.0 Try again later, closing connection", "data", "soft"),
        (550, "5.7.1 Blocked by policy", "data", "policy"),
        (552, "5.3.4 Message too big", "data", "content"),
        (554, "5.6.0 Malformed", "data", "content"),
        (535, "5.7.8 Error: authentication failed", "login", "mailbox"),
        (454, "4.7.0 Temporary authentication failure", "login", "mailbox"),
        (550, "5.7.30 Basic authentication is not supported for Client Submission", "mail", "mailbox"),
        (530, "5.7.57 Client not authenticated to send mail", "mail", "mailbox"),
        (550, "5.4.5 Daily user sending limit exceeded", "data", "mailbox"),
        (554, "5.2.0 STOREDRV.Submission.Exception:OutboundSpamException", "data", "mailbox"),
        (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "data", "mailbox"),
        (550, "5.1.90 Your message can't be sent because you've reached your daily limit", "data", "mailbox"),
        (550, "no", "rcpt", "soft"),
        (None, "", "", "soft"),
    ],
)
def test_a_refusal_while_sending_has_a_class(code, text, stage, failure) -> None:
    assert classify_smtp_reply(code, text, stage) == failure


def test_a_refused_login_waits_for_a_person_and_a_quota_for_its_time() -> None:
    assert needs_login(535, "no")
    assert needs_login(550, "5.7.30 Basic authentication is not supported")
    assert not needs_login(550, "5.4.5 Daily user sending limit exceeded")


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("5.4.5 Daily user sending limit exceeded", timedelta(days=1)),
        ("sender thread limit exceeded", timedelta(hours=1)),
        ("Hourly limit; try again in 15 minutes", timedelta(minutes=15)),
        ("Please retry after 2 hours", timedelta(hours=2)),
        ("please wait 90 days", timedelta(days=2)),
    ],
)
def test_a_stopped_mailbox_waits_as_long_as_it_is_told(text: str, wait: timedelta) -> None:
    assert stopped_until(text, now=NOW) == NOW + wait


# Dates of return

TODAY = date(2026, 11, 22)  # a Sunday

RETURNS = [
    ("I am out of the office until 3 December 2026.", date(2026, 12, 3)),
    ("Back on Monday, 30 November.", date(2026, 11, 30)),
    ("Back on Monday", date(2026, 11, 23)),
    ("Through Friday, Nov 27th", date(2026, 11, 27)),
    ("returning 2026-12-01", date(2026, 12, 1)),
    ("off from 11/23 to 11/27", date(2026, 11, 27)),
    ("until 12/05/2026", date(2026, 12, 5)),
    ("away until 05/12/2026", date(2026, 12, 5)),
    ("Out 23 Nov - 27 Nov", date(2026, 11, 27)),
    ("I will be back tomorrow", date(2026, 11, 23)),
    ("away until 27 November, back in the office on 30 November", date(2026, 11, 30)),
    ("until 1 December, from 3 December until 5 December", date(2026, 12, 5)),
    ("Ich bin bis zum 04.12.2026 nicht im Büro.", date(2026, 12, 4)),
    ("vom 20.11. bis 3.12. im Urlaub und ab dem 4.12. wieder erreichbar", date(2026, 12, 4)),
    ("Ich bin am 30.11. wieder im Büro", date(2026, 11, 30)),
    ("bis einschließlich 4. Dezember", date(2026, 12, 4)),
    ("bin am Montag wieder da", date(2026, 11, 23)),
    ("Je suis absent jusqu'au 2 décembre inclus.", date(2026, 12, 2)),
    ("De retour le 1er décembre.", date(2026, 12, 1)),
    ("Estaré fuera hasta el 5 de diciembre de 2026.", date(2026, 12, 5)),
    ("Rientro il 7 dicembre.", date(2026, 12, 7)),
    ("Ik ben terug op 1 december.", date(2026, 12, 1)),
    ("Estarei de volta em 02/12/2026.", date(2026, 12, 2)),
    ("Jag är tillbaka den 8 december.", date(2026, 12, 8)),
    ("Jeg er tilbage mandag d. 30. november", date(2026, 11, 30)),
    ("Wracam 1 grudnia.", date(2026, 12, 1)),
    ("Budu zpět 3. prosince", date(2026, 12, 3)),
    ("Olen takaisin 3. joulukuuta", date(2026, 12, 3)),
    ("12月3日まで不在にしております。", date(2026, 12, 3)),
    ("away until 5 January", date(2026, 12, 22)),
    ("away until 5 March 2027", date(2026, 12, 22)),
    # No return
    ("I am at a conference on 5 December.", None),
    ("I left on 10 November", None),
    ("until further notice", None),
    ("until 31 February 2027", None),
    ("back on 45/78/2026", None),
    ("We will get back to you within 2 days", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), RETURNS, ids=lambda value: str(value)[:40])
def test_a_stated_return_is_read_in_many_languages(text: str, expected: date | None) -> None:
    assert return_date(text, today=TODAY) == expected


#: An automatic answer as each language's mail programs write it: subject, text, the day it names.
AUTOMATIC = {
    "en": ("Automatic reply: A role", "I am out of the office until 3 December 2026.", date(2026, 12, 3)),
    "de": ("Abwesenheitsnotiz", "Ich bin bis zum 04.12.2026 nicht im Büro.", date(2026, 12, 4)),
    "fr": ("Réponse automatique : Poste", "De retour le 1er décembre.", date(2026, 12, 1)),
    "es": ("Respuesta automática: Puesto", "Estaré fuera hasta el 5 de diciembre.", date(2026, 12, 5)),
    "it": ("Risposta automatica: Ruolo", "Rientro il 7 dicembre.", date(2026, 12, 7)),
    "pt": ("Resposta automática: Vaga", "Estarei de volta em 02/12/2026.", date(2026, 12, 2)),
    "nl": ("Automatisch antwoord: Functie", "Ik ben terug op 1 december.", date(2026, 12, 1)),
    "sv": ("Autosvar: En roll", "Jag är tillbaka den 8 december.", date(2026, 12, 8)),
    "da": ("Automatisk svar: En rolle", "Jeg er tilbage d. 30. november.", date(2026, 11, 30)),
    "nb": ("Automatisk svar: En rolle", "Jeg er tilbake 2. desember.", date(2026, 12, 2)),
    "fi": ("Automaattinen vastaus: Rooli", "Olen takaisin 3. joulukuuta.", date(2026, 12, 3)),
    "pl": ("Odpowiedź automatyczna: Rola", "Wracam 1 grudnia.", date(2026, 12, 1)),
    "cs": ("Automatická odpověď: Role", "Budu zpět 3. prosince.", date(2026, 12, 3)),
    "hu": ("Automatikus válasz: Állás", "December 4-én vagyok vissza: 2026.12.04", date(2026, 12, 4)),
    "ro": ("Răspuns automat: Post", "Revin pe 4 decembrie.", date(2026, 12, 4)),
    "ru": ("Автоответ: Вакансия", "Меня не будет до 4 декабря.", date(2026, 12, 4)),
    "uk": ("Автоматична відповідь: Вакансія", "Повернусь 4 грудня.", date(2026, 12, 4)),
    "tr": ("Otomatik Yanıt: Pozisyon", "4 Aralık 2026'ya kadar ofis dışındayım.", date(2026, 12, 4)),
    "ja": ("自動応答: 求人", "12月3日まで不在にしております。", date(2026, 12, 3)),
    "zh": ("自动回复: 职位", "我将于12月4日返回。", date(2026, 12, 4)),
    "ko": ("자동 회신: 채용", "12월 4일까지 부재중입니다.", date(2026, 12, 4)),
}


@pytest.mark.parametrize("language", AUTOMATIC)
def test_an_automatic_answer_and_its_return_are_known_in_many_languages(language: str) -> None:
    """By subject and words alone: no field says that a machine wrote it."""
    subject, text, back = AUTOMATIC[language]
    raw = (
        f"From: Eva <eva@home.example>\nSubject: {subject}\nDate: Thu, 19 Nov 2026 09:00:00 +0000\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
    found = classify(parse(raw.encode()), now=datetime(2026, 11, 19, 10, tzinfo=UTC))
    assert (found.verdict, found.returns_on) == (Verdict.AUTO_REPLY, back)


@settings(deadline=None)
@given(text=st.text(max_size=200), today=st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_a_return_is_never_in_the_past_nor_further_than_thirty_days(text: str, today: date) -> None:
    for said in (text, f"back on {text}", f"until {text} December"):
        found = return_date(said, today=today)
        assert found is None or today < found <= today + timedelta(days=30)


@settings(deadline=None)
@given(
    ahead=st.integers(1, 30),
    today=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    form=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d.%m.", "%d %B"]),
)
def test_every_form_of_a_date_is_read_back(ahead: int, today: date, form: str) -> None:
    day = today + timedelta(days=ahead)

    assert return_date(f"I am back on {day.strftime(form)} and happy.", today=today) == day


def test_a_weekday_in_a_mail_read_late_means_the_week_it_was_written_in() -> None:
    raw = (
        b"From: e@x.example\nSubject: Out of office\nDate: Thu, 19 Nov 2026 09:00:00 +0000\n\nBack on Friday"
    )

    found = classify(parse(raw), now=NOW)

    assert found.verdict is Verdict.AUTO_REPLY
    assert found.returns_on is None
