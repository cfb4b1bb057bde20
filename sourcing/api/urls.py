"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import privacy, views

urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path("candidates/<int:candidate_id>/unsubscribe/", privacy.Unsubscribe.as_view(), name="api_unsubscribe"),
    path("candidates/<int:candidate_id>/erasure/", privacy.Erasure.as_view(), name="api_erasure"),
    path("candidates/<int:candidate_id>/archive/", privacy.MakeArchive.as_view(), name="api_archive_make"),
    path(
        "candidates/<int:candidate_id>/lawful-bases/", privacy.LawfulBases.as_view(), name="api_lawful_bases"
    ),
    path(
        "candidates/<int:candidate_id>/lawful-bases/<int:basis_id>/withdraw/",
        privacy.WithdrawBasis.as_view(),
        name="api_basis_withdraw",
    ),
    path("archives/<int:archive_id>/", privacy.OneArchive.as_view(), name="api_archive"),
    path("erasures/", privacy.Erasures.as_view(), name="api_erasures"),
    path("notices/", privacy.Notices.as_view(), name="api_notices"),
    path("retention-proposals/", privacy.Proposals.as_view(), name="api_proposals"),
    path("suppressions/", privacy.Suppressions.as_view(), name="api_suppressions"),
    path("suppressions/<int:entry_id>/", privacy.OneSuppression.as_view(), name="api_suppression"),
    path("projects/", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:project_id>/people/", views.ProjectPeople.as_view(), name="api_project_people"),
]
