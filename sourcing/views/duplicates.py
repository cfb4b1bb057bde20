"""Pages where people decide who is the same person: likely pairs, side by side, merges to undo, the rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid, Problem
from sourcing import (
    duplicate_scan,
    duplicates,
    matching,
    meeting,
    merging,
    merging_certain,
    merging_columns,
    selectors,
)
from sourcing.forms.duplicates import DuplicateRuleForm
from sourcing.models import Candidate, ContactPoint, DuplicatePair
from sourcing.views.problems import onto_form
from sourcing.views.requests import number, numbers, viewer_of

_SIZE = 25
_UNDO_SHOWN = 10
_LABELS = {"linkedin_key": "LinkedIn profile", "custom": "Custom fields"}
#: What the first letter of a key stands for, where a key is too common to be compared.
KIND_WORDS = {
    "e": "e-mail address",
    "p": "phone number",
    "l": "profile",
    "c": "last name, initial and company",
    "s": "name and school",
    "w": "name and company",
}


@dataclass(frozen=True)
class PairRow:
    """One pair of the list, with the words of its reasons."""

    pair: DuplicatePair
    reasons: list[str]
    url: str

    @property
    def people(self) -> list[Candidate]:
        """Both."""
        return [self.pair.first, self.pair.second]


@dataclass(frozen=True)
class FieldRow:
    """One column of both people. ``joined`` ones are lists that stand together afterwards, not chosen between."""

    name: str
    label: str
    stays: str
    goes: str
    joined: bool

    @property
    def differ(self) -> bool:
        """Whether there is something to choose."""
        return not self.joined and self.stays != self.goes

    @property
    def filled(self) -> bool:
        """The survivor has nothing here: the other's value fills it unless somebody says otherwise."""
        return not self.stays


@require_GET
@needs(Right.CANDIDATE_EDIT)
def index(request: HttpRequest) -> HttpResponse:
    """Pairs nobody decided yet, the surest first; the last look at everybody; merges that can be undone."""
    viewer = viewer_of(request)
    pairs = duplicates.open_pairs(viewer)
    page = keyset(pairs, order=("-score", "-id"), after=request.GET.get("after"), size=_SIZE)
    scan = duplicates.last_scan(viewer)
    context = {
        "page": page,
        "rows": [_row(pair) for pair in page.rows],
        "certain": pairs.filter(certain=True).count(),
        "scan": scan,
        "left_out": [
            f"{count:,} × {KIND_WORDS.get(kind, 'key')}"
            for kind, count in sorted(scan.skipped_kinds.items() if scan else ())
        ],
        "scanning": scan is not None and scan.run is not None and not scan.run.ended,
        "merges": duplicates.merges(viewer)[:_UNDO_SHOWN],
        "block": meeting.BLOCK,
        "may_set_rule": can(viewer, Right.ORGANISATION_EDIT),
        "anybody": selectors.visible_candidates(viewer).exists(),
    }
    return render(request, "sourcing/duplicates.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def merge(request: HttpRequest) -> HttpResponse:
    """Two people side by side: which record stays, which value of each field; POST merges."""
    viewer = viewer_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    try:
        stays, goes = (_person(viewer, asked.get(name)) for name in ("stays", "goes"))
    except selectors.CandidateMerged as merged:
        return _merged_meanwhile(request, merged)
    if stays == goes:
        raise Invalid("Choose two different people.")
    status = 200
    if request.method == "POST":
        try:
            merging.merge(
                survivor=stays,
                other=goes,
                actor=viewer,
                choices={
                    name: choice
                    for name in merging_columns.fields()
                    if (choice := request.POST.get(name)) in ("survivor", "other")
                },
                versions={
                    person.pk: int(seen)
                    for person, seen in (
                        (stays, asked.get("stays_version")),
                        (goes, asked.get("goes_version")),
                    )
                    if seen and seen.isascii() and seen.isdigit()
                },
            )
        except selectors.CandidateMerged as merged:
            return _merged_meanwhile(request, merged)
        except Conflict as problem:
            messages.error(request, problem.text)
            status = problem.status
        else:
            messages.success(
                request, f"Merged. {stays.name} is one person now; it can be undone for 90 days."
            )
            return redirect("sourcing:duplicates")
    return render(request, "sourcing/merge.html", _side_by_side(viewer, stays, goes), status=status)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def merge_ticked(request: HttpRequest) -> HttpResponse:
    """The bulk action *Merge*: exactly two ticked people are shown side by side."""
    viewer = viewer_of(request)
    ids = numbers(request.POST.getlist("candidate"))
    if len(ids) != 2 or request.POST.get("everything") == "1":
        messages.error(request, "Tick exactly two people to merge them.")
        return redirect("sourcing:people")
    try:
        survivor, other = merging.better(*(selectors.candidate_for(viewer, pk) for pk in ids))
    except selectors.CandidateMerged as merged:
        return _merged_meanwhile(request, merged)
    return redirect(_merge_url(survivor.pk, other.pk))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def dismiss(request: HttpRequest, pair_id: int) -> HttpResponse:
    """*Not a duplicate*, remembered for ever; with ``again`` it is asked anew."""
    viewer = viewer_of(request)
    pair = duplicates.pair_for(viewer, pair_id)
    duplicates.decide(pair=pair, actor=viewer, duplicate="again" in request.POST)
    if "again" not in request.POST:
        messages.success(request, f"{pair.first.name} and {pair.second.name} stay two people.")
    return redirect("sourcing:duplicates")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def scan(request: HttpRequest) -> HttpResponse:
    """Look at everybody once more, as a run."""
    try:
        duplicate_scan.start(actor=viewer_of(request))
    except Conflict as problem:
        messages.error(request, problem.text)
    return redirect("sourcing:duplicates")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def merge_certain(request: HttpRequest) -> HttpResponse:
    """Merge every certain pair, as a run."""
    try:
        merging_certain.start(actor=viewer_of(request))
    except Conflict as problem:
        messages.error(request, problem.text)
    return redirect("sourcing:duplicates")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Two people again."""
    viewer = viewer_of(request)
    found = duplicates.merge_for(viewer, merge_id)
    try:
        undone = merging.undo_merge(merge=found, actor=viewer)
    except Conflict as problem:
        messages.error(request, problem.text)
        return redirect("sourcing:duplicates")
    text = f"{undone.other.name} is a person of their own again."
    if undone.left:
        text += f" Not restored: {'; '.join(undone.left)}."
    messages.success(request, text)
    return redirect("sourcing:candidate", undone.other.pk)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def rule(request: HttpRequest) -> HttpResponse:
    """What decides that somebody is there already, and whether a second record is refused (G33)."""
    viewer = viewer_of(request)
    present = duplicates.rule_of(viewer.organisation_id)
    initial = {
        "keys": [key.value for key in present.keys],
        "every": "all" if present.every else "any",
        "refuse": "refuse" if present.refuse else "warn",
    }
    form = DuplicateRuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        assert viewer.organisation is not None
        try:
            duplicates.set_rule(
                organisation=viewer.organisation,
                actor=viewer,
                keys=form.cleaned_data["keys"],
                every=form.cleaned_data["every"] == "all",
                refuse=form.cleaned_data["refuse"] == "refuse",
            )
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved. Look again to apply it to everybody.")
            return redirect("sourcing:duplicates")
    return render(request, "sourcing/duplicate_rule.html", {"form": form}, status=422 if form.errors else 200)


def _person(viewer: User, raw: str | None) -> Candidate:
    found = number(raw)
    if found is None:
        raise Invalid("Choose two different people.")
    return selectors.candidate_for(viewer, found)


def _merged_meanwhile(request: HttpRequest, merged: selectors.CandidateMerged) -> HttpResponse:
    messages.info(request, "One of the two became part of this person meanwhile.")
    return redirect("sourcing:candidate", merged.survivor_id)


def _merge_url(stays: int, goes: int) -> str:
    return f"{reverse('sourcing:merge')}?{urlencode({'stays': stays, 'goes': goes})}"


def _row(pair: DuplicatePair) -> PairRow:
    survivor, other = merging.better(pair.first, pair.second)
    return PairRow(
        pair, [matching.REASONS.get(code, code) for code in pair.reasons], _merge_url(survivor.pk, other.pk)
    )


def _side_by_side(viewer: User, stays: Candidate, goes: Candidate) -> dict[str, Any]:
    rows = [_field(name, stays, goes) for name in merging_columns.fields()]
    pair = (
        DuplicatePair.objects.for_organisation(viewer.organisation_id)
        .filter(first_id=min(stays.pk, goes.pk), second_id=max(stays.pk, goes.pk))
        .first()
    )
    return {
        "stays": stays,
        "goes": goes,
        "people": [stays, goes],
        "differing": [row for row in rows if row.differ],
        "joined": [row for row in rows if row.joined and (row.stays or row.goes)],
        "equal": [row for row in rows if not row.joined and not row.differ and row.stays],
        "contacts": _contacts(viewer, stays, goes),
        "pair": pair,
        "reasons": [matching.REASONS.get(code, code) for code in pair.reasons] if pair else [],
        "turned": _merge_url(goes.pk, stays.pk),
    }


def _field(name: str, stays: Candidate, goes: Candidate) -> FieldRow:
    mine, theirs = getattr(stays, name), getattr(goes, name)
    return FieldRow(
        name=name,
        label=_LABELS.get(name, name.replace("_", " ").capitalize()),
        stays=_shown(mine),
        goes=_shown(theirs),
        joined=isinstance(mine, list | dict),
    )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {entry}" for key, entry in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _contacts(viewer: User, stays: Candidate, goes: Candidate) -> list[ContactPoint]:
    """What the survivor will have, as far as the viewer may see it: each address once."""
    found: dict[tuple[str, str], ContactPoint] = {}
    for person in (stays, goes):
        for point in selectors.contact_points(viewer=viewer, candidate=person):
            found.setdefault((point.kind, point.normalised), point)
    return list(found.values())
