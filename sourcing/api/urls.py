"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import bulk, project_sharing, project_stages, projects, views

_project = "projects/<int:project_id>/"
urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path("projects/", projects.Projects.as_view(), name="api_projects"),
    path(_project, projects.OneProject.as_view(), name="api_project"),
    path(f"{_project}copies/", projects.ProjectCopies.as_view(), name="api_project_copies"),
    path(f"{_project}people/", projects.ProjectPeople.as_view(), name="api_project_people"),
    path(f"{_project}moves/", projects.ProjectMoves.as_view(), name="api_project_moves"),
    path(f"{_project}stages/", project_stages.ProjectStages.as_view(), name="api_project_stages"),
    path(f"{_project}stages/<int:stage_id>/", project_stages.OneStage.as_view(), name="api_project_stage"),
    path(f"{_project}members/", project_sharing.ProjectMembers.as_view(), name="api_project_members"),
    path(f"{_project}members/<int:user_id>/", project_sharing.OneMember.as_view(), name="api_project_member"),
    path(f"{_project}shares/", project_sharing.ProjectShares.as_view(), name="api_project_shares"),
    path(f"{_project}shares/<int:share_id>/", project_sharing.OneShare.as_view(), name="api_project_share"),
    path(f"{_project}activity/", project_sharing.ProjectActivities.as_view(), name="api_project_activity"),
    path("bulk/", bulk.BulkRuns.as_view(), name="api_bulk"),
    path("bulk/<int:run_id>/", bulk.BulkRun.as_view(), name="api_bulk_run"),
    path("bulk/<int:run_id>/undo/", bulk.BulkUndo.as_view(), name="api_bulk_undo"),
]
