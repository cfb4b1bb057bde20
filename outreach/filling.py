"""Where the values of ``outreach.variables`` come from: person, sender, project, the organisation's own fields."""

from __future__ import annotations

from collections.abc import Mapping, Set

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from outreach.models import Mailbox
from outreach.variables import BUILT_IN, CUSTOM_PREFIX, Variable, of_custom_field
from sourcing import custom_fields
from sourcing.models import Candidate, CustomField, Education, Experience, Project

_BLANK = r"^\s*$"
_OF_ROW = ("first_name", "last_name", "title", "headline", "location", "company")


def variables_of(organisation_id: int) -> dict[str, Variable]:
    """The whole table for one organisation, by name: what is built in, then its own fields in their order."""
    own = [of_custom_field(field.key, field.label) for field in _fields(organisation_id)]
    return {**BUILT_IN, **{variable.name: variable for variable in own}}


def own_names(organisation_id: int) -> frozenset[str]:
    """Names of the organisation's own variables, as ``outreach.rendering`` takes them."""
    return frozenset(f"{CUSTOM_PREFIX}{field.key}" for field in _fields(organisation_id))


def values_for(
    candidate: Candidate,
    *,
    used: Set[str],
    sender: User,
    mailbox: Mailbox | None,
    project: Project | None = None,
) -> dict[str, str]:
    """Name → value of the variables in ``used``; an empty value counts as missing.

    Asks for history and own fields only where the text uses them: most texts cost no query.
    """
    name = mailbox.display_name if mailbox and mailbox.display_name else sender.name
    values = {
        **{field: getattr(candidate, field) for field in _OF_ROW},
        "full_name": f"{candidate.first_name} {candidate.last_name}".strip(),
        "skill": str(candidate.skills[0]) if candidate.skills else "",
        "sender_name": name,
        "sender_first_name": name.split(" ")[0],
        "sender_email": mailbox.address if mailbox else sender.email,
        "project_name": project.name if project else "",
    }
    if "organisation_name" in used and sender.organisation is not None:
        values["organisation_name"] = sender.organisation.name
    if used & {"school", "degree"}:
        values |= _schooling(candidate)
    if "previous_company" in used:
        values["previous_company"] = _previous_company(candidate)
    if any(each.startswith(CUSTOM_PREFIX) for each in used):
        for field in _fields(candidate.organisation_id):
            shown = custom_fields.shown(field.kind, candidate.custom.get(field.key))
            values[f"{CUSTOM_PREFIX}{field.key}"] = shown
    return values


def lacking(people: QuerySet[Candidate], name: str) -> QuerySet[Candidate]:
    """Of ``people`` those for whom the variable ``name`` has no value; nobody for one that is never about a person."""
    if name.startswith(CUSTOM_PREFIX):
        key = name.removeprefix(CUSTOM_PREFIX)
        return people.exclude(custom__has_key=key)
    condition = _conditions().get(name)
    return people.none() if condition is None else people.filter(condition)


def _conditions() -> Mapping[str, Q]:
    """Name → who has no value. Only whatever could be a word counts, as when it is rendered."""
    rows = {field: Q(**{f"{field}__regex": _BLANK}) for field in _OF_ROW}
    schools = Education.unguarded.filter(candidate=OuterRef("pk"))
    earlier = Experience.unguarded.filter(candidate=OuterRef("pk")).exclude(ended="").exclude(company="")
    return {
        **rows,
        "full_name": rows["first_name"] & rows["last_name"],
        "skill": Q(skills=[]),
        "school": Q(~Exists(schools.exclude(school=""))),
        "degree": Q(~Exists(schools.exclude(degree=""))),
        "previous_company": Q(~Exists(earlier)),
    }


def _schooling(candidate: Candidate) -> dict[str, str]:
    """The first school and the first degree on the profile."""
    rows = list(candidate.education.values_list("school", "degree"))
    return {
        "school": next((school for school, _ in rows if school.strip()), ""),
        "degree": next((degree for _, degree in rows if degree.strip()), ""),
    }


def _previous_company(candidate: Candidate) -> str:
    """The newest company of a position that has ended and is not the present one."""
    rows = candidate.experience.exclude(ended="").values_list("company", flat=True)
    return next((name for name in rows if name.strip() and name != candidate.company), "")


def _fields(organisation_id: int) -> list[CustomField]:
    rows = CustomField.objects.for_organisation(organisation_id).filter(archived_at__isnull=True)
    return list(rows.order_by("position", "pk"))
