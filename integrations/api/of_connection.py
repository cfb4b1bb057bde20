"""What stands around every API view of one connection."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from accounts.permissions import Right, require, viewer_of
from campaigns.models import Campaign
from campaigns.selectors import campaign_for
from integrations import selectors
from integrations.api.views import WithFeature
from integrations.models import Connection
from sourcing.models import Candidate, ProjectRole
from sourcing.selectors import candidate_for


class OfConnection(WithFeature):
    """Something of one connection, named by ``pk``; 404 for another organisation's."""

    queryset = Connection.unguarded.none()

    @property
    def viewer(self) -> User:
        """Who asks."""
        return viewer_of(self.request)

    def connection(self) -> Connection:
        """The one named."""
        return selectors.connection_for(self.viewer, self.kwargs["pk"])

    def asked(self, shape: type[serializers.Serializer], values: Any) -> dict[str, Any]:
        """What was sent, checked."""
        form = shape(data=values)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def objects(self, scope: dict[str, Any], *, writing: bool) -> tuple[Campaign | None, Candidate | None]:
        """Campaign and person named in a scope; 404 for others', 403 without the right to edit them."""
        campaign = candidate = None
        if "campaign" in scope:
            if writing:
                require(self.viewer, Right.CAMPAIGN_EDIT)
            role = ProjectRole.EDITOR if writing else ProjectRole.COMMENTER
            campaign = campaign_for(self.viewer, scope["campaign"], role=role)
        if "candidate" in scope:
            if writing:
                require(self.viewer, Right.CANDIDATE_EDIT)
            candidate = candidate_for(self.viewer, scope["candidate"])
        return campaign, candidate
