"""Pages of a person elsewhere, added and removed by hand, added by pulls. The LinkedIn profile is a field: people are
matched on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from foundation.problems import Conflict, Invalid, Missing
from sourcing import editing, known_again, matching, settling
from sourcing.models import Candidate, Origin, SocialProfile
from sourcing.normalising import linkedin_key, web_link
from sourcing.values import Statement

MAX_PROFILES = 50
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.ASCII)
#: Host → the network's word.
NETWORKS: Mapping[str, str] = {
    "behance.net": "behance",
    "dribbble.com": "dribbble",
    "facebook.com": "facebook",
    "github.com": "github",
    "gitlab.com": "gitlab",
    "instagram.com": "instagram",
    "kaggle.com": "kaggle",
    "linkedin.com": "linkedin",
    "medium.com": "medium",
    "orcid.org": "orcid",
    "scholar.google.com": "scholar",
    "stackoverflow.com": "stackoverflow",
    "twitter.com": "twitter",
    "x.com": "twitter",
    "xing.com": "xing",
}


class ProfileMissing(Missing):
    """The person has no such profile."""

    code: ClassVar[str] = "social_profile_missing"


class ProfileKnown(Conflict):
    """The person has this profile already."""

    code: ClassVar[str] = "social_profile_known"


def clean_url(text: str) -> str:
    """A link with scheme, without fragment and closing slash. Raises Invalid for anything but http and https.

    ``github.com/ada/`` → ``https://github.com/ada``.
    """
    url = web_link(text)
    if not url:
        wrong = "A link to a profile, like https://github.com/ada."
        raise Invalid(wrong, fields={"url": wrong})
    return url.partition("#")[0].rstrip("/")


def stated_url(text: str) -> str:
    """A profile's address as a page of the web states it: https, without query, fragment and closing slash.

    Empty for what is no plain address of a page, names nobody, or only looks like a known network's:
    ``linkedin.com@evil.example``, a port, a host in another script.
    """
    link = web_link(text)
    try:
        parts = urlsplit(link)
        plain = parts.username is None and parts.port is None
    except ValueError:
        return ""
    host, path = (parts.hostname or "").lower(), parts.path.rstrip("/")
    if not plain or not _HOST.fullmatch(host) or (path and not matching.profile_key(link)):
        return ""
    return f"https://{host}{path}"


def network_of(url: str) -> str:
    """The network's word for a link, ``web`` for an unknown host."""
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    return next(
        (word for known, word in NETWORKS.items() if host == known or host.endswith(f".{known}")), "web"
    )


def place(candidate: Candidate, urls: Iterable[str]) -> list[SocialProfile]:
    """Part of making and of completing a person: rows for pages besides LinkedIn's. Nothing is looked up or told."""
    return SocialProfile.objects.bulk_create(rows(candidate, (url for url in urls if not linkedin_key(url))))


def rows(candidate: Candidate, urls: Iterable[str]) -> list[SocialProfile]:
    """Rows for pages of a person, not stored yet; of LinkedIn's the one they are matched on alone."""
    found = [url for url in dict.fromkeys(urls) if url and linkedin_key(url) in ("", candidate.linkedin_key)]
    return [
        SocialProfile(
            organisation_id=candidate.organisation_id,
            candidate=candidate,
            network=network_of(url),
            url=url[:500],
        )
        for url in found[:MAX_PROFILES]
    ]


def unknown(candidate: Candidate, stated: Sequence[str]) -> tuple[str, ...]:
    """Those of the pages (:func:`stated_url`) that the person has not; of LinkedIn there is one, and another one there
    is not overwritten."""
    if not stated:
        return ()
    links = [*candidate.social_profiles.values_list("url", flat=True), candidate.linkedin_key]
    known = {matching.profile_key(link) or link.rstrip("/").lower() for link in links if link}
    return tuple(
        link
        for link in stated
        if (matching.profile_key(link) or link.lower()) not in known
        and not (linkedin_key(link) and candidate.linkedin_key)
    )


@transaction.atomic
def take(*, candidate: Candidate, urls: Sequence[str], source: str) -> list[str]:
    """Pages (:func:`stated_url`) that a pull tells of: those the person has not are added, and returned.

    A LinkedIn profile that another person has is left to them. Raises ``known_again.Erased`` for one of somebody who
    was erased and blocked.
    """
    if not unknown(candidate, urls):
        return []
    person = editing.lock(candidate)
    new = list(unknown(person, urls))
    key = next((key for url in new if (key := linkedin_key(url))), "")
    if key:
        known_again.refuse_erased(person.organisation_id, addresses=[], profile=key)
        others = Candidate.objects.for_organisation(person.organisation_id).filter(linkedin_key=key)
        if not others.exists():
            person.linkedin_key = key
            said = Statement(value=None, origin=Origin.PULLED, at=timezone.now(), source=source)
            settling.note(person, ["linkedin_key"], said)
    added = [row.url for row in SocialProfile.objects.bulk_create(rows(person, new))]
    if added:
        editing.save(person, None, ["social_profiles"])
    return added


@transaction.atomic
def add(*, candidate: Candidate, actor: User, url: str) -> SocialProfile:
    """Add a page. Raises Invalid, and :class:`ProfileKnown` for one the person has."""
    cleaned = clean_url(url)
    if linkedin_key(cleaned):
        raise Invalid("Edit the LinkedIn field instead.", fields={"url": "Edit the LinkedIn field instead."})
    person = editing.lock(candidate)
    present = list(person.social_profiles.all())
    if any(profile.url.rstrip("/").lower() == cleaned.lower() for profile in present):
        raise ProfileKnown("This person already has it.", fields={"url": "This person already has it."})
    if len(present) >= MAX_PROFILES:
        raise Invalid(f"A person has {MAX_PROFILES} profiles at most.")
    profile = SocialProfile.objects.create(
        organisation_id=person.organisation_id, candidate=person, network=network_of(cleaned), url=cleaned
    )
    editing.save(person, actor, ["social_profiles"])
    return profile


@transaction.atomic
def remove(*, candidate: Candidate, actor: User, profile_id: int) -> None:
    """Take a page away; the LinkedIn profile goes through its field. Raises :class:`ProfileMissing`."""
    person = editing.lock(candidate)
    profile = person.social_profiles.filter(pk=profile_id).first()
    if profile is None:
        raise ProfileMissing("There is no such profile.")
    if person.linkedin_key and linkedin_key(profile.url) == person.linkedin_key:
        raise Invalid("Edit the LinkedIn field instead.")
    profile.delete()
    editing.save(person, actor, ["social_profiles"])
