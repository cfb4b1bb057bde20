"""Which company of CATS a contact belongs to: the one of that name, a new one, or a question to a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.base.errors import Rejected
from integrations.base.fields import text
from integrations.base.records import Company
from integrations.vendors.cats import assumed
from integrations.vendors.cats.client import CatsClient, made_id
from integrations.vendors.cats.fields import CUSTOM
from integrations.vendors.cats.fields import custom as custom_fields
from integrations.vendors.cats.lists import walk

#: Words that say what kind of company it is, not which.
_LEGAL_FORMS = frozenset({
    "ag", "bv", "co", "company", "corp", "corporation", "gmbh", "group", "holding", "holdings", "inc",
    "incorporated", "kg", "limited", "llc", "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl", "se",
    "spa", "srl", "the",
})  # fmt: skip
_SHOWN = 5


def search(client: CatsClient, name: str) -> tuple[Company, ...]:
    """Companies that CATS finds for a name, with what tells them apart."""
    found = list(walk(client, "/companies/search", "companies", params={"query": name}, most_pages=1))
    labels = _custom_labels(client) if any(_custom_rows(row) for row in found) else {}
    return tuple(
        Company(external_id=text(row.get("id", "")), name=_name(row), hints=hints(row, labels))
        for row in found
    )


def hints(row: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, str]:
    """Website, phone, address and custom fields of a company by their labels; only those that say something."""
    told = {
        "Website": _word(row.get("website")),
        "Phone": _first(row.get("phones")),
        "Address": ", ".join(_words(row.get("address"))),
        "Country": _word(row.get("country_code")),
    }
    for one in _custom_rows(row):
        label = labels.get(f"{CUSTOM}{_word(one.get('id'))}", "")
        if label:
            told[label] = ", ".join(_words(one.get("value")))
    return {label: words for label, words in told.items() if words}


def settle(client: CatsClient, name: str, *, owner_id: str) -> str:
    """The id of the company of this name, made with ``owner_id`` if CATS knows none.

    Exactly one of the name is it. Several of the name, or only similar names, are for a person to tell apart: Rejected,
    with the field ``company``.
    """
    found = search(client, name)
    same = [company for company in found if _spelling(company.name) == _spelling(name)]
    if len(same) == 1:
        return same[0].external_id
    alike = same or [company for company in found if kin(company.name) == kin(name)]
    if alike:
        raise _undecided(name, alike)
    body = {"name": name, "owner_id": int(owner_id)}
    params = {"check_duplicate": assumed.CHECK_DUPLICATE_COMPANIES}
    try:
        return made_id(client.post("/companies", body=body, params=params, empty=True))
    except Rejected as error:
        raise Rejected(f"CATS did not make the company: {error}", fields={"company": str(error)}) from error


def kin(name: str) -> frozenset[str]:
    """The words of a company's name that say which it is; two with the same are look-alikes."""
    words = frozenset(re.findall(r"\w+", name.casefold()))
    return words - _LEGAL_FORMS or words


def _undecided(name: str, alike: Sequence[Company]) -> Rejected:
    listed = ", ".join(f"{company.name} ({company.external_id})" for company in alike[:_SHOWN])
    more = f" and {len(alike) - _SHOWN} more" if len(alike) > _SHOWN else ""
    words = (
        f"CATS has {'several companies' if len(alike) > 1 else 'a company'} like “{name}”: {listed}{more}. "
        "Fill in “Company id in CATS” with the right one, then retry."
    )
    return Rejected(words, fields={"company": words})


def _spelling(name: str) -> str:
    return " ".join(name.casefold().split())


def _custom_labels(client: CatsClient) -> dict[str, str]:
    return {field.key: field.label for field in custom_fields(client, "company", users=())}


def _custom_rows(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    embedded = row.get("_embedded")
    found = embedded.get("custom_fields") if isinstance(embedded, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _name(row: Mapping[str, Any]) -> str:
    return _word(row.get("name")) or _word(row.get("id"))


def _first(found: Any) -> str:
    if isinstance(found, list):
        found = {str(place): one.get("number") for place, one in enumerate(found) if isinstance(one, Mapping)}
    return next(iter(_words(found)), "") if isinstance(found, Mapping) else _word(found)


def _words(value: Any) -> list[str]:
    many = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return [word for word in map(_word, many) if word]


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
