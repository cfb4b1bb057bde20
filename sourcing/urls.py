"""Addresses of people, imports, projects and runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sourcing.views import duplicates, imports, people, projects, runs
from sourcing.views.merged import follow_merged

app_name = "sourcing"

_people = [
    path("", people.people, name="people"),
    path("new/", people.new_person, name="person_new"),
    path("to-project/", people.people_to_project, name="people_to_project"),
    path("<int:candidate_id>/", follow_merged(people.person), name="candidate"),
    path("<int:candidate_id>/edit/", follow_merged(people.edit_person), name="person_edit"),
    path("duplicates/", duplicates.index, name="duplicates"),
    path("duplicates/scan/", duplicates.scan, name="duplicate_scan"),
    path("duplicates/merge-certain/", duplicates.merge_certain, name="merge_certain"),
    path("duplicates/rule/", duplicates.rule, name="duplicate_rule"),
    path("duplicates/<int:pair_id>/dismiss/", duplicates.dismiss, name="duplicate_dismiss"),
    path("merge/", duplicates.merge, name="merge"),
    path("merge/ticked/", duplicates.merge_ticked, name="merge_ticked"),
    path("merges/<int:merge_id>/undo/", duplicates.undo, name="merge_undo"),
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
    path("<int:project_id>/", projects.project, name="project"),
    path("<int:project_id>/add/", projects.add_people, name="project_add"),
    path("<int:project_id>/remove/", projects.remove_people, name="project_remove"),
    path("<int:project_id>/rename/", projects.rename, name="project_rename"),
    path("<int:project_id>/archive/", projects.archive, name="project_archive"),
    path("<int:project_id>/bring-back/", projects.bring_back, name="project_bring_back"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.home, name="home"),
    path("people/", include(_people)),
    path("projects/", include(_projects)),
    path("runs/tray/", runs.tray, name="run_tray"),
    path("runs/<int:run_id>/cancel/", runs.cancel, name="run_cancel"),
    path("api/v1/", include("sourcing.api.urls")),
]
