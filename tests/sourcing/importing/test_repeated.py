from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sourcing.importing.repeated import components, merge_person, person_of, same_people
from sourcing.importing.rows import parse_row
from sourcing.matching import DEFAULT, Key, Person, Rule


def line(keys: str, first_name: str = "", last_name: str = "") -> Person:
    """``"l:x e:a"``: a LinkedIn profile and an address."""
    found = [key.partition(":")[::2] for key in keys.split()]
    return Person(
        first_name=first_name,
        last_name=last_name,
        emails=[f"{value}@x.example" for kind, value in found if kind == "e"],
        phones=[f"+4915155501{value}" for kind, value in found if kind == "p"],
        profiles=[f"linkedin.com/in/{value}" for kind, value in found if kind == "l"],
    )


def test_a_later_line_fills_blanks_and_adds_addresses_but_changes_nothing() -> None:
    first = parse_row(["Jo", "", "a@x.example"], {0: "first_name", 1: "title", 2: "email"}).person
    later = parse_row(["Joe", "CTO", "b@x.example"], {0: "first_name", 1: "title", 2: "email"}).person
    merged = merge_person(first, later)
    assert (merged["first_name"], merged["title"]) == ("Jo", "CTO")
    assert [email[1] for email in merged["emails"]] == ["a@x.example", "b@x.example"]


def test_a_row_is_matched_by_all_that_it_says() -> None:
    header = {
        0: "full_name",
        1: "email",
        2: "phone",
        3: "linkedin",
        4: "company",
        5: "company:2",
        6: "school",
    }
    cells = ["Jo Lehner", "A@x.example", "+49 151 5550100", "linkedin.com/in/Jo", "Voltra", "Fjell", "MIT"]
    assert person_of(parse_row(cells, header).person) == Person(
        first_name="Jo",
        last_name="Lehner",
        emails=["a@x.example"],
        phones=["+491515550100"],
        profiles=["linkedin.com/in/jo"],
        company="Voltra",
        companies=["Voltra", "Fjell"],
        schools=["MIT"],
    )


def test_lines_are_one_person_over_any_number_of_steps() -> None:
    rows = [(2, line("e:a")), (3, line("l:x")), (4, line("l:x e:a")), (5, line("e:b"))]
    assert same_people(rows, DEFAULT) == {3: 2, 4: 2}


def test_two_profiles_are_two_people_whatever_address_they_share() -> None:
    rows = [(2, line("l:x e:hansen")), (3, line("l:y e:hansen")), (4, line("e:hansen"))]
    assert same_people(rows, DEFAULT) == {4: 2}


def test_a_couple_with_one_address_stays_two_people_and_each_line_finds_its_own() -> None:
    rows = [
        (2, line("e:a", "Ida", "Hansen")),
        (3, line("e:a", "Bo", "Berg")),
        (4, line("e:a", "Bo", "Berg")),
        (5, line("e:a", "I.", "Hansen")),
    ]
    assert same_people(rows, DEFAULT) == {4: 3, 5: 2}


def test_an_address_of_a_team_joins_nobody() -> None:
    assert same_people([(2, line("e:jobs", "Ida", "H")), (3, line("e:jobs", "Ida", "H"))], DEFAULT) == {}


def test_a_profile_is_one_persons_whatever_the_name() -> None:
    assert same_people([(2, line("l:x", "Ida", "H")), (3, line("l:x", "Wei", "Chen"))], DEFAULT) == {3: 2}


def test_a_number_joins_lines_only_where_numbers_decide() -> None:
    rows = [(2, line("p:00", "Ida", "Hansen")), (3, line("p:00", "Ida", "Hansen"))]
    assert same_people(rows, DEFAULT) == {}
    assert same_people(rows, Rule(frozenset({Key.PHONE}))) == {3: 2}


def test_one_address_on_very_many_lines_is_not_compared_with_all_of_them() -> None:
    rows = [(number, line("e:a", f"F{number:04d}x", f"L{number * 7_919}")) for number in range(2, 3_000)]
    assert len(same_people([*rows, (3_000, rows[0][1])], DEFAULT)) >= 1


KEYS = st.lists(
    st.lists(st.sampled_from(["l:1", "l:2", "l:3", "e:a", "e:b", "e:c", "e:d"]), max_size=3, unique=True)
)


@given(KEYS)
def test_joined_lines_point_straight_at_an_earlier_line_and_never_mix_profiles(keys: list[list[str]]) -> None:
    rows = [
        (
            number,
            [key for key in row if key.startswith("l:")][:1] + [key for key in row if key.startswith("e:")],
        )
        for number, row in enumerate(keys, 2)
    ]
    leaders = same_people(((number, line(" ".join(row))) for number, row in rows), DEFAULT)
    profiles: dict[int, set[str]] = {}
    for number, row in rows:
        leader = leaders.get(number, number)
        assert leader not in leaders
        assert leader <= number
        profiles.setdefault(leader, set()).update(key for key in row if key.startswith("l:"))
    assert all(len(found) <= 1 for found in profiles.values())


@given(KEYS)
def test_no_two_people_of_a_file_share_a_profile(keys: list[list[str]]) -> None:
    rows = [(number, sorted(row, reverse=True)[:1]) for number, row in enumerate(keys, 2)]
    leaders = same_people(((number, line(" ".join(row))) for number, row in rows), DEFAULT)
    owners = [
        (key, leaders.get(number, number)) for number, row in rows for key in row if key.startswith("l:")
    ]
    assert len({key for key, _ in owners}) == len(set(owners))


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_what_hangs_together_is_found_whole(edges: list[tuple[int, int]]) -> None:
    groups = [set(group) for group in components(edges)]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert all(len(group) > 1 for group in groups)
    for one, two in edges:
        assert one == two or any({one, two} <= group for group in groups)
    for group in groups:
        assert not any(edge for edge in edges if len(group.intersection(edge)) == 1 and edge[0] != edge[1])
