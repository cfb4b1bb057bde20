"""The readable side of the providers: who was asked about."""

from __future__ import annotations

from sandbox.finding.api import Finding
from sandbox.http_server import Response
from sandbox.pages import page, table


def requests(finding: Finding) -> Response:
    """The newest questions first."""
    rows = [(each.provider, each.person, each.company, each.status) for each in reversed(finding.asked)]
    body = '<p class="soft">The newest questions. Keys are not kept.</p>' + table(
        ["Provider", "Person", "Company", "Status"], rows, empty="Nobody was asked about yet."
    )
    return Response.html(page("Contact data", body))
