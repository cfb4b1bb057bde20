"""How much of the corpus is found, and how much of what is found is right, by field; as a module it prints both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sourcing.normalising import normalise_phone
from sourcing.resumes.proposing import Proposal, propose
from tests.sourcing.resumes.corpus import CORPUS, PEOPLE, Person

FIELDS = (
    "name",
    "e-mail",
    "phone",
    "link",
    "place",
    "title",
    "company",
    "dates",
    "degree",
    "school",
    "skill",
)


def is_place(text: str) -> bool:
    """Stands for the gazetteer: the towns of the corpus."""
    towns = {part for person in PEOPLE for part in person.place.split(", ")}
    towns |= {job.place for person in PEOPLE for job in person.jobs}
    return all(part in towns for part in text.split(", "))


def expected(person: Person) -> dict[str, set[str]]:
    return {
        "name": {person.name},
        "e-mail": {person.email},
        "phone": {normalise_phone(person.phone)},
        "link": {person.link},
        "place": {person.place},
        "title": {job.title for job in person.jobs},
        "company": {job.company for job in person.jobs},
        "dates": {f"{job.started}–{job.ended}" for job in person.jobs},
        "degree": {study.degree for study in person.studies},
        "school": {study.school for study in person.studies},
        "skill": set(person.skills),
    }


def given(found: Proposal) -> dict[str, set[str]]:
    def of(entries: Iterable, name: str) -> set[str]:
        return {entry.values[name] for entry in entries if entry.values[name]}

    return {
        "name": {found.name.value} if found.name else set(),
        "e-mail": {one.value for one in found.emails},
        "phone": {normalise_phone(one.value) for one in found.phones},
        "link": {one.value for one in found.links},
        "place": {found.location.value} if found.location else set(),
        "title": of(found.experience, "title"),
        "company": of(found.experience, "company"),
        "dates": {f"{one.values['started']}–{one.values['ended']}" for one in found.experience},
        "degree": of(found.education, "degree"),
        "school": of(found.education, "school"),
        "skill": {one.value for one in found.skills},
    }


def measured(*, show: bool = False) -> dict[str, tuple[float, float]]:
    """Field → (precision, recall) over the corpus; letter case does not count."""
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    proposed: Counter[str] = Counter()
    for person, layout in CORPUS:
        found = given(propose("\n".join(layout(person)), is_place=is_place))
        for field, values in expected(person).items():
            want, got = {value.casefold() for value in values}, {value.casefold() for value in found[field]}
            right[field] += len(want & got)
            wanted[field] += len(want)
            proposed[field] += len(got)
            if show and want != got:
                print(person.name, layout.__name__, field, sorted(want - got), "→", sorted(got - want))  # noqa: T201 - for whoever works on the rules
    return {
        field: (right[field] / max(proposed[field], 1), right[field] / max(wanted[field], 1))
        for field in FIELDS
    }


def table() -> str:
    """The figures as docs/resumes.md shows them."""
    rows = [f"| {field} | {p:.2f} | {r:.2f} |" for field, (p, r) in measured().items()]
    return "\n".join(["| field | precision | recall |", "|---|---|---|", *rows])


if __name__ == "__main__":
    measured(show=True)
    print(table())  # noqa: T201 - run by hand
