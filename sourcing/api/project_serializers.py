"""JSON of projects: stages, people on the board, members, links, activity, bulk runs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from foundation.models import Run, RunStatus
from sourcing import bulk
from sourcing.models import (
    Collaborator,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectShare,
    ShareMode,
    Stage,
    Visibility,
)
from sourcing.stages import MAX_NAME, MAX_STAGES

#: Ids in one request; more people go by ``everything`` of a question or a project.
MAX_IDS = 10_000


def ids_field(**values: Any) -> serializers.ListField:
    """Ids of people, at least one, at most :data:`MAX_IDS`."""
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MAX_IDS,
        **values,
    )


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """One project; ``people`` is how many are in it."""

    people = serializers.IntegerField(read_only=True, default=0)
    owner = serializers.CharField(source="owner.name", read_only=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)

    class Meta:
        model = Project
        fields = ["id", "name", "owner", "owner_id", "visibility", "people", "created_at", "archived_at"]
        read_only_fields = ["id", "owner", "owner_id", "people", "created_at", "archived_at"]


class ProjectChangeSerializer(serializers.Serializer[Any]):
    """Changes to a project; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    visibility = serializers.ChoiceField(choices=Visibility.choices, required=False)
    owner_id = serializers.IntegerField(min_value=1, required=False)
    archived = serializers.BooleanField(required=False)


class DuplicateSerializer(serializers.Serializer[Any]):
    """What a copy is called and whether its people come along."""

    name = serializers.CharField(max_length=200)
    with_people = serializers.BooleanField(default=False)


class StageSerializer(serializers.ModelSerializer[Stage]):
    """One stage."""

    class Meta:
        model = Stage
        fields = ["id", "name", "position"]
        read_only_fields = ["id", "position"]


class DefaultStagesSerializer(serializers.Serializer[Any]):
    """The names of the stages that new projects begin with, from left to right."""

    names = serializers.ListField(child=serializers.CharField(max_length=MAX_NAME), max_length=MAX_STAGES)


class StageOrderSerializer(serializers.Serializer[Any]):
    """All stages of a project in their new order."""

    stage_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=100)


class StageRemovalSerializer(serializers.Serializer[Any]):
    """Where the people of a removed stage go."""

    move_to = serializers.IntegerField(min_value=1, required=False)


class ProjectMemberSerializer(serializers.ModelSerializer[ProjectMember]):
    """One person in a project and where they stand."""

    candidate_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(source="candidate.name", read_only=True)
    stage = serializers.CharField(source="stage.name", read_only=True)

    class Meta:
        model = ProjectMember
        fields = ["candidate_id", "name", "stage_id", "stage", "position", "added_at"]
        read_only_fields = fields


class PeopleSerializer(serializers.Serializer[Any]):
    """Ids of people to add to a project or take out of it, at most 10,000 at once."""

    candidate_ids = ids_field()


class AddPeopleSerializer(PeopleSerializer):
    """People to add, into a stage if one is named."""

    stage_id = serializers.IntegerField(min_value=1, required=False)


class AddedSerializer(serializers.Serializer[Any]):
    """What adding people came to."""

    added = serializers.IntegerField()
    already = serializers.IntegerField()
    unknown = serializers.IntegerField()


class RemovedSerializer(serializers.Serializer[Any]):
    """How many were taken out."""

    removed = serializers.IntegerField()


class MoveSerializer(serializers.Serializer[Any]):
    """People to put into a stage, below the person ``after`` (left out: on top); at most 200."""

    candidate_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=200
    )
    stage_id = serializers.IntegerField(min_value=1)
    after = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class MovedSerializer(serializers.Serializer[Any]):
    """What a move came to."""

    moved = serializers.IntegerField()
    unknown = serializers.IntegerField()


class CollaboratorSerializer(serializers.ModelSerializer[Collaborator]):
    """One colleague with a role in the project; the owner is a field of the project."""

    user_id = serializers.IntegerField(min_value=1)
    name = serializers.CharField(source="user.name", read_only=True)
    role = serializers.ChoiceField(
        choices=[choice for choice in ProjectRole.choices if choice[0] != ProjectRole.OWNER]
    )

    class Meta:
        model = Collaborator
        fields = ["user_id", "name", "role", "added_at"]
        read_only_fields = ["name", "added_at"]


class ShareSerializer(serializers.ModelSerializer[ProjectShare]):
    """One link. ``url`` is there once, in the answer that made it."""

    mode = serializers.ChoiceField(choices=ShareMode.choices, default=ShareMode.VIEW)
    days = serializers.IntegerField(min_value=1, max_value=365, write_only=True, default=30)

    class Meta:
        model = ProjectShare
        fields = [
            "id", "label", "mode", "names_hidden", "days", "created_at", "expires_at", "last_used_at",
        ]  # fmt: skip
        read_only_fields = ["id", "created_at", "expires_at", "last_used_at"]


class MadeShareSerializer(ShareSerializer):
    """A new link with its address, which is told once."""

    url = serializers.URLField(read_only=True)

    class Meta(ShareSerializer.Meta):
        fields = [*ShareSerializer.Meta.fields, "url"]


class ActivitySerializer(serializers.Serializer[Any]):
    """One thing that happened. ``guest``: the name was stated behind a link and is not proved."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    guest = serializers.BooleanField()
    text = serializers.CharField()
    quote = serializers.CharField()
    note = serializers.CharField()


class CommentSerializer(serializers.Serializer[Any]):
    """A comment on the project."""

    body = serializers.CharField(max_length=5_000)


class BulkSerializer(serializers.Serializer[Any]):
    """One action on many people: ``candidate_ids``, or everybody a ``question`` or a ``project`` holds."""

    action = serializers.CharField(max_length=40)
    values = serializers.DictField(required=False, default=dict)
    candidate_ids = ids_field(required=False)
    question = serializers.DictField(required=False)
    project_id = serializers.IntegerField(min_value=1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to say who is meant."""
        if len({"candidate_ids", "question", "project_id"} & set(attrs)) != 1:
            raise serializers.ValidationError("Name candidate_ids, a question or a project_id.")
        return attrs


class BulkOutcomeSerializer(serializers.Serializer[Any]):
    """What a bulk run came to, in people."""

    changed = serializers.IntegerField()
    erasing = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    undone = serializers.IntegerField()
    skipped = serializers.DictField(child=serializers.IntegerField(), help_text="Why → how many.")
    not_found = serializers.IntegerField()


class RunProblemSerializer(serializers.Serializer[Any]):
    """Why a run failed."""

    code = serializers.CharField()
    text = serializers.CharField()


class BulkRunSerializer(serializers.Serializer[Run]):
    """A bulk run: where it stands and what it came to."""

    id = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=RunStatus.choices, read_only=True)
    total = serializers.IntegerField(read_only=True, help_text="0 while unknown.")
    done = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    note = serializers.CharField(read_only=True)
    problem = RunProblemSerializer(read_only=True, allow_null=True)
    result = serializers.JSONField(read_only=True)
    outcome = BulkOutcomeSerializer(read_only=True)
    undoable = serializers.BooleanField(read_only=True)

    def to_representation(self, run: Run) -> dict[str, Any]:
        """As the tray shows it, with the outcome in people."""
        found = bulk.outcome(run)
        return run.as_dict() | {
            "outcome": {
                "changed": found.changed,
                "erasing": found.erasing,
                "unchanged": found.unchanged,
                "undone": found.undone,
                "skipped": dict(found.skipped),
                "not_found": found.unknown,
            },
            "undoable": bulk.undoable(run),
        }
