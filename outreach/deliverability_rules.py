"""What a sender's domain publishes, and what its provider signs, in plain words with what to do. Pure.

RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), RFC 8058 (one-click unsubscribe), RFC 7505 (null MX).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

#: A test mail that is not back by then is not only slow.
SHOULD_BE_BACK = timedelta(minutes=30)
_ONE_CLICK = ("list-unsubscribe", "list-unsubscribe-post")
#: RFC 7208 §4.6.4: terms that cost a look-up, and how many are allowed.
_LOOKUPS = re.compile(r"^[+?~-]?(include:|a(?=[:/]|$)|mx(?=[:/]|$)|ptr(?=:|$)|exists:)|^redirect=")
_MOST_LOOKUPS = 10
_TAG = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9_]*)\s*=\s*([^;]*)")
_MOST_LABELS = 8
#: A domain or a selector that may be looked up and shown.
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?")


class State(StrEnum):
    """How a finding is judged."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the check. ``record`` is what was found as it stands; ``advice`` what to do, empty for nothing."""

    about: str
    state: State
    text: str
    advice: str = ""
    record: str = ""


@dataclass(frozen=True)
class Sender:
    """What a provider's customers publish: the part of SPF that names it, the selectors of its DKIM keys."""

    name: str
    include: str
    selectors: tuple[str, ...]


_GOOGLE = Sender("Google", "_spf.google.com", ("google",))
_MICROSOFT = Sender("Microsoft 365", "spf.protection.outlook.com", ("selector1", "selector2"))
_SENDERS: Mapping[str, Sender] = {
    "smtp.gmail.com": _GOOGLE,
    "smtp-relay.gmail.com": _GOOGLE,
    "smtp.office365.com": _MICROSOFT,
}


@dataclass(frozen=True)
class Signature:
    """One DKIM signature: whose, made with which key, over which header fields (lower-case)."""

    domain: str
    selector: str
    covers: frozenset[str]

    @property
    def key_name(self) -> str:
        """Where its key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True)
class Facts:
    """Records as they were found. ``dmarc_at`` is the domain whose policy applies, empty for none; ``keys`` are DKIM
    records by name; ``trouble`` says by kind (``mx``, ``spf`` …) what could not be looked up."""

    mx: Sequence[str] = ()
    txt: Sequence[str] = ()
    dmarc_at: str = ""
    dmarc: Sequence[str] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    trouble: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """The test mail as it came back: its signatures, and which of the one-click fields it still had."""

    signatures: tuple[Signature, ...] = ()
    fields: frozenset[str] = frozenset()


def sender_of(smtp_host: str) -> Sender | None:
    """The provider behind a mail server, if its records are known."""
    return _SENDERS.get(smtp_host.strip().rstrip(".").lower())


def signature(value: str) -> Signature | None:
    """A DKIM-Signature field; None if it cannot be one."""
    tags = {name.lower(): "".join(text.split()) for name, text in _TAG.findall(value)}
    if not _NAME.fullmatch(tags.get("d", "")) or not _NAME.fullmatch(tags.get("s", "")) or not tags.get("h"):
        return None
    covers = frozenset(name for name in tags["h"].lower().split(":") if name)
    return Signature(tags["d"].lower().rstrip("."), tags["s"].lower(), covers)


def dmarc_names(domain: str) -> list[str]:
    """Domains whose policy may apply, nearest first: itself and those above it, a public suffix being none of ours."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))][:_MOST_LABELS]


def findings(
    *,
    domain: str,
    facts: Facts,
    returned: Returned | None,
    sender: Sender | None,
    sent_at: datetime | None,
    now: datetime,
    alias: str = "",
) -> list[Finding]:
    """Every line of the check. ``sent_at`` is when the test mail was asked for, None if none was; it went to ``alias``
    if answers go there."""
    waiting = _waiting(sent_at, now)
    return [
        *([_alias(alias, returned, sent_at, now)] if alias else []),
        _or_trouble(facts, "mx", "MX", lambda: _mx(domain, facts.mx)),
        _or_trouble(facts, "spf", "SPF", lambda: _spf(domain, facts.txt, sender)),
        _or_trouble(facts, "dkim", "DKIM", lambda: _dkim(domain, facts, returned, sender, waiting)),
        _or_trouble(facts, "dmarc", "DMARC", lambda: _dmarc(domain, facts)),
        _one_click(domain, returned, waiting),
    ]


def aligned(signed_by: str, domain: str) -> bool:
    """Whether a signature speaks for the domain in From: the same, or one above or below the other (relaxed)."""
    return signed_by == domain or domain.endswith(f".{signed_by}") or signed_by.endswith(f".{domain}")


def _or_trouble(facts: Facts, key: str, about: str, judge: Callable[[], Finding]) -> Finding:
    words = facts.trouble.get(key)
    if words:
        return Finding(about, State.UNKNOWN, f"It could not be looked up: {words}", "Check again later.")
    return judge()


def _mx(domain: str, records: Sequence[str]) -> Finding:
    hosts = [record.partition(" ")[2] for record in records]
    if not hosts:
        return Finding(
            "MX",
            State.BAD,
            f"{domain} names no mail server: answers and bounces cannot arrive.",
            "Publish the MX records that your provider lists.",
        )
    if "." in hosts:
        return Finding(
            "MX",
            State.BAD,
            f"{domain} says that it takes no mail at all.",
            "Replace the MX record “0 .” by those of your provider.",
            "; ".join(records),
        )
    return Finding("MX", State.GOOD, "Answers and bounces can arrive.", record="; ".join(records[:5]))


def _spf(domain: str, txt: Sequence[str], sender: Sender | None) -> Finding:
    records = [text for text in txt if text.lower().split(" ")[0] == "v=spf1"]
    include = f"include:{sender.include} " if sender else "… "
    publish = f"Publish one TXT record at {domain}: v=spf1 {include}~all"
    if not records:
        return Finding("SPF", State.BAD, f"{domain} does not say which servers may send for it.", publish)
    if len(records) > 1:
        return Finding(
            "SPF",
            State.BAD,
            f"{domain} has {len(records)} SPF records; receivers then use none of them.",
            "Join them into one.",
            " | ".join(records),
        )
    (record,) = records
    terms = record.lower().split()[1:]
    lookups = sum(bool(_LOOKUPS.match(term)) for term in terms)
    judged = _spf_terms(terms, lookups, sender)
    return (
        Finding("SPF", *judged, record=record)
        if judged
        else Finding("SPF", State.GOOD, "It names who may send for the domain.", record=record)
    )


def _spf_terms(terms: Sequence[str], lookups: int, sender: Sender | None) -> tuple[State, str, str] | None:
    """What is wrong with the terms of the one record, the worst first."""
    if {"all", "+all"} & set(terms):
        return State.BAD, "It lets everybody send in your name.", "End the record with ~all instead of +all."
    if lookups > _MOST_LOOKUPS:
        text = f"It needs {lookups} look-ups and more inside them; receivers stop at {_MOST_LOOKUPS}."
        return State.BAD, text, "Take out services that no longer send for you."
    indirect = any(term.startswith("redirect=") for term in terms)
    if sender and not indirect and not any(term.endswith(f"include:{sender.include}") for term in terms):
        text = f"It does not name {sender.name}, from whose servers this mailbox sends."
        return State.WARN, text, f"Add include:{sender.include} before the last term."
    if not indirect and not {"-all", "~all"} & set(terms):
        return State.WARN, "It does not say what holds for other servers.", "End the record with ~all."
    return None


def _dkim(
    domain: str, facts: Facts, returned: Returned | None, sender: Sender | None, waiting: str
) -> Finding:
    switch_on = (
        f"Switch on DKIM for {domain} at {sender.name}, and publish the record it shows."
        if sender
        else f"Ask your provider how to switch on DKIM for {domain}."
    )
    if returned is not None and returned.signatures:
        own = [each for each in returned.signatures if aligned(each.domain, domain)]
        if not own:
            others = ", ".join(sorted({each.domain for each in returned.signatures}))
            return Finding(
                "DKIM", State.WARN, f"Your mail is signed by {others}, not by {domain}.", switch_on
            )
        held = [each for each in own if _has_key(facts.keys.get(each.key_name, ()))]
        if not held:
            missing = own[0].key_name
            return Finding(
                "DKIM",
                State.BAD,
                f"Your mail is signed, but the key is not published at {missing}.",
                "Publish the record that your provider shows for it.",
            )
        return Finding(
            "DKIM", State.GOOD, f"Your mail is signed by {held[0].domain}.", record=held[0].key_name
        )
    published = sorted(name for name, records in facts.keys.items() if _has_key(records))
    if returned is None and published:
        text = f"A key is published. {waiting}"
        return Finding(
            "DKIM", State.GOOD if not waiting else State.UNKNOWN, text.strip(), record=published[0]
        )
    if returned is None:
        text = "No key was found where your provider keeps it." if sender else waiting
        return Finding(
            "DKIM",
            State.WARN if sender else State.UNKNOWN,
            text or "It was not tested.",
            switch_on if sender else "",
        )
    text = "The test mail came back without a signature. Some providers sign only what leaves for others."
    if published:
        return Finding("DKIM", State.UNKNOWN, f"A key is published. {text}", record=published[0])
    return Finding("DKIM", State.WARN, text, switch_on)


def _dmarc(domain: str, facts: Facts) -> Finding:
    records = [text for text in facts.dmarc if text.lower().replace(" ", "").startswith("v=dmarc1")]
    publish = f"Publish a TXT record at _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:you@{domain}"
    if not records:
        return Finding(
            "DMARC",
            State.WARN,
            f"{domain} has no policy. Gmail, Yahoo and Outlook.com want one from who sends much.",
            publish,
        )
    if len(records) > 1:
        return Finding(
            "DMARC", State.BAD, f"{facts.dmarc_at} has several policies; receivers use none.", "Keep one."
        )
    (record,) = records
    tags = {name.lower(): text.strip().lower() for name, text in _TAG.findall(record)}
    if tags.get("p") not in {"none", "quarantine", "reject"}:
        return Finding("DMARC", State.BAD, "The policy cannot be read: p= is missing.", publish, record)
    return Finding("DMARC", State.GOOD, f"There is a policy: {tags['p']}.", record=record)


def _one_click(domain: str, returned: Returned | None, waiting: str) -> Finding:
    about = "One-click unsubscribe"
    if returned is None:
        return Finding(about, State.UNKNOWN, waiting or "It was not tested.")
    lost = [name for name in _ONE_CLICK if name not in returned.fields]
    if lost:
        text = "Your provider takes the fields for unsubscribing out of your mail."
        return Finding(
            about, State.WARN, text, "The link in the text works; ask your provider about the fields."
        )
    own = [each for each in returned.signatures if aligned(each.domain, domain)]
    if any(each.covers.issuperset(_ONE_CLICK) for each in own):
        return Finding(
            about, State.GOOD, "The signature covers both fields: receivers may show their own button."
        )
    if not own:
        text = "Without a signature of your domain receivers show no button of their own."
        return Finding(about, State.WARN, text, "Switch on DKIM. The link in the text works all the same.")
    text = "Your provider's signature does not cover the fields for one-click unsubscribing."
    return Finding(
        about,
        State.WARN,
        f"{text} Gmail and Yahoo need not show their button.",
        "Only the provider can change this. The link in the text works all the same.",
    )


def _alias(alias: str, returned: Returned | None, sent_at: datetime | None, now: datetime) -> Finding:
    if returned is not None:
        return Finding("Answers", State.GOOD, f"Mail to {alias} is delivered into this mailbox.")
    if sent_at is None or now - sent_at < SHOULD_BE_BACK:
        return Finding(
            "Answers", State.UNKNOWN, f"Whether {alias} is delivered into this mailbox is not known yet."
        )
    return Finding(
        "Answers",
        State.BAD,
        f"The test mail to {alias} has not arrived in this mailbox: answers would not be read, and campaigns go on.",
        "Have the alias delivered here, or take it off.",
    )


def _waiting(sent_at: datetime | None, now: datetime) -> str:
    if sent_at is None:
        return ""
    if now - sent_at < SHOULD_BE_BACK:
        return "The test mail is on its way to yourself; it is read when it arrives."
    return "The test mail to yourself has not come back."


def _has_key(records: Iterable[str]) -> bool:
    """A DKIM record with a key; an empty p= is one that was taken back (RFC 6376 §3.6.1)."""
    for record in records:
        tags = {name.lower(): "".join(text.split()) for name, text in _TAG.findall(record)}
        if tags.get("p") and tags.get("v", "DKIM1").upper() == "DKIM1":
            return True
    return False
