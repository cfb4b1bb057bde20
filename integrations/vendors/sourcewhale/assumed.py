"""What SourceWhale's documents do not say and we had to assume, each in one place and easy to change.

The vendor publishes requests only: no response schema, no error schema, no limits. Everything here is listed
in docs/integrations/sourcewhale.md with what happens if it turns out otherwise. Facts that clients of the API
were seen to rely on are in ``mapping.py``.
"""

from __future__ import annotations

#: The rate limit is unpublished: the setting SOURCEWHALE_CALLS_PER_SECOND says one call per second and account,
#: and so many may come at once after a pause.
BURST = 3

# ``add`` takes a list of unknown maximum length: one person per call, so that ``candidateIds[0]`` is theirs.

#: Where an error body may hold the vendor's words: {"message": …}, {"error": …}, {"errors": …}.
ERROR_KEYS = ("message", "error", "errors")

# ``modify`` is taken to change only the fields that are sent, and to replace a list by the list that is
# sent (``mapping.changed_fields`` therefore sends lists whole).

# ``add`` of a known person is taken to match by e-mail address (seed 000: "SourceWhale will attempt to match
# the profile and update your records"). If the returned id is another one, the export item says so.

# Dates of ``education`` and ``experience`` are strings of unstated form; sent as YYYY, YYYY-MM or
# YYYY-MM-DD, whatever is known.

#: Keys of a search row that tell which campaign and projects the person is on. One client reads
#: ``campaignId``, another says it is never given: absent means "not known", and the person is attached again.
ROW_CAMPAIGN_KEY = "campaignId"
ROW_PROJECTS_KEY = "projectIds"

#: A hook delivers a person as a search row shows them, alone or in a list; only this key of it is read.
HOOK_ID_KEY = "candidateId"
