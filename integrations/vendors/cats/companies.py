"""Companies of CATS: looked for by name, told apart by what they say of themselves, made with an owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.base.errors import Rejected
from integrations.base.fields import text
from integrations.base.records import Company, Option
from integrations.vendors.cats import assumed, fields
from integrations.vendors.cats.client import CatsClient, made_id
from integrations.vendors.cats.fields import CUSTOM
from integrations.vendors.cats.lists import walk

#: What every company may say; its custom fields come behind.
STANDARD = (
    Option(id="website", label="Website"),
    Option(id="phone", label="Phone"),
    Option(id="address", label="Address"),
    Option(id="country_code", label="Country"),
)


def search(client: CatsClient, name: str) -> tuple[Company, ...]:
    """Companies that CATS finds for a name, the oldest (lowest number) first, with what tells them apart."""
    rows = walk(client, "/companies/search", "companies", params={"query": name}, most_pages=1)
    found = [Company(external_id=text(row.get("id", "")), name=_name(row), hints=hints(row)) for row in rows]
    return tuple(sorted(found, key=lambda one: (len(one.external_id), one.external_id)))


def list_fields(client: CatsClient) -> tuple[Option, ...]:
    """Website, phone, address, country, and the custom fields the account gives its companies."""
    custom = fields.custom(client, "company", users=())
    return (*STANDARD, *(Option(id=field.key, label=field.label) for field in custom))


def hints(row: Mapping[str, Any]) -> dict[str, str]:
    """What a company says of itself by the ids of :func:`list_fields`; only what says something."""
    told = {
        "website": _word(row.get("website")),
        "phone": _first(row.get("phones")),
        "address": ", ".join(_words(row.get("address"))),
        "country_code": _word(row.get("country_code")),
    }
    for one in _custom_rows(row):
        if number := _word(one.get("id")):
            told[f"{CUSTOM}{number}"] = ", ".join(_words(one.get("value")))
    return {key: words for key, words in told.items() if words}


def make(client: CatsClient, name: str, *, owner_id: str, acting_as: str) -> Company:
    """Make a company with an owner. Raises Rejected with the field ``company`` when CATS calls it a duplicate."""
    owner = fields.owner(client, chosen=owner_id, acting_as=acting_as, of="company")
    body = {"name": name, "owner_id": int(owner)}
    params = {"check_duplicate": assumed.CHECK_DUPLICATE_COMPANIES}
    try:
        number = made_id(client.post("/companies", body=body, params=params, empty=True))
    except Rejected as error:
        raise Rejected(f"CATS did not make the company: {error}", fields={"company": str(error)}) from error
    return Company(external_id=number, name=name)


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
