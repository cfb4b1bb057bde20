"""The variables a text may use: one table for the editor, the lint, the preview and the renderer. Pure.

An organisation's own fields of a person join it as ``custom_<key>`` (:func:`of_custom_field`). Where the values come
from is ``outreach.filling``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class About(StrEnum):
    """Whom a variable is about; the heading it stands under in the editor."""

    PERSON = "Person"
    COMPANY = "Company"
    SENDER = "You"
    PROJECT = "Project"
    CUSTOM = "Your own fields"
    LINK = "Links"


@dataclass(frozen=True)
class Variable:
    """``{{ name }}``. ``fallback`` is what the editor offers after ``default:``; empty: it is never missing."""

    name: str
    label: str
    about: About
    fallback: str = ""

    @property
    def written(self) -> str:
        """As the editor inserts it."""
        if not self.fallback:
            return f"{{{{ {self.name} }}}}"
        return f'{{{{ {self.name} | default: "{self.fallback}" }}}}'


_TABLE = (
    Variable("first_name", "First name", About.PERSON, "there"),
    Variable("last_name", "Last name", About.PERSON, "…"),
    Variable("full_name", "Full name", About.PERSON, "there"),
    Variable("title", "Job title", About.PERSON, "your role"),
    Variable("headline", "Headline", About.PERSON, "your profile"),
    Variable("location", "Location", About.PERSON, "your area"),
    Variable("school", "School", About.PERSON, "your university"),
    Variable("degree", "Degree", About.PERSON, "your degree"),
    Variable("skill", "First skill", About.PERSON, "your skills"),
    Variable("company", "Company", About.COMPANY, "your company"),
    Variable("previous_company", "Company before", About.COMPANY, "your last company"),
    Variable("sender_name", "Your name", About.SENDER),
    Variable("sender_first_name", "Your first name", About.SENDER),
    Variable("sender_email", "Your e-mail address", About.SENDER),
    Variable("organisation_name", "Your organisation", About.SENDER),
    Variable("project_name", "Project", About.PROJECT, "this role"),
    Variable("unsubscribe_link", "Unsubscribe link", About.LINK),
)
BUILT_IN: Mapping[str, Variable] = {variable.name: variable for variable in _TABLE}
CUSTOM_PREFIX = "custom_"


def of_custom_field(key: str, label: str) -> Variable:
    """The variable of one of the organisation's own fields."""
    return Variable(f"{CUSTOM_PREFIX}{key}", label, About.CUSTOM, "…")


def is_custom(name: str) -> bool:
    """Whether a name is one of an organisation's own."""
    return name.startswith(CUSTOM_PREFIX)


def grouped(known: Mapping[str, Variable]) -> list[tuple[str, list[Variable]]]:
    """For the editor's menu: heading and variables, in the order of :class:`About`."""
    groups = [(str(about), [each for each in known.values() if each.about is about]) for about in About]
    return [(heading, members) for heading, members in groups if members]
