from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from sourcing.models import SavedSearch, Synonym
from sourcing.search import query, synonyms
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
COLUMN = {"HX-Request": "true", "HX-Target": "filters"}


def body(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, url
    return html.unescape(answer.content.decode())


def test_an_error_stands_under_its_word_and_the_rest_is_searched(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, "Ida", "Hansen")
    text = body(as_alice, "/people/?q=titel:hansen+")
    assert "There is no field “titel”" in text
    text = body(as_alice, "/people/?q=hansen+%28")
    assert "This bracket is not closed." in text
    assert "Ida" in text


def test_what_fitted_is_marked_also_where_the_row_does_not_show_it(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, "Ida", "Hansen", summary="Built the <b>python</b> guild")
    assert "<mark>Hansen</mark>" in body(as_alice, "/people/?q=hansen+")
    raw = as_alice.get("/people/?q=python+").content.decode()
    assert "&lt;b&gt;<mark" in raw
    assert "<b>python" not in raw


def test_the_column_comes_second_and_holds_the_ticked_values(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, title="Nurse")
    page = body(as_alice, "/people/?title=nurse")
    assert 'hx-get="/people/counts/?title=nurse"' in page
    assert 'type="hidden" name="title" value="nurse" form="search"' in page
    column = body(as_alice, "/people/counts/?title=nurse", **COLUMN)
    assert 'name="title" value="nurse" form="search" checked' in column
    assert as_alice.get("/people/counts/?title=nurse").headers["Location"] == "/people/?title=nurse&counts=1"
    assert 'name="title" value="nurse" form="search" checked' in body(
        as_alice, "/people/?title=nurse&counts=1"
    )


def test_an_estimated_total_is_put_right_by_the_counts(
    as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ida", "Ola", "Eli"):
        make_candidate(alice.organisation, name, title="Nurse")
    with monkeypatch.context() as guessing:
        guessed = query.Page(total=query.Total(2_950, exact=False))
        guessing.setattr(query, "people", lambda **_: guessed)
        page = body(as_alice, "/people/?title=nurse")
    assert '<span class="tnum font-medium">≈ 3,000</span>' in page
    assert "Select all ≈ 3,000" in page
    assert "Count exactly" not in page
    column = body(as_alice, "/people/counts/?title=nurse", **COLUMN)
    assert '<span id="total" hx-swap-oob="true"><span class="tnum font-medium">3</span>' in column
    assert 'hx-swap-oob="true" data-bulk-all="3"' in column
    # Without a script the page that has the column says it at once.
    assert '<span id="total"><span class="tnum font-medium">3</span>' in body(
        as_alice, "/people/?title=nurse&counts=1"
    )


def test_other_tables_are_read_only_for_what_the_persons_own_row_does_not_say(
    as_alice: Client, alice: User
) -> None:
    make_candidate(alice.organisation, "Ida", skills=["Kotlin"])
    make_candidate(alice.organisation, "Ola", skills=["Swift"], summary="Swift and Fortran")

    def page(url: str) -> tuple[str, str]:
        with CaptureQueriesContext(connection) as asked:
            text = body(as_alice, url)
        return text, " ".join(query["sql"] for query in asked)

    text, asked = page("/people/?q=kotlin+")
    assert "<mark>Kotlin</mark>" in text
    assert "sourcing_education" not in asked
    text, asked = page("/people/?q=swift+fortran+")
    assert "<mark>Swift</mark> and <mark>Fortran</mark>" in text
    assert "sourcing_education" in asked


@pytest.mark.parametrize(
    "url", ["/people/", "/people/?q=nurse+", "/people/?q=guild+&order=relevance&title=nurse"]
)
def test_a_page_asks_as_often_for_two_people_as_for_twenty(as_alice: Client, alice: User, url: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            as_alice.get(url)
        return len(asked)

    for number in range(2):
        make_candidate(alice.organisation, f"P{number}", title="Nurse", summary="guild")
    as_alice.get(url)
    few = queries()
    for number in range(18):
        make_candidate(
            alice.organisation, f"Q{number}", title="Nurse", summary="guild", skills=[f"S{number}"]
        )
    assert queries() == few


def test_everybody_found_is_the_whole_question(as_alice: Client, alice: User) -> None:
    nurse = make_candidate(alice.organisation, "Ida", title="Nurse")
    make_candidate(alice.organisation, "Cem", title="Cook")
    values = {"everything": "1", "question": "title=nurse", "choose": "1", "name": "Berlin"}
    answer = as_alice.post("/people/to-project/", values)
    assert answer.status_code == 302
    assert list(nurse.memberships.values_list("project__name", flat=True)) == ["Berlin"]
    asked = as_alice.post(
        "/people/to-project/", {"everything": "1", "question": "title=nurse"}
    ).content.decode()
    assert '<span class="tnum font-medium">1</span> person' in asked


def test_a_search_is_saved_opened_changed_and_deleted(as_alice: Client, as_bob: Client, alice: User) -> None:
    make_candidate(alice.organisation, "Ida", title="Nurse")
    answer = as_alice.post(
        "/people/searches/new/", {"name": "Nurses", "shared": "on", "question": "q=nurse+"}
    )
    saved = SavedSearch.objects.for_organisation(alice.organisation_id).get()
    assert answer.headers["Location"] == f"/people/?q=nurse+&saved={saved.pk}"
    assert as_bob.get(saved.url).headers["Location"] == f"/people/?q=nurse+&saved={saved.pk}"
    assert "Nurses" in body(as_bob, "/people/")
    assert as_bob.get(f"{saved.url}edit/").status_code == 404
    as_alice.post(f"{saved.url}edit/", {"name": "Nurses in Berlin", "question": "location=berlin"})
    saved.refresh_from_db()
    assert (saved.name, saved.shared, saved.question["filters"]) == (
        "Nurses in Berlin",
        False,
        {"location": ["berlin"]},
    )
    assert (
        as_alice.post("/people/searches/new/", {"name": "Nurses in Berlin", "question": ""}).status_code
        == 422
    )
    as_alice.post(f"{saved.url}delete/")
    assert not SavedSearch.objects.for_organisation(alice.organisation_id).exists()


def test_suggestions_are_one_press_away(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, "Nuria", "Silva", title="Nurse")
    text = body(as_alice, "/people/suggest/?q=nur")
    assert 'href="/people/?title=nurse"' in text
    assert "Nuria Silva" in text
    assert '<option value="Nurse">' in body(as_alice, "/people/suggest/?kind=title&title=nur")
    assert body(as_alice, "/people/suggest/?kind=secret&secret=x").strip() == ""


def test_admins_keep_the_synonyms(as_alice: Client, as_bob: Client, alice: User) -> None:
    make_candidate(alice.organisation, title="Software Engineer")
    as_alice.post("/people/synonyms/", {"word": "SWE", "same_as": "software engineer"})
    assert (
        as_alice.post("/people/synonyms/", {"word": "software engineer", "same_as": "swe"}).status_code == 422
    )
    assert as_alice.post("/people/synonyms/", {"word": "a", "same_as": "A"}).status_code == 422
    assert "Also “software engineer”" in body(as_bob, "/people/?q=swe")
    assert as_bob.get("/people/synonyms/").status_code == 403
    pair = Synonym.objects.for_organisation(alice.organisation_id).get()
    as_alice.post(f"/people/synonyms/{pair.pk}/remove/")
    assert list(synonyms.of(alice)) == []


@pytest.mark.parametrize(
    "asked",
    [
        "q=" + "%28" * 3000, "q=" + "word+" * 3000, "q=%00%27%22%5C", "q=.*%5B%5D%7B%7D%5E%24",
        "q=%F0%9F%A6%8A", "q=%D8%B9%D9%85%D8%B1", "q=*&nice=%28", "title=" + "x" * 5000, "years=99-1",
        "contacted=9999", "within=1e9&location=x", "project=-1", "order=%00", "fact.x.y=1", "custom.z=..",
        "&".join(f"skill=s{n}" for n in range(300)),
    ],
)  # fmt: skip
def test_nothing_in_an_address_breaks_the_page(as_alice: Client, alice: User, asked: str) -> None:
    make_candidate(alice.organisation)
    assert as_alice.get(f"/people/?{asked}").status_code == 200
    assert as_alice.get(f"/people/counts/?{asked}", headers=COLUMN).status_code == 200
    assert as_alice.get(f"/people/suggest/?{asked}").status_code == 200
    assert as_alice.get(f"/people/total/?{asked}").status_code == 200
    assert as_alice.get(f"/api/v1/candidates/?{asked}").status_code == 200
