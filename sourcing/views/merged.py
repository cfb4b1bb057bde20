"""Old addresses of people who were merged lead to who they are now."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sourcing.selectors import CandidateMerged


def follow_merged(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views of one person: a GET of somebody who was merged goes to the same page of the survivor."""

    @wraps(view)
    def followed(request: HttpRequest, candidate_id: int, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = view(request, candidate_id, **kwargs)
        except CandidateMerged as merged:
            if request.method != "GET" or request.resolver_match is None:
                raise
            answer = redirect(request.resolver_match.view_name, candidate_id=merged.survivor_id, **kwargs)
        return answer

    return followed
