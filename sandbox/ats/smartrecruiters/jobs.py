"""Jobs, of which the caller sees those that are not hidden from them."""

from __future__ import annotations

from typing import Any

from sandbox.ats.smartrecruiters import accounts
from sandbox.ats.smartrecruiters.call import Call, Failure, limit_of


def job(call: Call, number: str) -> dict[str, Any]:
    """A job the caller sees; Failure otherwise."""
    if number in call.caller.hidden_jobs:
        raise Failure(401, "PERMISSION_DENIED", "No access to this job")
    if number not in accounts.JOBS:
        raise Failure(404, "JOB_NOT_FOUND", "Job not found")
    return accounts.JOBS[number]


def page(call: Call) -> Any:
    """One page of the jobs the caller sees."""
    query = call.request.query
    if query.get("pageId") and query.get("sort") != "job_id":
        raise Failure(400, "INVALID_PAGE_ID", "pageId requires sort=job_id")
    limit = limit_of(query.get("limit", "10"))
    jobs = sorted(
        (each for number, each in accounts.JOBS.items() if number not in call.caller.hidden_jobs),
        key=lambda each: str(each["id"]),
    )
    left = [each for each in jobs if each["id"] > query.get("pageId", "")]
    answer = {"limit": limit, "offset": 0, "totalFound": len(jobs), "content": left[:limit]}
    if len(left) > limit:
        answer["nextPageId"] = left[limit - 1]["id"]
    return answer
