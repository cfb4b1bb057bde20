"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import finding, views

urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path("projects/", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:project_id>/people/", views.ProjectPeople.as_view(), name="api_project_people"),
    path("credits/", finding.Credits.as_view(), name="api_credits"),
    path("credits/usage/", finding.CreditUsage.as_view(), name="api_credit_usage"),
    path("finding/", finding.Findings.as_view(), name="api_findings"),
    path("finding/<int:finding_id>/", finding.OneFinding.as_view(), name="api_finding"),
    path("finding/<int:finding_id>/people/", finding.FindingPeople.as_view(), name="api_finding_people"),
    path("finding/<int:finding_id>/cancel/", finding.CancelFinding.as_view(), name="api_finding_cancel"),
]
