"""What an import does to a value that a person we have already has: keep, fill, overwrite or add to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.db import models

from foundation.problems import Invalid
from sourcing.importing.columns import POSITION, SCHOOL


class Policy(models.TextChoices):
    """What happens when both the person and the file say something. People who are new take everything."""

    BLANK = "blank", "Only if blank"
    OVERWRITE = "overwrite", "Overwrite"
    KEEP = "keep", "Keep what is there"
    ADD = "add", "Add to what is there"


TEXTS = ("first_name", "last_name", "headline", "title", "company", "location", "summary")
LISTS = ("skills", "tags")
HISTORY = ("positions", "schools")

_LABELS: Mapping[str, str] = {
    "first_name": "First name",
    "last_name": "Last name",
    "headline": "Headline",
    "title": "Title",
    "company": "Company",
    "location": "Location",
    "summary": "Summary",
    "skills": "Skills",
    "tags": "Tags",
    "positions": "Experience",
    "schools": "Education",
}


def choices(field: str) -> tuple[Policy, ...]:
    """The policies that make sense for ``field``; the first is the one nobody has to choose."""
    if field in LISTS:
        return Policy.BLANK, Policy.ADD, Policy.OVERWRITE, Policy.KEEP
    if field in HISTORY:
        return Policy.BLANK, Policy.ADD, Policy.KEEP
    return Policy.BLANK, Policy.OVERWRITE, Policy.KEEP


def policy_of(policies: Mapping[str, str], field: str) -> Policy:
    """What was chosen for ``field``, *only if blank* without a choice."""
    return Policy(policies.get(field, Policy.BLANK))


def governed(mapping: Iterable[str]) -> list[str]:
    """The fields of a person that a file with these columns may change, in the order of the page.

    Addresses, numbers and profiles are not among them: they are added and never take anything away.
    """
    wanted: set[str] = set()
    for name in mapping:
        field, _, detail = name.partition(":")
        if field == "full_name":
            wanted |= {"first_name", "last_name"}
        elif field == "custom":
            wanted.add(name)
        elif field in SCHOOL:
            wanted.add("schools")
        elif field in POSITION and (detail or field in ("started", "ended")):
            wanted.add("positions")
        elif field in _LABELS:
            wanted.add(field)
    return [*(field for field in _LABELS if field in wanted), *sorted(wanted - set(_LABELS))]


def label(field: str, customs: Mapping[str, str]) -> str:
    """The words for a governed field; ``customs`` are the labels of the organisation's own fields by key."""
    return _LABELS.get(field) or customs.get(re.sub(r"^custom[.:]", "", field), field)


def checked(policies: Mapping[str, str]) -> dict[str, str]:
    """Policies from outside; what nobody has to choose is left out. Raises Invalid for one that makes no sense."""
    for field, policy in policies.items():
        known = field in _LABELS or field.startswith("custom:")
        if not known or policy not in choices(field):
            raise Invalid("Choose from the list what happens to values that are there already.")
    return {field: policy for field, policy in policies.items() if policy != Policy.BLANK}
