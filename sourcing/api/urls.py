"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import person, views

urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path(
        "candidates/<int:candidate_id>/contact-points/",
        person.ContactPoints.as_view(),
        name="api_contact_points",
    ),
    path("candidates/<int:candidate_id>/notes/", person.Notes.as_view(), name="api_notes"),
    path("candidates/<int:candidate_id>/values/", person.OtherValues.as_view(), name="api_values"),
    path("candidates/<int:candidate_id>/history/<str:kind>/", person.History.as_view(), name="api_history"),
    path(
        "candidates/<int:candidate_id>/history/<str:kind>/<int:row_id>/",
        person.HistoryRow.as_view(),
        name="api_history_row",
    ),
    path(
        "contact-points/<int:contact_point_id>/", person.OneContactPoint.as_view(), name="api_contact_point"
    ),
    path("notes/<int:note_id>/", person.OneNote.as_view(), name="api_note"),
    path("values/<int:value_id>/use/", person.UseValue.as_view(), name="api_use_value"),
    path("custom-fields/", person.CustomFields.as_view(), name="api_custom_fields"),
    path("custom-fields/<int:field_id>/", person.OneCustomField.as_view(), name="api_custom_field"),
    path("projects/", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:project_id>/people/", views.ProjectPeople.as_view(), name="api_project_people"),
]
