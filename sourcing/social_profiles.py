"""Pages of a person elsewhere, added and removed by hand. The LinkedIn profile is a field: people are matched on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import transaction

from accounts.models import User
from foundation.problems import Conflict, Invalid, Missing
from sourcing import editing, matching
from sourcing.models import Candidate, SocialProfile
from sourcing.normalising import linkedin_key, web_link

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
    found = list(dict.fromkeys(url for url in urls if url and not linkedin_key(url)))[:MAX_PROFILES]
    return SocialProfile.objects.bulk_create(
        SocialProfile(
            organisation_id=candidate.organisation_id,
            candidate=candidate,
            network=network_of(url),
            url=url[:500],
        )
        for url in found
    )


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
