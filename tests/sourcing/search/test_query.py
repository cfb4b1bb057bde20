from __future__ import annotations

import datetime

import pytest
from django.db import connection

from accounts.models import User
from sourcing.models import Candidate, PersonSearch, PersonSearchSample
from sourcing.search import facets, index, query
from sourcing.search.query import Order, Question, Total
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(alice: User) -> list[Candidate]:
    names = [("Zoë", "Ångström"), ("Ana", "Müller"), ("Bo", "Muller"), ("Cem", "Yılmaz"), ("Dana", "Adler")]
    return [
        make_candidate(alice.organisation, first, last, title="Python Developer", company=f"Company {last}")
        for first, last in names
    ]


def every_page(
    viewer: User, *, text: str = "", order: Order = Order.RECENT, size: int = 2
) -> list[Candidate]:
    found: list[Candidate] = []
    after = None
    while True:
        page = query.people(viewer=viewer, text=text, order=order, after=after, size=size)
        found += page.people
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("text", ["", "python"])
def test_pages_show_everybody_once_the_latest_first(alice: User, team: list[Candidate], text: str) -> None:
    assert every_page(alice, text=text) == team[::-1]


@pytest.mark.parametrize("text", ["", "python"])
def test_by_name_an_umlaut_sorts_as_its_letter(alice: User, team: list[Candidate], text: str) -> None:
    found = [person.last_name for person in every_page(alice, text=text, order=Order.NAME)]
    assert found == ["Adler", "Ångström", "Müller", "Muller", "Yılmaz"]


def test_a_walk_and_a_sorted_hit_list_show_the_same(
    alice: User, team: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_hits = every_page(alice, text="python")
    monkeypatch.setattr(query, "EXACT_UP_TO", -1)
    assert every_page(alice, text="python") == sorted_hits


def test_whoever_asks_for_counts_next_does_not_wait_for_the_number(
    alice: User, team: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_WALKABLE", 0)
    question = Question.of("python ", "", (), Order.RECENT)
    first = query.people(viewer=alice, question=question, size=2, counted=False)
    assert first.people == team[:2:-1]
    assert not first.total.exact
    second = query.people(viewer=alice, question=question, size=2, after=first.next, counted=False)
    assert second.people == team[2:0:-1]
    # The walk did not fill the last page: all hits were sorted, and so counted.
    last = query.people(viewer=alice, question=question, size=2, after=second.next, counted=False)
    assert (last.people, last.next, last.total) == (team[:1], None, Total(5, exact=True))
    assert facets.column(viewer=alice, question=question).total == Total(5, exact=True)


def test_the_word_index_is_asked_with_the_organisation(alice: User, team: list[Candidate]) -> None:
    """Its first column is a bigint; for a bare number the planner reads an ordered index of everybody beside it."""
    asked = query.compiled(Question.of("python ", "", (), Order.RECENT), alice)
    where, values = asked.where()
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP INDEX sourcing_search_recent, sourcing_search_name, sourcing_search_years, sourcing_search_contacted"
        )
        query.only(cursor, "bitmapscan")
        cursor.execute(
            f"EXPLAIN SELECT candidate_id FROM sourcing_personsearch WHERE {where}",  # noqa: S608 - ours
            values,
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Bitmap Index Scan on sourcing_search_words" in plan
    assert f"Index Cond: ((organisation_id = '{alice.organisation_id}'::bigint) AND (doc @@" in plan


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("muller", {"Müller", "Muller"}),
        ("ana MÜLL", {"Müller"}),
        ("pyth", {"Ångström", "Müller", "Muller", "Yılmaz", "Adler"}),
        ("pyth dev", set()),
        ("python dev", {"Ångström", "Müller", "Muller", "Yılmaz", "Adler"}),
        ("yilmaz", {"Yılmaz"}),
        ("nobody", set()),
        ("?!", set()),
        ("' & | ! ( :* \\", set()),
    ],
)
def test_every_word_must_occur_and_the_last_may_be_begun(
    alice: User, team: list[Candidate], text: str, found: set[str]
) -> None:
    assert {person.last_name for person in query.people(viewer=alice, text=text).people} == found


def test_an_address_or_a_number_is_found_when_it_is_complete(alice: User) -> None:
    person = make_candidate(
        alice.organisation, emails=["Jonas@Voltra.example"], phones=[("+49 151 5550142", "mobile")]
    )
    for text in ("jonas@voltra.example", " JONAS@voltra.example ", "+49 (0)151 5550142", "+491515550142"):
        assert query.people(viewer=alice, text=text).people == [person]
    assert query.people(viewer=alice, text="jonas@voltra").people == []


def test_people_of_another_organisation_are_in_no_list(
    alice: User, mallory: User, team: list[Candidate]
) -> None:
    assert query.people(viewer=mallory).people == []
    assert query.people(viewer=mallory, text="python").people == []


def test_totals_are_exact_up_to_ten_thousand_and_marked_beyond() -> None:
    assert str(Total(9_999, exact=True)) == "9,999"
    assert str(Total(41_000, exact=False)) == "≈ 41,000"


def test_the_total_counts_all_pages(alice: User, team: list[Candidate]) -> None:
    assert query.people(viewer=alice, size=2).total == Total(5, exact=True)
    assert query.people(viewer=alice, text="python", size=2).total == Total(5, exact=True)


@pytest.mark.parametrize("cursor", ["x", "e30", "WzEsMl0", "WyJ4IiwxXQ", "\x00", "A" * 5000])
def test_a_broken_cursor_is_told_and_breaks_nothing(alice: User, cursor: str) -> None:
    with pytest.raises(query.BadCursor):
        query.people(viewer=alice, after=cursor)


def test_contacting_somebody_moves_them_up(alice: User, team: list[Candidate]) -> None:
    index.contacted([team[0].pk], datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1))
    assert query.people(viewer=alice).people[0] == team[0]


def test_the_sample_holds_two_per_cent_always_the_same() -> None:
    chosen = [number for number in range(1, 100_001) if index.in_sample(number)]
    assert 1_800 <= len(chosen) <= 2_200


def test_a_person_of_the_sample_stands_in_both_tables_alike(alice: User) -> None:
    person = make_candidate(alice.organisation)
    while not index.in_sample(person.pk):
        person = make_candidate(alice.organisation)
    rows = [
        model.objects.for_organisation(alice.organisation_id).values("doc", "sort_name").get(pk=person.pk)
        for model in (PersonSearch, PersonSearchSample)
    ]
    assert rows[0] == rows[1]
