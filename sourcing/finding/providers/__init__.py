"""Providers of contact data by slug. A third one is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from foundation.problems import Missing
from sourcing.finding.providers.base import Provider
from sourcing.finding.providers.hunter import Hunter
from sourcing.finding.providers.people_data_labs import PeopleDataLabs

PROVIDERS: Mapping[str, type[Provider]] = {found.slug: found for found in (Hunter, PeopleDataLabs)}


class UnknownProvider(Missing):
    """This version knows no provider of that name."""

    code: ClassVar[str] = "provider_unknown"


def provider_class(slug: str) -> type[Provider]:
    """The class of one slug. Raises :class:`UnknownProvider`."""
    found = PROVIDERS.get(slug)
    if found is None:
        raise UnknownProvider("There is no such provider.")
    return found


def display_name(slug: str) -> str:
    """The provider's name for people; the slug itself for one this version no longer knows."""
    return PROVIDERS[slug].display_name if slug in PROVIDERS else slug
