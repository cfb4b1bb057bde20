"""The variables of a person that fields of other systems are mapped to (docs/behaviour.md §8).

A string variable is mapped to at most one remote field, a list variable to several, each social network to its own.
Custom fields of the organisation are string variables too, named ``custom.<key>``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping


class VariableKind(enum.StrEnum):
    """How many remote fields a variable may go to."""

    STRING = "string"
    LIST = "list"
    SOCIAL = "social"


CUSTOM = "custom."

_STRINGS = {
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "headline": "Headline",
    "title": "Current title",
    "company": "Current company",
    "location": "Location",
    "city": "City",
    "region": "State or region",
    "country": "Country",
    "country_code": "Country code",
    "summary": "Summary",
    "email": "Best e-mail",
    "phone": "Best phone",
    "source": "Source",
    "profile_link": "Link to the person in Beckon",
}
_LISTS = {
    "emails": "All e-mails",
    "phones": "All phones",
    "skills": "Skills",
    "tags": "Tags",
    "experience": "Experience",
    "education": "Education",
    "social_links": "All social profiles",
}
_SOCIAL = {
    "behance": "Behance",
    "dribbble": "Dribbble",
    "facebook": "Facebook",
    "github": "GitHub",
    "gitlab": "GitLab",
    "instagram": "Instagram",
    "kaggle": "Kaggle",
    "linkedin": "LinkedIn",
    "medium": "Medium",
    "orcid": "ORCID",
    "scholar": "Google Scholar",
    "stackoverflow": "Stack Overflow",
    "twitter": "X (Twitter)",
    "website": "Website",
    "xing": "XING",
}

#: The networks, each a variable of its own.
SOCIAL = tuple(_SOCIAL)
#: Every variable but custom fields → its words.
LABELS: Mapping[str, str] = {**_STRINGS, **_LISTS, **_SOCIAL}


def kind_of(variable: str) -> VariableKind:
    """How many fields it may be mapped to; custom fields are strings. Raises KeyError for an unknown name."""
    if variable.startswith(CUSTOM) or variable in _STRINGS:
        return VariableKind.STRING
    if variable in _LISTS:
        return VariableKind.LIST
    if variable in _SOCIAL:
        return VariableKind.SOCIAL
    raise KeyError(variable)
