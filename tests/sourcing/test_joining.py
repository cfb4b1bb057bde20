"""Entries a source tells of are joined to those known: nothing is lost, nothing stands twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sourcing.joining import join

NAMES = ("title", "company")
WORDS = st.sampled_from(["", "Dev", "dev", "Lead"])
ENTRY = st.fixed_dictionaries(
    {
        "title": WORDS,
        "company": st.sampled_from(["", "Engines", "ENGINES", "Mills"]),
        "started": st.sampled_from(["", "2018", "2018-04", "2020"]),
        "ended": st.sampled_from(["", "2019", "2021"]),
        "description": st.sampled_from(["", "Wrote the notes.", "Wove."]),
    }
).filter(lambda entry: bool(entry["title"] or entry["company"]))
LISTS = st.lists(ENTRY, max_size=5)


def joined(known: list[dict[str, str]], told: list[dict[str, str]], *, vouched: bool) -> list[dict[str, str]]:
    return [line.says for line in join(known, told, names=NAMES, vouched=vouched, most=200)]


@given(LISTS, LISTS, st.booleans())
def test_no_word_of_ours_is_lost_and_the_same_again_changes_nothing(
    known: list[dict[str, str]], told: list[dict[str, str]], vouched: bool
) -> None:
    lines = join(known, told, names=NAMES, vouched=vouched, most=200)
    kept = [line for line in lines if line.known is not None]
    assert [line.known for line in kept] == list(range(len(known))), "in the order people gave them"
    for line, before in zip(kept, known, strict=True):
        assert all(line.says[name] == value for name, value in before.items() if value)
    once = [line.says for line in lines]
    assert joined(once, told, vouched=vouched) == once


def test_blanks_are_filled_and_other_stints_are_added_where_their_time_is() -> None:
    known = [
        {"title": "Lead", "company": "Engines", "started": "2020", "ended": ""},
        {"title": "Dev", "company": "Mills", "started": "2012", "ended": ""},
    ]
    told = [
        {"title": "lead", "company": "engines", "started": "2020-03", "ended": "2024"},
        {"title": "Dev", "company": "Looms", "started": "2015", "ended": "2019"},
        {"title": "Dev", "company": "Mills", "started": "2008", "ended": "2009"},
    ]
    assert joined(known, told, vouched=False) == [
        {"title": "Lead", "company": "Engines", "started": "2020", "ended": "2024"},
        told[1],
        {"title": "Dev", "company": "Mills", "started": "2012", "ended": ""},
        told[2],
    ]


def test_what_contradicts_stands_beside_ours_above_it_where_it_is_vouched_for() -> None:
    ours = {"title": "Lead", "company": "Engines", "started": "2020", "ended": "2022"}
    theirs = {**ours, "ended": "2024"}
    assert joined([ours], [theirs], vouched=False) == [ours, theirs]
    assert joined([ours], [theirs], vouched=True) == [theirs, ours]
    assert joined([], [theirs, ours], vouched=True) == [ours, theirs], (
        "the same stint told twice contradicts, too"
    )


def test_no_more_than_the_most_are_kept() -> None:
    told = [{"title": "Dev", "company": f"Mill {number}"} for number in range(5)]
    assert len(join(told[:2], told, names=NAMES, vouched=False, most=3)) == 3
