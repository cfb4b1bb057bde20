"""The fields of a CATS record: the standard ones, and the custom ones as the account defines them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.base.errors import Rejected
from integrations.base.fields import text
from integrations.base.records import FieldKind, Option, RemoteField, UpdateRule
from integrations.vendors.cats import assumed
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.lists import walk

#: Where each record type lives.
PATHS = {"candidate": "candidates", "contact": "contacts", "company": "companies"}
CUSTOM = "custom:"
ADDRESS = "address."

#: Words of ``field.type`` in a definition → what the field holds. A type unknown here holds a text.
_KINDS = {
    "text": FieldKind.TEXT,
    "textarea": FieldKind.LONG_TEXT,
    "checkbox": FieldKind.YES_NO,
    "date": FieldKind.DATE,
    "dropdown": FieldKind.CHOICE,
    "radio": FieldKind.CHOICE,
    "checkboxes": FieldKind.CHOICES,
    "user": FieldKind.CHOICE,
    "number": FieldKind.NUMBER,
}

_NAMES = (
    RemoteField(key="first_name", label="First name", required=True, default_variable="first_name"),
    RemoteField(key="last_name", label="Last name", required=True, default_variable="last_name"),
)
_REACHED_AT = (
    RemoteField(key="title", label="Title", default_variable="title"),
    RemoteField(key="emails", label="E-mails", kind=FieldKind.EMAILS, default_variable="emails"),
    RemoteField(key="phones", label="Phones", kind=FieldKind.PHONES, default_variable="phones"),
    RemoteField(key="address.street", label="Street"),
    RemoteField(key="address.city", label="City", default_variable="city"),
    RemoteField(key="address.state", label="State", default_variable="region"),
    RemoteField(key="address.postal_code", label="Postal code"),
    RemoteField(key="country_code", label="Country code", longest=2, default_variable="country_code"),
    RemoteField(
        key="social_media_urls",
        label="Social media URLs",
        kind=FieldKind.LINKS,
        default_variable="social_links",
    ),
)
_ON_BOTH = (
    RemoteField(key="is_hot", label="Hot", kind=FieldKind.YES_NO),
    # Written once for good: education goes in here as text, and a later change of ours would wipe it out.
    RemoteField(
        key="notes",
        label="Notes",
        kind=FieldKind.LONG_TEXT,
        default_variable="summary",
        default_rule=UpdateRule.IF_BLANK,
    ),
    RemoteField(key="tags", label="Tags", kind=FieldKind.TEXTS, readable=False, default_variable="tags"),
    RemoteField(
        key="education",
        label="Education (into notes)",
        kind=FieldKind.EDUCATION,
        updatable=False,
        readable=False,
        default_variable="education",
    ),
)
_CANDIDATE = (
    RemoteField(key="middle_name", label="Middle name"),
    RemoteField(key="current_employer", label="Current employer", default_variable="company"),
    RemoteField(key="website", label="Website", kind=FieldKind.LINK, default_variable="website"),
    RemoteField(key="key_skills", label="Key skills", default_variable="skills"),
    RemoteField(
        key="work_history",
        label="Work history",
        kind=FieldKind.EXPERIENCE,
        readable=False,
        default_variable="experience",
    ),
    RemoteField(key="source", label="Source", default_variable="source", default_rule=UpdateRule.PROTECTED),
    RemoteField(key="best_time_to_call", label="Best time to call"),
    RemoteField(key="date_available", label="Date available", kind=FieldKind.DATE),
    RemoteField(key="current_pay", label="Current pay"),
    RemoteField(key="desired_pay", label="Desired pay"),
    RemoteField(key="is_willing_to_relocate", label="Willing to relocate", kind=FieldKind.YES_NO),
    RemoteField(key="is_active", label="Active", kind=FieldKind.YES_NO),
)
_CONTACT = (
    RemoteField(key="company", label="Company", updatable=False, readable=False, default_variable="company"),
    RemoteField(key="company_id", label="Company id in CATS", default_rule=UpdateRule.PROTECTED),
    RemoteField(key="has_left_company", label="Has left the company", kind=FieldKind.YES_NO),
)
_OF_TYPE = {"candidate": _CANDIDATE, "contact": _CONTACT}

#: Keys that are one value of the record's own body, in either record type.
PLAIN = frozenset(
    field.key
    for field in (*_NAMES, *_REACHED_AT, *_ON_BOTH, *_CANDIDATE, *_CONTACT)
    if field.kind not in (FieldKind.EMAILS, FieldKind.PHONES, FieldKind.EXPERIENCE, FieldKind.EDUCATION)
    and field.key not in ("tags", "company")
    and not field.key.startswith(ADDRESS)
) | {"owner_id"}
ADDRESS_KEYS = tuple(field.key for field in _REACHED_AT if field.key.startswith(ADDRESS))
FLAGS = frozenset(
    field.key for field in (*_ON_BOTH, *_CANDIDATE, *_CONTACT) if field.kind is FieldKind.YES_NO
)
#: Plain keys that are ids, numbers in CATS and texts here.
IDS = frozenset({"owner_id", "company_id"})


def standard(record_type: str, *, users: Iterable[Option]) -> tuple[RemoteField, ...]:
    """The fields every account has; ``users`` are the possible owners."""
    owner = RemoteField(
        key="owner_id",
        label="Owner",
        kind=FieldKind.CHOICE,
        options=tuple(users),
        default_rule=UpdateRule.PROTECTED,
    )
    return (*_NAMES, *_REACHED_AT, *_OF_TYPE[record_type], *_ON_BOTH, owner)


def custom(client: CatsClient, record_type: str, *, users: Iterable[Option]) -> tuple[RemoteField, ...]:
    """The custom fields the account defines for a record type now."""
    known = tuple(users)
    found = walk(client, f"/{PATHS[record_type]}/custom_fields", "custom_fields")
    return tuple(definition(row, users=known) for row in found)


def definition(row: Mapping[str, Any], *, users: tuple[Option, ...]) -> RemoteField:
    """One definition as a field. A choice without selections is a text: better written than refused."""
    about = row.get("field")
    about = about if isinstance(about, Mapping) else {}
    word = str(about.get("type") or "")
    kind = _KINDS.get(word, FieldKind.TEXT)
    options = users if word == "user" else _selections(about.get("selections"))
    if kind in (FieldKind.CHOICE, FieldKind.CHOICES) and not options:
        kind = FieldKind.TEXT
    number = text(row.get("id", ""))
    name = row.get("name")
    return RemoteField(
        key=f"{CUSTOM}{number}",
        label=name.strip() if isinstance(name, str) and name.strip() else number,
        kind=kind,
        options=options if kind in (FieldKind.CHOICE, FieldKind.CHOICES) else (),
        custom=True,
    )


def users(client: CatsClient) -> tuple[tuple[Option, str], ...]:
    """The people of the account, each with their e-mail address in lower case, or empty."""
    return tuple(_user(row) for row in walk(client, "/users", "users"))


def owner(client: CatsClient, *, chosen: str, acting_as: str, of: str) -> str:
    """Whom a new record belongs to: the user chosen by id, else the one with the address of whoever acts.

    Raises Rejected when that is nobody; ``of`` says what needs an owner.
    """
    if chosen.isascii() and chosen.isdigit():
        return chosen
    for user, email in users(client):
        if acting_as and email == acting_as.casefold():
            return user.id
    words = f"CATS needs an owner for a {of}. Choose one as “Owner”, then retry."
    raise Rejected(words, fields={"owner_id": words})


def _user(row: Mapping[str, Any]) -> tuple[Option, str]:
    number = text(row.get("id", ""))
    name = " ".join(
        str(row[key]).strip() for key in ("first_name", "last_name") if isinstance(row.get(key), str)
    ).strip()
    emails = (row.get(key) for key in assumed.USER_EMAIL_KEYS)
    email = next((word.strip().lower() for word in emails if isinstance(word, str) and "@" in word), "")
    return Option(id=number, label=name or email or number), email


def _selections(found: Any) -> tuple[Option, ...]:
    labels: list[str] = []
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping):
            one = next((one[key] for key in assumed.SELECTION_KEYS if isinstance(one.get(key), str)), "")
        if isinstance(one, str) and one.strip():
            labels.append(one.strip())
    return tuple(Option(id=label, label=label) for label in dict.fromkeys(labels))
