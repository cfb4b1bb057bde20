"""The API of the browser's side panel."""

from __future__ import annotations

from django.urls import path

from panel.api import views as api

app_name = "panel"

urlpatterns = [
    path("api/v1/panel/lookups/", api.Lookups.as_view(), name="api_lookups"),
    path("api/v1/panel/choices/", api.Choices.as_view(), name="api_choices"),
    path("api/v1/panel/sync/", api.Sync.as_view(), name="api_sync"),
    path("api/v1/panel/saves/", api.Saves.as_view(), name="api_saves"),
    path("api/v1/panel/people/<int:candidate_id>/", api.OnePerson.as_view(), name="api_person"),
]
