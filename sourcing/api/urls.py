"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import duplicates, views

urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path("candidates/<int:candidate_id>/merge/", duplicates.Merge.as_view(), name="api_merge"),
    path("duplicates/", duplicates.Pairs.as_view(), name="api_duplicates"),
    path("duplicates/<int:pair_id>/", duplicates.OnePair.as_view(), name="api_duplicate"),
    path("merges/", duplicates.Merges.as_view(), name="api_merges"),
    path("merges/<int:merge_id>/undo/", duplicates.UndoMerge.as_view(), name="api_merge_undo"),
    path("projects/", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:project_id>/people/", views.ProjectPeople.as_view(), name="api_project_people"),
]
