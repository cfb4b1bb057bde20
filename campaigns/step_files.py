"""Which files of texts a colleague may read because they stand in a step of a project they may open."""

from __future__ import annotations

from accounts.models import User
from campaigns.models import StepFile
from outreach import files
from sourcing.selectors import of_visible_project


@files.may_read
def in_a_visible_step(viewer: User, file_id: int) -> bool:
    """Registered with ``outreach.files``."""
    rows = StepFile.objects.for_organisation(viewer.organisation_id).filter(file_id=file_id)
    return rows.filter(of_visible_project(viewer, "step__campaign__project")).exists()
