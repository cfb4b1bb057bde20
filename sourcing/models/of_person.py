"""What the tables about a person have in common.

They are written by the hundred thousand. The composite constraint ``SameOrganisation("candidate")`` implies both the
plain foreign key to the person and, through the person's own, the one to the organisation; checking each row once
instead of three times halves the time of an import's commit. For the same reason there is no index on the
organisation alone: the unique constraint ``(organisation, id)`` starts with it.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from foundation.tenancy import TenantModel


def candidate_key(related_name: str, *, null: bool = False) -> Any:
    """The foreign key to the person; its constraint is the composite one."""
    return models.ForeignKey(
        "sourcing.Candidate",
        on_delete=models.CASCADE,
        related_name=related_name,
        db_constraint=False,
        null=null,
    )


class OfPerson(TenantModel):
    """A row about one person; subclasses add ``candidate = candidate_key(…)`` and ``SameOrganisation("candidate")``."""

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta(TenantModel.Meta):
        abstract = True
