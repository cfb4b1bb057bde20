"""Addresses of this room: pages under Settings, and the API."""

from __future__ import annotations

from django.urls import path

from publishing import views
from publishing.api import views as api

app_name = "publishing"

urlpatterns = [
    path("settings/webhooks/", views.endpoints, name="endpoints"),
    path("settings/webhooks/new/", views.new, name="new"),
    path("settings/webhooks/<int:endpoint_id>/", views.endpoint, name="endpoint"),
    path("settings/webhooks/<int:endpoint_id>/secret/", views.rotate, name="rotate"),
    path("settings/webhooks/<int:endpoint_id>/test/", views.test, name="test"),
    path("settings/webhooks/<int:endpoint_id>/replay/", views.replay, name="replay"),
    path("settings/webhooks/<int:endpoint_id>/remove/", views.remove, name="remove"),
    path(
        "settings/webhooks/<int:endpoint_id>/deliveries/<int:delivery_id>/", views.delivery, name="delivery"
    ),
    path("api/v1/events/", api.Events.as_view(), name="api_events"),
    path("api/v1/events/types/", api.EventTypes.as_view(), name="api_event_types"),
    path("api/v1/webhooks/", api.Endpoints.as_view(), name="api_endpoints"),
    path("api/v1/webhooks/<int:endpoint_id>/", api.OneEndpoint.as_view(), name="api_endpoint"),
    path("api/v1/webhooks/<int:endpoint_id>/secret/", api.Rotation.as_view(), name="api_rotate"),
    path("api/v1/webhooks/<int:endpoint_id>/test/", api.Test.as_view(), name="api_test"),
    path("api/v1/webhooks/<int:endpoint_id>/deliveries/", api.Deliveries.as_view(), name="api_deliveries"),
    path("api/v1/webhooks/<int:endpoint_id>/replay/", api.Replay.as_view(), name="api_replay"),
]
