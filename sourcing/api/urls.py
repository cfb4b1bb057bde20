"""Addresses of the API of people and projects."""

from __future__ import annotations

from django.urls import path

from sourcing.api import (
    bulk,
    contact_points,
    custom_fields,
    duplicates,
    files,
    finding,
    history,
    import_results,
    imports,
    notes,
    privacy,
    project_sharing,
    project_stages,
    projects,
    search,
    social_profiles,
    suppressions,
    values,
    views,
)

_project = "projects/<int:project_id>/"
urlpatterns = [
    path("candidates/", views.Candidates.as_view(), name="api_candidates"),
    path("candidates/filters/", search.Filters.as_view(), name="api_candidate_filters"),
    path("candidates/total/", search.ExactTotal.as_view(), name="api_candidate_total"),
    path("candidates/suggestions/", search.Suggestions.as_view(), name="api_candidate_suggestions"),
    path("searches/", search.SavedSearches.as_view(), name="api_searches"),
    path("searches/<int:saved_search_id>/", search.OneSavedSearch.as_view(), name="api_search"),
    path("candidates/<int:candidate_id>/", views.OneCandidate.as_view(), name="api_candidate"),
    path(
        "candidates/<int:candidate_id>/contact-points/",
        contact_points.ContactPoints.as_view(),
        name="api_contact_points",
    ),
    path("candidates/<int:candidate_id>/notes/", notes.Notes.as_view(), name="api_notes"),
    path("candidates/<int:candidate_id>/files/", files.Files.as_view(), name="api_files"),
    path("files/<int:file_id>/", files.OneFile.as_view(), name="api_file"),
    path("candidates/<int:candidate_id>/values/", values.OtherValues.as_view(), name="api_values"),
    path("candidates/<int:candidate_id>/history/<str:kind>/", history.History.as_view(), name="api_history"),
    path(
        "candidates/<int:candidate_id>/history/<str:kind>/<int:row_id>/",
        history.HistoryRow.as_view(),
        name="api_history_row",
    ),
    path(
        "candidates/<int:candidate_id>/history/<str:kind>/<int:row_id>/move/",
        history.HistoryMove.as_view(),
        name="api_history_move",
    ),
    path(
        "candidates/<int:candidate_id>/social-profiles/",
        social_profiles.SocialProfiles.as_view(),
        name="api_social_profiles",
    ),
    path(
        "candidates/<int:candidate_id>/social-profiles/<int:profile_id>/",
        social_profiles.OneSocialProfile.as_view(),
        name="api_social_profile",
    ),
    path(
        "contact-points/<int:contact_point_id>/",
        contact_points.OneContactPoint.as_view(),
        name="api_contact_point",
    ),
    path("notes/<int:note_id>/", notes.OneNote.as_view(), name="api_note"),
    path("values/<int:value_id>/use/", values.UseValue.as_view(), name="api_use_value"),
    path("custom-fields/", custom_fields.CustomFields.as_view(), name="api_custom_fields"),
    path("custom-fields/<int:field_id>/", custom_fields.OneCustomField.as_view(), name="api_custom_field"),
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
    path("suppressions/", suppressions.Suppressions.as_view(), name="api_suppressions"),
    path("suppressions/<int:entry_id>/", suppressions.OneSuppression.as_view(), name="api_suppression"),
    path("candidates/<int:candidate_id>/merge/", duplicates.Merge.as_view(), name="api_merge"),
    path("duplicates/", duplicates.Pairs.as_view(), name="api_duplicates"),
    path("duplicates/<int:pair_id>/", duplicates.OnePair.as_view(), name="api_duplicate"),
    path("merges/", duplicates.Merges.as_view(), name="api_merges"),
    path("merges/<int:merge_id>/undo/", duplicates.UndoMerge.as_view(), name="api_merge_undo"),
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
    path("credits/", finding.Credits.as_view(), name="api_credits"),
    path("credits/usage/", finding.CreditUsage.as_view(), name="api_credit_usage"),
    path("finding/", finding.Findings.as_view(), name="api_findings"),
    path("finding/<int:finding_id>/", finding.OneFinding.as_view(), name="api_finding"),
    path("finding/<int:finding_id>/people/", finding.FindingPeople.as_view(), name="api_finding_people"),
    path("finding/<int:finding_id>/cancel/", finding.CancelFinding.as_view(), name="api_finding_cancel"),
    path("imports/", imports.Imports.as_view(), name="api_imports"),
    path("imports/<int:import_id>/", imports.OneImport.as_view(), name="api_import"),
    path("imports/<int:import_id>/notes/", import_results.ImportNotes.as_view(), name="api_import_notes"),
    path(
        "imports/<int:import_id>/refused/", import_results.ImportRefused.as_view(), name="api_import_refused"
    ),
    path("imports/<int:import_id>/kept/", import_results.ImportKept.as_view(), name="api_import_kept"),
    *(
        path(
            f"imports/<int:import_id>/{action}/",
            imports.ImportAction.as_view(action=action),
            name=f"api_import_{action}",
        )
        for action in ("check", "start", "undo")
    ),
]
