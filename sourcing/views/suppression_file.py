"""The suppression list as a file, for its page and the API."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from accounts.models import User
from sourcing import suppression_list


def download_for(viewer: User) -> StreamingHttpResponse:
    """All of it as CSV, to be loaded again."""
    response = StreamingHttpResponse(suppression_list.as_csv(viewer), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="suppression-list.csv"'
    response["Cache-Control"] = "no-store"
    return response
