"""Addresses of people, imports, projects and runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sourcing.views import (
    activity,
    board,
    bulk,
    imports,
    people,
    projects,
    runs,
    shared,
    sharing,
    stages,
)

app_name = "sourcing"

_people = [
    path("", people.people, name="people"),
    path("new/", people.new_person, name="person_new"),
    path("to-project/", bulk.to_project, name="people_to_project"),
    path("tag/", bulk.tag, name="people_tag"),
    path("untag/", bulk.untag, name="people_untag"),
    path("delete/", bulk.delete, name="people_delete"),
    path("<int:candidate_id>/", people.person, name="candidate"),
    path("<int:candidate_id>/edit/", people.edit_person, name="person_edit"),
    path("<int:candidate_id>/contacts/new/", people.add_email, name="add_email"),
    path("contacts/<int:contact_point_id>/pin/", people.pin, name="pin"),
    path("contacts/<int:contact_point_id>/unpin/", people.unpin, name="unpin"),
    path("contacts/<int:contact_point_id>/valid/", people.mark_valid, name="mark_valid"),
    path("contacts/<int:contact_point_id>/remove/", people.remove_contact, name="remove_contact"),
    path("import/", imports.upload, name="import_upload"),
    path("import/<int:import_id>/", imports.page, name="import"),
    path("import/<int:import_id>/reread/", imports.reread, name="import_reread"),
    path("import/<int:import_id>/mapping/", imports.map_columns, name="import_mapping"),
    path("import/<int:import_id>/start/", imports.start, name="import_start"),
    path("import/<int:import_id>/discard/", imports.discard, name="import_discard"),
    path("import/<int:import_id>/refused.csv", imports.refused_rows, name="import_refused"),
]
_projects = [
    path("", projects.projects, name="projects"),
    path("new/", projects.new_project, name="project_new"),
    path("stages/", stages.defaults, name="stages_default"),
    path("<int:project_id>/", board.project, name="project"),
    path("<int:project_id>/add/", board.add_people, name="project_add"),
    path("<int:project_id>/move/", board.move, name="project_move"),
    path("<int:project_id>/remove/", bulk.remove, name="project_remove"),
    path("<int:project_id>/bulk-move/", bulk.move, name="project_bulk_move"),
    path("<int:project_id>/rename/", projects.rename, name="project_rename"),
    path("<int:project_id>/duplicate/", projects.duplicate, name="project_duplicate"),
    path("<int:project_id>/archive/", projects.archive, name="project_archive"),
    path("<int:project_id>/bring-back/", projects.bring_back, name="project_bring_back"),
    path("<int:project_id>/activity/", activity.activity, name="project_activity"),
    path("<int:project_id>/comment/", activity.comment, name="project_comment"),
    path("<int:project_id>/stages/", stages.stages, name="project_stages"),
    path("<int:project_id>/stages/<int:stage_id>/rename/", stages.rename, name="stage_rename"),
    path("<int:project_id>/stages/<int:stage_id>/shift/", stages.shift, name="stage_shift"),
    path("<int:project_id>/stages/<int:stage_id>/remove/", stages.remove, name="stage_remove"),
    path("<int:project_id>/members/", sharing.members, name="project_members"),
    path(
        "<int:project_id>/members/<int:user_id>/remove/", sharing.remove_member, name="project_member_remove"
    ),
    path("<int:project_id>/visibility/", sharing.visibility, name="project_visibility"),
    path("<int:project_id>/owner/", sharing.owner, name="project_owner"),
    path("<int:project_id>/share/", sharing.links, name="project_share"),
    path("<int:project_id>/share/<int:share_id>/revoke/", sharing.revoke, name="project_share_revoke"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.home, name="home"),
    path("people/", include(_people)),
    path("projects/", include(_projects)),
    path("runs/tray/", runs.tray, name="run_tray"),
    path("s/<str:token>/", shared.page, name="shared"),
    path("runs/<int:run_id>/", bulk.run_page, name="run"),
    path("runs/<int:run_id>/undo/", bulk.undo, name="run_undo"),
    path("runs/<int:run_id>/cancel/", runs.cancel, name="run_cancel"),
    path("api/v1/", include("sourcing.api.urls")),
]
