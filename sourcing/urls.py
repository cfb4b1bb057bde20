"""Addresses of people, imports, projects and runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sourcing.views import (
    custom_fields,
    duplicates,
    imports,
    people,
    person,
    person_contacts,
    person_edit,
    person_notes,
    privacy,
    privacy_lists,
    projects,
    runs,
)
from sourcing.views.merged import follow_merged

app_name = "sourcing"

_people = [
    path("", people.people, name="people"),
    path("new/", people.new_person, name="person_new"),
    path("to-project/", people.people_to_project, name="people_to_project"),
    path("<int:candidate_id>/fields/<str:name>/", person_edit.field, name="person_field"),
    path("<int:candidate_id>/words/<str:word_list>/", person_edit.words, name="person_words"),
    path("<int:candidate_id>/profiles/", person_edit.social_profiles, name="social_profiles"),
    path("<int:candidate_id>/history/<str:kind>/", person_edit.history_row, name="history_new"),
    path("<int:candidate_id>/history/<str:kind>/<int:row_id>/", person_edit.history_row, name="history_edit"),
    path(
        "<int:candidate_id>/history/<str:kind>/<int:row_id>/move/",
        person_edit.history_move,
        name="history_move",
    ),
    path(
        "<int:candidate_id>/history/<str:kind>/<int:row_id>/remove/",
        person_edit.history_remove,
        name="history_remove",
    ),
    path("<int:candidate_id>/notes/", person_notes.write, name="note_write"),
    path("<int:candidate_id>/contacts/new/", person_contacts.add_email, name="add_email"),
    path("<int:candidate_id>/phones/new/", person_contacts.add_phone, name="add_phone"),
    path("notes/<int:note_id>/", person_notes.edit, name="note_edit"),
    path("notes/<int:note_id>/remove/", person_notes.remove, name="note_remove"),
    path("values/<int:value_id>/use/", person_edit.use_value, name="use_value"),
    path("contacts/<int:contact_point_id>/pin/", person_contacts.pin, name="pin"),
    path("contacts/<int:contact_point_id>/unpin/", person_contacts.unpin, name="unpin"),
    path("contacts/<int:contact_point_id>/valid/", person_contacts.mark_valid, name="mark_valid"),
    path("contacts/<int:contact_point_id>/status/", person_contacts.set_status, name="contact_status"),
    path("contacts/<int:contact_point_id>/remove/", person_contacts.remove_contact, name="remove_contact"),
    path("<int:candidate_id>/privacy/", privacy.page, name="privacy"),
    path("<int:candidate_id>/privacy/unsubscribe/", privacy.unsubscribe, name="person_unsubscribe"),
    path("<int:candidate_id>/privacy/delete/", privacy.delete, name="person_delete"),
    path("<int:candidate_id>/privacy/block/", privacy.delete_and_block, name="person_block"),
    path("<int:candidate_id>/privacy/told/", privacy.told, name="person_told"),
    path("<int:candidate_id>/privacy/archive/", privacy.make_archive, name="archive_make"),
    path("<int:candidate_id>/privacy/basis/", privacy.add_basis, name="basis_add"),
    path(
        "<int:candidate_id>/privacy/basis/<int:basis_id>/withdraw/",
        privacy.withdraw_basis,
        name="basis_withdraw",
    ),
    path("archives/<int:archive_id>/", privacy.archive, name="archive"),
    path("<int:candidate_id>/", follow_merged(person.person), name="candidate"),
    path("<int:candidate_id>/edit/", follow_merged(people.edit_person), name="person_edit"),
    path("duplicates/", duplicates.index, name="duplicates"),
    path("duplicates/scan/", duplicates.scan, name="duplicate_scan"),
    path("duplicates/merge-certain/", duplicates.merge_certain, name="merge_certain"),
    path("duplicates/rule/", duplicates.rule, name="duplicate_rule"),
    path("duplicates/<int:pair_id>/dismiss/", duplicates.dismiss, name="duplicate_dismiss"),
    path("merge/", duplicates.merge, name="merge"),
    path("merge/ticked/", duplicates.merge_ticked, name="merge_ticked"),
    path("merges/<int:merge_id>/undo/", duplicates.undo, name="merge_undo"),
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
_fields = [
    path("", custom_fields.page, name="custom_fields"),
    path("<int:field_id>/", custom_fields.edit, name="custom_field"),
    path("<int:field_id>/move/", custom_fields.move, name="custom_field_move"),
    path("<int:field_id>/archive/", custom_fields.archive, name="custom_field_archive"),
    path("<int:field_id>/bring-back/", custom_fields.bring_back, name="custom_field_bring_back"),
]
_privacy = [
    path("", privacy_lists.proposals, name="privacy_retention"),
    path("erase/", privacy_lists.erase_proposed, name="privacy_erase"),
    path("keep/", privacy_lists.keep_proposed, name="privacy_keep"),
    path("notices/", privacy_lists.notices, name="privacy_notices"),
    path("notices/told/", privacy_lists.told, name="privacy_told"),
    path("erased/", privacy_lists.erasures, name="privacy_erasures"),
    path("rules/", privacy_lists.rules, name="privacy_rules"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.home, name="home"),
    path("people/", include(_people)),
    path("privacy/", include(_privacy)),
    path("projects/", include(_projects)),
    path("settings/custom-fields/", include(_fields)),
    path("runs/tray/", runs.tray, name="run_tray"),
    path("runs/<int:run_id>/cancel/", runs.cancel, name="run_cancel"),
    path("api/v1/", include("sourcing.api.urls")),
]
