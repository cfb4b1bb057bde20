"""What Pinpoint's documents do not say and we had to assume, each in one place and easy to change.

Listed in docs/integrations/pinpoint.md with what happens if it turns out otherwise.
"""

from __future__ import annotations

import datetime

#: The rate limit is unpublished (a 429 exists): the setting PINPOINT_CALLS_PER_SECOND says one call per second and
#: account, and so many may come at once after a pause.
BURST = 2

#: Tags are written with a context; which ones there are is not published. Otherwise: a refused tag is said on the
#: person's row, everything else is written.
TAG_CONTEXT = "application"

#: A pull steps back this far, for changes whose transaction ended after we had read past their moment.
OVERLAP = datetime.timedelta(seconds=5)

#: A job that cannot exist. A create that names it, and nothing of a person, must be refused with 422 (or 404); a
#: missing right is told first, with 403.
NO_JOB = "0"

#: Attributes the 2024 file does not know and newer pages of the vendor do. Refused: nobody is sent, see ``pushing``.
SKIP_NOTIFICATIONS = "skip_notifications_on_create"
ADD_TAGS = "add_tags_with_context"
REMOVE_TAG = "remove_tag_with_context"

#: Where a delivery may name an application: the wire names of most events are unpublished, so any name will do.
#: Only ``application_hired`` is evidenced.
HOOK_PATH = ("data", "application", "id")

# A custom attribute is read back as text: yes and no as "true" and "false" (seen in the vendor's example), several
# choices as "Maroon, Vermillion, and Blue" (seen), dates as YYYY-MM-DD. What cannot be read so is "not told".

# An application's custom attributes name their field by its words only; of fields with the same words none is read.

# Two applications of one e-mail address on one job are not stopped by the vendor's documents: we look first, always.

# ``page[number]`` counts from 1, and a page shorter than ``page[size]`` is the last one.

# ``commentable_id`` and ``custom_attributable_id`` are numbers, as all ids seen; others are refused before the call.

# The page of an application in the vendor's own product is unknown: no link to it is shown.
