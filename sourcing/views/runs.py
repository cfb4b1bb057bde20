"""The run tray: what is being done for the viewer in the background, on every page."""

from __future__ import annotations

import datetime
from collections import Counter
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, needs
from foundation import runs
from foundation.models import RUN_ENDS, Run, RunStatus
from foundation.problems import Conflict
from sourcing import slots
from sourcing.views.requests import viewer_of, wants_part

#: Tells htmx to stop polling; a page that starts a run answers "HX-Trigger: runs-changed" to begin again.
STOP_POLLING = 286
#: How long a run that ended stays in the tray, and how many are shown at most.
_STAYS = datetime.timedelta(minutes=1)
_SHOWN = 8
_WORDS = {
    RunStatus.QUEUED: "running",
    RunStatus.RUNNING: "running",
    RunStatus.DONE: "finished",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "cancelled",
}


@require_GET
@needs(Right.CANDIDATE_VIEW)
def tray(request: HttpRequest) -> HttpResponse:
    """The viewer's live runs and those that ended just now; 286 when none is live."""
    viewer = viewer_of(request)
    mine = runs.own(viewer)
    live = list(mine.exclude(status__in=RUN_ENDS).order_by("-pk")[:_SHOWN])
    ended = mine.filter(status__in=RUN_ENDS, ended_at__gt=timezone.now() - _STAYS).order_by("-pk")[:_SHOWN]
    context = {
        "runs": [_shown(run) for run in [*live, *ended][:_SHOWN]],
        "running": len(live),
        "heading": _heading(live or list(ended)),
    }
    return render(request, "ui/tray.html", context, status=200 if live else STOP_POLLING)


@require_POST
@needs(Right.CANDIDATE_VIEW)
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop one of the viewer's own runs; somebody else's is not there. One that has ended stays as it is."""
    viewer = viewer_of(request)
    found = runs.own_for(viewer, run_id)
    # It may have ended between the page and the press; the tray shows how.
    with suppress(Conflict):
        runs.cancel(run_id=found.pk, actor=viewer)
    if wants_part(request, "tray"):
        return tray_again(request)
    return redirect(_page_of(found) or "sourcing:people")


def tray_again(request: HttpRequest) -> HttpResponse:
    """The tray after a press; always with status 200, because htmx swaps it in for the pressed form."""
    request.method = "GET"
    response: HttpResponse = tray(request)
    response.status_code = 200
    return response


def _heading(shown: list[Run]) -> str:
    """One run by its name, several by how they stand: "Import finished", "2 finished, 1 failed"."""
    if len(shown) == 1:
        return f"{_called(shown[0])} {_WORDS[RunStatus(shown[0].status)]}"
    counts = Counter(_WORDS[RunStatus(run.status)] for run in shown)
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _called(run: Run) -> str:
    return next((page.label for page in slots.run_page.all() if page.id == run.kind), "Run")


def _shown(run: Run) -> dict[str, object]:
    """A run as ``ui/run.html`` draws it."""
    return {
        "kind": run.kind,
        "title": run.title,
        "status": run.status,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "note": run.note if not run.ended else _summary(run),
        "problem": run.problem_text,
        "cancel_requested": run.cancel_requested,
        "cancel_url": "" if run.ended else reverse("sourcing:run_cancel", args=[run.pk]),
        "url": _page_of(run),
    }


def _page_of(run: Run) -> str:
    return next((page.url(run) for page in slots.run_page.all() if page.id == run.kind), "")


def _summary(run: Run) -> str:
    text = run.result.get("summary")
    return text if isinstance(text, str) else ""
