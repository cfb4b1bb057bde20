"""What a résumé says: measured on the corpus, and never more than stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing.normalising import clean_text
from sourcing.resumes.dates import span_in
from sourcing.resumes.proposing import from_json, propose
from sourcing.resumes.vocabulary import HEADINGS
from tests.sourcing.resumes import measuring
from tests.sourcing.resumes.corpus import CORPUS

DOCS = Path(__file__).resolve().parents[3] / "docs" / "resumes.md"
#: Below this a change has made the reader worse: (precision, recall).
LEAST = {"name": (0.95, 0.95), "title": (0.9, 0.9), "company": (0.9, 0.9), "degree": (0.95, 0.95)}

_PIECES = st.sampled_from(
    [heading for headings in HEADINGS.values() for heading in headings]
    + [
        "2019 - 2020",
        "03/2021 – heute",
        "- did",
        "Engineer, Acme GmbH",
        "Anna Keller",
        "a@b.example",
        "\t",
        "\n",
        "\n\n",
    ]
    + [
        "+49 151 2345678",
        "seit 2018",
        "University of X",
        "BSc",
        "linkedin.com/in/x",
        "Name: Bo Li",
        "\u202e",
        "\u200b",
        "👩‍💻",
    ]
)


def test_the_corpus_is_read_as_well_as_the_documentation_says() -> None:
    assert len(CORPUS) >= 25
    assert measuring.table() in DOCS.read_text()
    for field, (precision, recall) in measuring.measured().items():
        least = LEAST.get(field, (0.98, 0.98))
        assert (precision, recall) >= least
        assert recall >= least[1], field


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=40), max_size=30).map("\n".join))
def test_nothing_is_proposed_that_does_not_stand_in_the_line_it_names(text: str) -> None:
    found = propose(text, is_place=lambda part: len(part) % 2 == 0)
    lines = [clean_text(line, limit=2000) for line in text.split("\n")]
    single = [one for one in (found.name, found.location) if one]
    for one in [*single, *found.emails, *found.phones, *found.links, *found.skills]:
        assert clean_text(one.value) in lines[one.line]
    whole = " ".join(lines)
    for entry in [*found.experience, *found.education]:
        for name, value in entry.values.items():
            if name in ("started", "ended"):
                assert value[:4] in whole
            elif name != "description":
                assert clean_text(value) in whole
    assert from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("line", "started", "ended"),
    [
        ("03/2021 – heute", "2021-03", ""),
        ("since April 2019", "2019-04", ""),
        ("de septembre 2018 à mars 2020", "2018-09", "2020-03"),
        ("enero de 2018 hasta la actualidad", "2018-01", ""),
        ("2012 bis 2018", "2012", "2018"),
        ("Sept. 2010 to Dec 2011, Berlin", "2010-09", "2011-12"),
        ("2019-06 - 2020-01", "2019-06", "2020-01"),
        ("12.2015 - 01.2016", "2015-12", "2016-01"),
    ],
)
def test_spans_of_time_are_understood(line: str, started: str, ended: str) -> None:
    span = span_in(line)
    assert span is not None
    assert (span.started, span.ended) == (started, ended)


@pytest.mark.parametrize("line", ["", "Room 2019", "+49 2019 2020", "Quarter 2019 - something", "x" * 10_000])
def test_what_is_no_span_of_time_is_none(line: str) -> None:
    assert span_in(line) is None


@pytest.mark.parametrize("text", ["", "\0", "a" * 100_000, "\n" * 10_000, "1" * 5000, "@" * 5000, "(" * 3000])
def test_odd_texts_give_an_empty_proposal(text: str) -> None:
    found = propose(text)
    assert (found.name, found.emails, found.experience) == (None, [], [])


def test_somebody_called_like_a_town_does_not_live_there() -> None:
    towns = {"Carmen Ortega", "Valencia"}
    found = propose("Carmen Ortega\nValencia\ncarmen@mail.example", is_place=towns.__contains__)
    assert found.name is not None
    assert found.location is not None
    assert (found.name.value, found.location.value) == ("Carmen Ortega", "Valencia")
