"""A whole sequence of e-mail steps with its minutes, for support: the timing functions, asked from outside. Pure.

Each step is taken as sent when it was planned; no mailbox limit, no sending hours. ``manage.py explain_timing``
reads and writes the lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.timing import DEFAULT_GRACE, Branch, Plan, Preference, Timing, first_send, later_send
from outreach.sending_days import Moved, NoAllowedDay

_RULES: Mapping[Branch, str] = {
    Branch.OVERNIGHT: "best_time/overnight",
    Branch.MORNING: "best_time/morning",
    Branch.DAYTIME: "best_time/day",
    Branch.SPECIFIC: "specific_time",
    Branch.STARTED: "when_started",
}
_MOST_STEPS = 1_000
_KNOWN = frozenset(("start", "zone", "preference", "at", "days", "allowed_days", "holidays", "grace", "seed"))


class Unclear(ValueError):
    """The question cannot be answered; the text says which part of it and why."""


def rehearse(timing: Timing, *, start: datetime, days: Sequence[int], seed: str) -> list[Plan]:
    """The plan of every step; ``days`` has one N per step, of which the first says nothing.

    Raises ValueError for an N below 1 and where no day is left to send on, OverflowError beyond the year 9999.
    """
    plans = [first_send(timing, start=start, seed=seed, step="1")]
    for number, gap in enumerate(days[1:], start=2):
        plans.append(
            later_send(
                timing,
                branch=plans[0].branch,
                days=gap,
                previous_on=plans[-1].local.date(),
                first_clock=plans[0].clock,
                seed=seed,
                step=str(number),
            )
        )
    return plans


def answer(line: str) -> dict[str, Any]:
    """The answer to one JSON line: ``{"steps": [...]}`` or ``{"error": "…"}``. Never raises.

    Fields it does not know are named in ``"ignored"``: a misspelt one must not pass for one that was obeyed.
    """
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "This line is not JSON."}
    try:
        if not isinstance(question, dict):
            raise Unclear("A question is a JSON object.")
        plans = rehearse(
            _timing(question),
            start=_start(question.get("start")),
            days=_days(question.get("days")),
            seed=str(question.get("seed", "")),
        )
    except NoAllowedDay:
        return {"error": "allowed_days and holidays leave no day to send on."}
    except OverflowError:
        return {"error": "The calendar ends with the year 9999."}
    except ValueError as problem:
        return {"error": str(problem)}
    steps = [_told(number, plan) for number, plan in enumerate(plans, start=1)]
    ignored = sorted(set(question) - _KNOWN)
    return {"steps": steps, "ignored": ignored} if ignored else {"steps": steps}


def _told(number: int, plan: Plan) -> dict[str, Any]:
    return {
        "step": number,
        "utc": plan.instant.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "local": plan.local.isoformat(),
        "rule": _RULES[plan.branch],
        "moved": [reason.value for reason in Moved if reason in plan.moved],
    }


def _timing(question: Mapping[str, Any]) -> Timing:
    try:
        preference = Preference(str(question.get("preference")))
    except ValueError:
        raise Unclear(f"preference is one of: {', '.join(Preference.values)}.") from None
    at = question.get("at")
    return Timing(
        preference=preference,
        zone=_zone(question.get("zone")),
        grace=_grace(question.get("grace")),
        at=_clock(at) if preference is Preference.SPECIFIC_TIME else None,
        weekdays=frozenset(day - 1 for day in _whole(question.get("allowed_days"), "allowed_days", 1, 7)),
        holidays=frozenset(_date(day) for day in _list(question.get("holidays"), "holidays")),
    )


def _start(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unclear("start is a moment with its offset, as in 2026-03-28T19:00:00+01:00 (RFC 3339).")
    return moment


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(value) if isinstance(value, str) else ZoneInfo("")
    except (ValueError, LookupError, OSError):
        raise Unclear("zone is a name of the IANA time zone database, as Europe/Berlin.") from None


def _clock(value: object) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value, re.ASCII):
        return time.fromisoformat(value)
    raise Unclear('at is a time as "09:15": specific_time needs one.')


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Unclear("holidays are dates as 2026-12-25.") from None


def _grace(value: object) -> timedelta:
    if value is None:
        return DEFAULT_GRACE
    (minutes,) = _whole([value], "grace", 0, 120)
    return timedelta(minutes=minutes)


def _days(value: object) -> list[int]:
    found = _whole(value, "days", 0, 3_660)
    if not 0 < len(found) <= _MOST_STEPS:
        raise Unclear(f"days has one number for each step, for 1 to {_MOST_STEPS} steps.")
    if found[0] != 0:
        raise Unclear("The first of days is 0: step 1 leaves by the start.")
    return found


def _whole(value: object, name: str, least: int, most: int) -> list[int]:
    found = _list(value, name)
    for number in found:
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise Unclear(f"{name}: whole numbers from {least} to {most}.")
    return found


def _list(value: object, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unclear(f"{name} is a list.")
    return value
