"""What is said about a sender's domain: each rule with its sample."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deliverability_rules import (
    Facts,
    Finding,
    Returned,
    Signature,
    State,
    aligned,
    dmarc_names,
    findings,
    sender_of,
    signature,
)

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
DOMAIN = "acme.example"
GOOD = Facts(
    mx=["10 mx.acme.example"],
    txt=["v=spf1 include:_spf.google.com ~all"],
    dmarc_at=DOMAIN,
    dmarc=["v=DMARC1; p=none"],
    keys={"google._domainkey.acme.example": ["v=DKIM1; k=rsa; p=MIIB"]},
)
FIELDS = frozenset({"list-unsubscribe", "list-unsubscribe-post"})
SIGNED = Returned((Signature(DOMAIN, "google", frozenset({"from", *FIELDS})),), FIELDS)


def check(
    facts: Facts = GOOD,
    returned: Returned | None = SIGNED,
    *,
    server: str = "smtp.gmail.com",
    sent_at: datetime | None = NOW,
    now: datetime = NOW,
) -> dict[str, Finding]:
    found = findings(
        domain=DOMAIN, facts=facts, returned=returned, sender=sender_of(server), sent_at=sent_at, now=now
    )
    return {each.about: each for each in found}


def with_(**values) -> Facts:
    return Facts(**{**GOOD.__dict__, **values})


def test_a_domain_in_order_has_five_good_lines() -> None:
    found = check()
    assert list(found) == ["MX", "SPF", "DKIM", "DMARC", "One-click unsubscribe"]
    assert {each.state for each in found.values()} == {State.GOOD}
    assert not any(each.advice for each in found.values())


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ([], State.BAD, "cannot arrive"),
        (["0 ."], State.BAD, "takes no mail at all"),
        (["10 a.example", "20 b.example"], State.GOOD, "can arrive"),
    ],
)
def test_mx(records, state, words) -> None:
    found = check(with_(mx=records))["MX"]
    assert found.state is state
    assert words in found.text
    assert bool(found.advice) == (state is not State.GOOD)


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ([], State.BAD, "does not say which servers"),
        (["google-site-verification=x"], State.BAD, "does not say which servers"),
        (["v=spf10 ~all"], State.BAD, "does not say which servers"),
        (["v=spf1 ~all", "v=spf1 -all"], State.BAD, "2 SPF records"),
        (["v=spf1 include:_spf.google.com +all"], State.BAD, "everybody"),
        (["v=spf1 all"], State.BAD, "everybody"),
        (["v=spf1 " + "include:a.example " * 11 + "-all"], State.BAD, "11 look-ups"),
        (["v=spf1 a mx include:_spf.google.com -all"], State.GOOD, "names who may send"),
        (["v=spf1 include:other.example -all"], State.WARN, "does not name Google"),
        (["v=spf1 include:_spf.google.com ?all"], State.WARN, "other servers"),
        (["v=spf1 include:_spf.google.com"], State.WARN, "other servers"),
        (["V=SPF1 INCLUDE:_SPF.GOOGLE.COM ~ALL"], State.GOOD, "names who may send"),
        (["v=spf1 redirect=_spf.acme.example"], State.GOOD, "names who may send"),
        (["v=spf1 include:_spf.google.com -all", "other"], State.GOOD, "names who may send"),
    ],
)
def test_spf(records, state, words) -> None:
    found = check(with_(txt=records))["SPF"]
    assert (found.state, words in found.text) == (state, True), found
    assert bool(found.advice) == (state is not State.GOOD)


def test_the_advice_names_the_providers_own_record() -> None:
    assert (
        "include:spf.protection.outlook.com"
        in check(with_(txt=[]), server="smtp.office365.com")["SPF"].advice
    )
    assert (
        check(with_(txt=["v=spf1 include:any.example ~all"]), server="mail.acme.example")["SPF"].state
        is State.GOOD
    )


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], State.WARN),
        (["v=DMARC1; p=reject"], State.GOOD),
        (["V=dmarc1 ;P= Quarantine"], State.GOOD),
        (["v=DMARC1; rua=mailto:x@acme.example"], State.BAD),
        (["v=DMARC1; p=maybe"], State.BAD),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], State.BAD),
    ],
)
def test_dmarc(records, state) -> None:
    assert check(with_(dmarc=records))["DMARC"].state is state


def test_the_policy_of_a_domain_above_applies() -> None:
    assert dmarc_names("mail.eu.acme.example") == ["mail.eu.acme.example", "eu.acme.example", "acme.example"]
    assert dmarc_names("acme.example") == ["acme.example"]
    assert dmarc_names("localhost") == ["localhost"]


@pytest.mark.parametrize(
    ("returned", "keys", "state", "words"),
    [
        (SIGNED, GOOD.keys, State.GOOD, "signed by acme.example"),
        (SIGNED, {}, State.BAD, "not published at google._domainkey.acme.example"),
        (SIGNED, {"google._domainkey.acme.example": ["v=DKIM1; p="]}, State.BAD, "not published"),
        (
            Returned((Signature("acme-example.20230601.gappssmtp.com", "x", FIELDS),), FIELDS),
            GOOD.keys,
            State.WARN,
            "not by acme.example",
        ),
        (Returned((), FIELDS), {}, State.WARN, "without a signature"),
        (Returned((), FIELDS), GOOD.keys, State.UNKNOWN, "A key is published."),
    ],
)
def test_dkim(returned, keys, state, words) -> None:
    found = check(with_(keys=keys), returned)["DKIM"]
    assert (found.state, words in found.text) == (state, True), found


@pytest.mark.parametrize(
    ("covers", "fields", "state"),
    [
        (FIELDS, FIELDS, State.GOOD),
        ({"list-unsubscribe"}, FIELDS, State.WARN),
        ({"from"}, FIELDS, State.WARN),
        (FIELDS, {"list-unsubscribe"}, State.WARN),
        (FIELDS, set(), State.WARN),
    ],
)
def test_one_click_needs_both_fields_in_the_mail_and_in_the_signature(covers, fields, state) -> None:
    returned = Returned((Signature(DOMAIN, "google", frozenset(covers)),), frozenset(fields))
    assert check(returned=returned)["One-click unsubscribe"].state is state


def test_a_signature_of_somebody_else_is_no_reason_for_the_button() -> None:
    returned = Returned((Signature("gappssmtp.com", "x", FIELDS),), FIELDS)
    assert check(returned=returned)["One-click unsubscribe"].state is State.WARN


def test_until_the_test_mail_is_back_nothing_is_claimed_and_later_it_is_said() -> None:
    on_its_way = check(returned=None)["One-click unsubscribe"]
    assert (on_its_way.state, "on its way" in on_its_way.text) == (State.UNKNOWN, True)
    lost = check(returned=None, now=NOW + timedelta(hours=1))["One-click unsubscribe"]
    assert (lost.state, "has not come back" in lost.text) == (State.UNKNOWN, True)
    assert check(returned=None)["DKIM"].state is State.UNKNOWN


def test_what_could_not_be_looked_up_is_not_called_missing() -> None:
    trouble = dict.fromkeys(("mx", "spf", "dkim", "dmarc"), "no answer in time.")
    found = check(Facts(trouble=trouble))
    assert [each.state for each in found.values()][:4] == [State.UNKNOWN] * 4


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (
            "v=1; d=Acme.Example; s=Google;\r\n h=From : To:List-Unsubscribe:\r\n list-unsubscribe-post; b=a=",
            Signature(DOMAIN, "google", frozenset({"from", "to", *FIELDS})),
        ),
        ("v=1; d=acme.example; h=from", None),
        ("v=1; d=acme.example; s=x", None),
        ("v=1; d=<b>.example; s=x; h=from", None),
        ("", None),
        ("=;=;=", None),
    ],
)
def test_signatures_are_read_as_they_are_written(written, found) -> None:
    assert signature(written) == found


@given(st.text(max_size=300))
def test_no_field_however_odd_raises(text: str) -> None:
    signature(text)
    check(with_(txt=[text], dmarc=[text], mx=[text], keys={"a": [text]}))


@pytest.mark.parametrize(
    ("signed_by", "is_ours"),
    [
        ("acme.example", True),
        ("mail.acme.example", True),
        ("example", True),
        ("notacme.example", False),
        ("acme.example.evil", False),
    ],
)
def test_alignment(signed_by, is_ours) -> None:
    assert aligned(signed_by, DOMAIN) is is_ours
