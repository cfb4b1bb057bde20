"""What a recipient is called in one campaign only: fields said in the recipient dialogue (seed 002, row B14). Pure.

They change what this campaign writes and nothing else: the profile, other campaigns and searches never see them.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Variable → its label. What is about the sender or the project is not the recipient's.
FIELDS: Mapping[str, str] = {
    "full_name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    "company": "Company",
    "title": "Title",
    "location": "Location",
    "school": "School",
}
LONGEST = 200


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """The overrides to store: known fields, on one line, without the empty ones."""
    found = {}
    for name in FIELDS:
        text = "".join(char if char.isprintable() else " " for char in values.get(name, ""))
        if text := " ".join(text.split())[:LONGEST].strip():
            found[name] = text
    return found


def applied(variables: Mapping[str, str], overrides: Mapping[str, str]) -> dict[str, str]:
    """The variables of a text with the overrides in their place.

    A name said in parts makes the full name too, unless that was said as well; and a full name alone leaves the parts.
    """
    found = {**variables, **overrides}
    if "full_name" not in overrides and {"first_name", "last_name"} & set(overrides):
        found["full_name"] = " ".join(
            part for part in (found.get("first_name", ""), found.get("last_name", "")) if part
        )
    return found
