"""What SmartRecruiters' documents leave open and we had to assume, each in one place and easy to change.

All of it is listed in docs/integrations/smartrecruiters.md with what happens if it turns out otherwise.
"""

from __future__ import annotations

#: The page of a person for those who use SmartRecruiters. If it moved, links of ours lead to a "not found" there.
PERSON_PAGE = "https://www.smartrecruiters.com/app/people/profile/{id}"

#: ``degree`` and ``institution`` of an education are required in the vendor's file, only ``institution`` on its pages.
#: A school without a known degree says this; a school without a name is left out.
NO_DEGREE = "Not stated"

#: What a second create for the same address does is said nowhere. A refusal with 409, or with 400 or 422 that names no
#: reason we know, is taken for "there already": the person is looked up, and only found ones are gone on with.
MAYBE_THERE = frozenset({400, 409, 422})

# ``POST /jobs/{id}/candidates`` with the address of somebody known is taken to put that person on the job. If it makes
# a second record instead, the answer names another id, and the export says so and keeps both.

# Only people with at least one application are found by ``GET /candidates``: a talent-pool record that was not
# confirmed cannot be looked up (``SmartRecruitersConnector.finds_everybody``).

# A customer's own client (``client_credentials``) is named in the vendor's file for partners only. Its tokens are asked
# for without ``scope`` and taken to have every right the customer gave the client; verification shows what they lack.

# Lifetime of an access token when the answer names none is RFC 6749's usual hour (``outreach.transports.oauth``).

#: A walk by ``updatedAfter`` begins this long before the walk before it did: clocks differ, and the index lags.
OVERLAP_SECONDS = 600

# Properties of a person with no job are written one by one with a call marked deprecated: nothing else works for them.
