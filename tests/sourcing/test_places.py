from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import gazetteer
from sourcing import places


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    gazetteer.build()


@pytest.mark.parametrize(
    ("text", "name", "country", "zone"),
    [
        ("Berlin", "Berlin", "DE", "Europe/Berlin"),
        ("Berlin, DE", "Berlin", "DE", "Europe/Berlin"),
        ("Germany, Berlin", "Berlin", "DE", "Europe/Berlin"),
        ("10115 Berlin", "Berlin", "DE", "Europe/Berlin"),
        ("Berlin (Remote)", "Berlin", "DE", "Europe/Berlin"),
        ("Greater Boston Area", "Boston", "US", "America/New_York"),
        ("San Francisco Bay Area", "San Francisco", "US", "America/Los_Angeles"),
        ("Munich Metropolitan Area", "Munich", "DE", "Europe/Berlin"),
        ("München, Deutschland", "Munich", "DE", "Europe/Berlin"),
        ("Genève, Suisse", "Geneva", "CH", "Europe/Zurich"),
        ("Москва", "Moscow", "RU", "Europe/Moscow"),
        ("東京", "Tokyo", "JP", "Asia/Tokyo"),
        ("NYC", "New York City", "US", "America/New_York"),
        ("New York, NY", "New York City", "US", "America/New_York"),
        ("Washington, D.C.", "Washington", "US", "America/New_York"),
        ("Paris, TX", "Paris", "US", "America/Chicago"),
        ("Paris", "Paris", "FR", "Europe/Paris"),
        ("Dublin, CA", "Dublin", "US", "America/Los_Angeles"),
        ("Toronto, CA", "Toronto", "CA", "America/Toronto"),
        ("Perth, WA", "Perth", "AU", "Australia/Perth"),
        ("St. Louis, MO", "St. Louis", "US", "America/Chicago"),
        ("Bengaluru, Karnataka, India", "Bengaluru", "IN", "Asia/Kolkata"),
        ("UK - London", "London", "GB", "Europe/London"),
        ("Singapore, Singapore", "Singapore", "SG", "Asia/Singapore"),
        ("Remote – UK", "United Kingdom", "GB", "Europe/London"),
        ("Bavaria, Germany", "Bavaria", "DE", "Europe/Berlin"),
        ("Georgia, USA", "Georgia", "US", "America/New_York"),
        ("Tbilisi, Georgia", "Tbilisi", "GE", "Asia/Tbilisi"),
        ("Mexico", "Mexico", "MX", ""),
        ("U.S.A.", "United States", "US", ""),
    ],
)
def test_what_recruiters_write_is_a_place(text: str, name: str, country: str, zone: str) -> None:
    place = places.locate(text)
    assert place is not None
    assert (place.name, place.country, place.zone) == (name, country, zone)


@pytest.mark.parametrize(
    "text", ["", "   ", "Remote", "Earth", "🙂", "\u200b", "Hybrid / remote", "&&&&", "%%"]
)
def test_what_names_no_place_is_none(text: str) -> None:
    assert places.locate(text) is None
    assert places.columns_for(text) == {
        "place_id": None,
        "latitude": None,
        "longitude": None,
        "time_zone": "",
        "place_confidence": 0,
    }


def test_the_more_is_said_the_surer_it_is() -> None:
    def sure(text: str) -> int:
        return places.columns_for(text)["place_confidence"]

    assert sure("Cambridge, England, United Kingdom") > sure("Cambridge")
    assert sure("Berlin, Germany") > sure("Berlin") > sure("Greater Berlin Area")
    assert sure("Berlin") > sure("Bavaria, Germany") > sure("Germany")
    assert sure("Springfield, Narnia") < sure("Springfield")


def test_a_town_that_is_not_in_the_country_named_gives_way_to_the_country() -> None:
    place = places.locate("Berlin, France")
    assert place is not None
    assert (place.name, place.latitude) == ("France", None)


def test_nobody_in_a_country_is_near_its_capital() -> None:
    place = places.locate("Germany")
    assert place is not None
    assert (place.latitude, place.longitude, place.zone) == (None, None, "Europe/Berlin")


def test_towns_around_a_town_are_those_within_the_distance() -> None:
    berlin, potsdam, hamburg = (places.locate(name) for name in ("Berlin", "Potsdam", "Hamburg"))
    assert berlin
    assert potsdam
    assert hamburg
    near = places.within(berlin.id, 50)
    assert near[0] == berlin.id
    assert potsdam.id in near
    assert hamburg.id not in near
    assert hamburg.id in places.within(berlin.id, 300)
    assert places.within(berlin.id, 0)[0] == berlin.id


def test_a_country_holds_all_its_towns() -> None:
    germany, berlin, paris = (places.locate(name) for name in ("Germany", "Berlin", "Paris"))
    assert germany
    assert berlin
    assert paris
    inside = places.within(germany.id, 1)
    assert inside[0] == germany.id
    assert berlin.id in inside
    assert paris.id not in inside


def test_an_unknown_id_has_nothing_around_it() -> None:
    assert places.within(-999_999, 100) == []
    assert places.by_id(-999_999) is None


def test_suggestions_begin_with_what_is_typed_the_largest_first() -> None:
    assert [place.name for place in places.suggest("berl", 1)] == ["Berlin"]
    assert places.suggest("Mün", 1)[0].name == "Munich"
    assert places.suggest("san f", 1)[0].name == "San Francisco"
    assert places.suggest("b") == []
    assert places.suggest("%") == []
    assert len(places.suggest("sa", 7)) == 7


def test_distances_are_those_of_an_atlas() -> None:
    assert places.kilometres((52.524, 13.411), (48.137, 11.575)) == pytest.approx(504, abs=5)
    assert places.kilometres((0, 0), (0, 180)) == pytest.approx(20_015, abs=5)


@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    place = places.locate(text)
    assert place is None or (0 < place.confidence < 100 and len(place.country) == 2)


@given(
    st.sampled_from(["Berlin", "Paris, TX", "Munich", "Lisboa", "Kyiv"]),
    st.sampled_from([str.upper, str.lower]),
)
def test_case_and_spaces_change_nothing(text: str, change) -> None:
    assert places.locate(f"  {change(text)} ") == places.locate(text)


@given(
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)
def test_a_way_is_as_long_as_the_way_back(one, other) -> None:
    assert places.kilometres(one, other) == pytest.approx(places.kilometres(other, one))
    assert 0 <= places.kilometres(one, other) <= 20_016


def test_the_file_is_built_once() -> None:
    assert gazetteer.build() is False


def test_without_the_file_nothing_is_located(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(places, "FILE", tmp_path / "none.sqlite3")
    monkeypatch.setattr(places, "_opened", places._Opened())
    places._locate.cache_clear()
    assert places.locate("Berlin") is None
    assert places.suggest("berlin") == []
    places._locate.cache_clear()
