"""The page behind a share link: no login, the people of one project, and nothing else of the organisation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foundation.client_address import client_address
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing import sharing
from sourcing.forms.shared import GuestCommentForm
from sourcing.models import ProjectShare, ShareMode
from sourcing.views.problems import onto_form

PAGE = 50
#: Per minute: looks at one link, comments through one link, tries of links that do not exist from one address.
LOOKS, COMMENTS, MISSES = 120, 10, 20


class TooMany(Problem):
    """More requests than a person makes."""

    code: ClassVar[str] = "too_many"
    status: ClassVar[int] = 429
    sentence = "That was too often. Wait a minute and try again."


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Everybody of the project by stage; POST comments on one (``about``) or on the project."""
    share = _found(request, token)
    now = timezone.now()
    form, about = GuestCommentForm(), ""
    if request.method == "POST":
        _count(f"comment:{share.pk}", COMMENTS)
        form, about = GuestCommentForm(request.POST), request.POST.get("about", "")
        if form.is_valid():
            try:
                sharing.comment(share=share, reference=about, **form.cleaned_data)
            except Problem as problem:
                onto_form(problem, form)
            else:
                return _guarded(redirect(request.get_full_path()))
    sharing.used(share, now=now)
    return _guarded(
        render(request, "sourcing/shared.html", _context(request, share, form, about), status=_status(form))
    )


def _context(request: HttpRequest, share: ProjectShare, form: GuestCommentForm, about: str) -> dict[str, Any]:
    found = keyset(sharing.members(share), order=("-id",), after=request.GET.get("after"), size=PAGE)
    return {
        "share": share,
        "may_comment": share.mode == ShareMode.COMMENT,
        "page": found,
        "people": sharing.people(share, found.rows),
        "form": form,
        "about": about,
    }


def _status(form: GuestCommentForm) -> int:
    return 422 if form.errors else 200


def _found(request: HttpRequest, token: str) -> ProjectShare:
    try:
        share = sharing.find(token, now=timezone.now())
    except sharing.ShareOver:
        _count(f"miss:{client_address(request)[:60]}", MISSES)
        raise
    _count(f"look:{share.pk}", LOOKS)
    return share


def _count(key: str, limit: int) -> None:
    """At most ``limit`` in the minute that began with the first. Raises :class:`TooMany`."""
    name = f"sourcing:share:{key}"
    cache.add(name, 0, timeout=60)
    try:
        if cache.incr(name) > limit:
            raise TooMany
    except ValueError:  # it ran out between the two: a new minute has begun
        cache.add(name, 1, timeout=60)


def _guarded(response: HttpResponse) -> HttpResponse:
    """Neither search engines nor caches nor the pages it leads to learn of the link."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    # Not "no-referrer": with it a browser sends "Origin: null", and every comment is refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
