"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import views

urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path("projects/", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:project_id>/people/", views.ProjectPeople.as_view(), name="api_project_people"),
]
