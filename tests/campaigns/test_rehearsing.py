"""``manage.py explain_timing``: the minutes of a whole sequence, by the code that sends."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rehearsing import answer

QUESTION: dict[str, Any] = {
    "start": "2026-11-23T08:00:00+01:00",
    "zone": "Europe/Berlin",
    "preference": "best_time",
    "at": None,
    "days": [0, 2, 3],
    "allowed_days": None,
    "holidays": [],
    "grace": 20,
    "seed": "9f2c",
}


def ask(**more: Any) -> dict[str, Any]:
    return answer(json.dumps(QUESTION | more))


def steps(**more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(**more)["steps"]
    return found


def test_a_morning_start_leaves_when_the_grace_has_ended_and_later_steps_around_that_clock_time():
    first, second, third = steps()
    assert first == {
        "step": 1,
        "utc": "2026-11-23T07:20:00Z",
        "local": "2026-11-23T08:20:00+01:00",
        "rule": "best_time/morning",
        "moved": [],
    }
    assert [second["local"][:10], third["local"][:10]] == ["2026-11-25", "2026-11-28"]
    for step in (second, third):
        away = datetime.fromisoformat(step["local"]).replace(tzinfo=None) - datetime.fromisoformat(
            f"{step['local'][:10]}T08:20:00"
        )
        assert abs(away) <= timedelta(minutes=20)
        assert step["rule"] == "best_time/morning"


@pytest.mark.parametrize(
    ("preference", "start", "rule"),
    [
        ("best_time", "2026-11-23T05:59:00+01:00", "best_time/overnight"),
        ("best_time", "2026-11-23T06:00:00+01:00", "best_time/morning"),
        ("best_time", "2026-11-23T10:00:00+01:00", "best_time/day"),
        ("best_time", "2026-11-23T19:00:00+01:00", "best_time/overnight"),
        ("specific_time", "2026-11-23T06:00:00+01:00", "specific_time"),
        ("when_started", "2026-11-23T06:00:00+01:00", "when_started"),
    ],
)
def test_every_branch_has_its_name(preference, start, rule):
    assert {step["rule"] for step in steps(preference=preference, at="09:00", start=start)} == {rule}


def test_what_moved_a_step_is_told_in_a_fixed_order():
    friday = {"start": "2026-03-27T18:00:00+01:00", "days": [0, 1], "allowed_days": [1, 2, 3, 4, 5]}
    assert steps(**friday)[1]["moved"] == ["weekday"]
    assert steps(**friday, holidays=["2026-03-30"])[1]["moved"] == ["weekday", "holiday"]
    assert steps(**friday, holidays=["2026-03-30"])[1]["local"].startswith("2026-03-31")


def test_a_wall_time_that_did_not_exist_is_told():
    (first,) = steps(preference="specific_time", at="02:30", start="2026-03-29T01:00:00+01:00", days=[0])
    assert first["moved"] == ["dst"]
    assert first["local"].startswith("2026-03-29T03:")


def test_a_date_that_did_not_exist_is_told():
    """Apia went from 29 to 31 December 2011."""
    _, second = steps(
        zone="Pacific/Apia", preference="when_started", start="2011-12-29T12:00:00-10:00", days=[0, 1]
    )
    assert second["moved"] == ["dst"]
    assert second["local"].startswith("2011-12-31")


def test_a_step_that_the_jitter_carries_into_a_closed_day_says_so():
    """T at 23:45: the real date decides, and here it is a Saturday for some seeds."""
    friday = {"start": "2026-11-27T12:00:00+01:00", "preference": "specific_time", "at": "23:45", "days": [0]}
    found = [steps(**friday, allowed_days=[1, 2, 3, 4, 5], seed=str(seed))[0] for seed in range(40)]
    moved = [step for step in found if step["moved"]]
    assert moved
    assert all(step["moved"] == ["weekday"] and step["local"] > "2026-11-30" for step in moved)
    assert all(step["local"].startswith("2026-11-27") for step in found if not step["moved"])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"start": "2026-11-23T08:00:00"}, "offset"),
        ({"start": None}, "start"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"zone": "Europe"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": 3}, "zone"),
        ({"preference": "soon"}, "preference"),
        ({"preference": ["best_time"]}, "preference"),
        ({"preference": "specific_time"}, "at"),
        ({"preference": "specific_time", "at": "09:07"}, "quarters"),
        ({"preference": "specific_time", "at": "25:00"}, "at"),
        ({"days": []}, "days"),
        ({"days": [1]}, "0"),
        ({"days": [0, 0]}, "day"),
        ({"days": [0, True]}, "days"),
        ({"days": "soon"}, "days"),
        ({"days": [0] + [1] * 2000}, "steps"),
        ({"allowed_days": [0]}, "allowed_days"),
        ({"allowed_days": [6], "holidays": "x"}, "holidays"),
        ({"holidays": ["25.12."]}, "holidays"),
        ({"grace": 121}, "grace"),
        ({"grace": 2.5}, "grace"),
        ({"start": "9999-12-31T23:00:00Z"}, "9999"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "9999"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(wrong, word):
    found = ask(**wrong)
    assert list(found) == ["error"]
    assert word in found["error"]


@pytest.mark.parametrize("line", ["", "x", "[]", "3", "null", "{", "[" * 100_000, '"\\ud800"'])
def test_a_line_that_is_no_question_is_an_error(line):
    assert list(answer(line)) == ["error"]


def test_a_misspelt_field_is_named():
    assert ask(alowed_days=[1])["ignored"] == ["alowed_days"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(QUESTION)),
)
def test_no_value_of_any_field_raises(value, field):
    found = answer(json.dumps(QUESTION | {field: value}))
    assert set(found) in ({"steps"}, {"error"})


def test_the_command_answers_line_by_line(tmp_path: Path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text(f"{json.dumps(QUESTION)}\n\nno json\n{json.dumps(QUESTION)}\n")
    out = io.StringIO()
    call_command("explain_timing", str(questions), stdout=out)
    first, second, third = [json.loads(line) for line in out.getvalue().splitlines()]
    assert first == third == {"steps": steps()}
    assert "error" in second
