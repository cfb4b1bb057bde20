"""*Prefer* and the strict box: per campaign, and what new campaigns of a project begin with (seed 002)."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import standing
from campaigns.addressing import Prefer
from campaigns.models import Campaign, ProjectOutreach
from foundation.problems import Invalid
from sourcing.models import Project


def defaults_of(project: Project) -> ProjectOutreach:
    """What new campaigns of the project begin with; unsaved when nobody has chosen."""
    found = ProjectOutreach.objects.for_organisation(project.organisation_id).filter(project=project).first()
    return found or ProjectOutreach(organisation_id=project.organisation_id, project=project)


@transaction.atomic
def choose_default(*, project: Project, prefer: str, strict_type: bool, actor: User) -> None:
    """For campaigns made from now on; present ones keep theirs."""
    require(actor, Right.CAMPAIGN_EDIT)
    values = _checked(prefer, strict_type=strict_type)
    Project.objects.for_organisation(project.organisation_id).select_for_update().get(pk=project.pk)
    rows = ProjectOutreach.objects.for_organisation(project.organisation_id).filter(project=project)
    if not rows.exists():
        # A row tells its changes to the audit trail, not who made it: so the first choice is a change too.
        ProjectOutreach.objects.create(organisation_id=project.organisation_id, project=project)
    rows.update(**values)


@transaction.atomic
def choose(*, campaign: Campaign, prefer: str, strict_type: bool, actor: User) -> bool:
    """For one campaign, from its next message on; True if it changed. An address in use is kept (behaviour §3)."""
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    values = _checked(prefer, strict_type=strict_type)
    if (campaign.prefer, campaign.strict_type) == (values["prefer"], values["strict_type"]):
        return False
    campaign.prefer, campaign.strict_type = str(values["prefer"]), bool(values["strict_type"])
    campaign.save(update_fields=["prefer", "strict_type"])
    return True


def _checked(prefer: str, *, strict_type: bool) -> dict[str, str | bool]:
    """The box means nothing without a preference."""
    if prefer not in Prefer.values:
        raise Invalid("Choose one of the address types.", fields={"prefer": "Not an address type."})
    return {"prefer": prefer, "strict_type": strict_type and prefer != Prefer.NO_PREFERENCE}
