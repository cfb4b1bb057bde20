"""A file of people on its way in: upload, mapping, preview, slices, result."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.audit import audit
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key
from sourcing.models.project import Project


class ImportFormat(models.TextChoices):
    """What kind of file it is."""

    TEXT = "text", "CSV"
    WORKBOOK = "workbook", "Excel workbook"


class ImportPhase(models.TextChoices):
    """What a run does next; each phase is resumable from what is committed."""

    READING = "reading", "Reading the file"
    JOINING = "joining", "Looking for repeated people"
    WRITING = "writing", "Saving people"


class ImportRun(TenantModel):
    """One uploaded file, how it is read, and what became of its rows.

    Until Import is pressed ``run`` is None; from then on the run says where it stands. ``mapping`` is
    ``{column index: field}``, ``policies`` ``{field: keep | overwrite | add}`` for people we have already
    (``importing.policies``). ``check_run`` counts what Import would do, into ``checked`` (``importing.checking``);
    ``undo_run`` takes it back. Counts are data rows: ``imported`` made a person, ``updated`` joined an existing one,
    ``rejected`` are refused or joined to an earlier line of the same file. When the run is done,
    ``imported + updated + rejected == rows``.
    """

    file = models.FileField(upload_to="imports/%Y/%m/", max_length=300)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.PositiveBigIntegerField(default=0)
    format = models.CharField(max_length=8, choices=ImportFormat, default=ImportFormat.TEXT)
    #: Of a workbook: its sheets, and the one to read.
    sheets = models.JSONField(default=list, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    #: The rows of that sheet as text, made once by the run, so that reading can go on in the middle.
    rows_file = models.FileField(upload_to="imports/%Y/%m/", max_length=300, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=2, blank=True)
    has_header = models.BooleanField(default=True)
    #: Physical line of the header, when there is one.
    header_line = models.PositiveIntegerField(default=1)
    mapping = models.JSONField(default=dict)
    policies = models.JSONField(default=dict, blank=True)
    #: Raised when the file is to be read differently: a worker still reading the old way stores nothing more.
    revision = models.PositiveIntegerField(default=0)
    #: The saved mapping that was proposed for this file.
    proposed = models.ForeignKey(
        "sourcing.ImportMapping", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: Given to everybody in the file.
    tags = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=200, blank=True)
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    phase = models.CharField(max_length=10, choices=ImportPhase, default=ImportPhase.READING)
    run = models.ForeignKey("foundation.Run", on_delete=models.PROTECT, null=True, related_name="+")
    check_run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    checked = models.JSONField(default=dict, blank=True)
    undo_run = models.ForeignKey("foundation.Run", on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    #: Data rows read, and the counts described above.
    rows = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    #: Slices committed so far: the resume point after a crash.
    slices_done = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        # What a worker counts is no decision; what was counted names people.
        triggers = audit(
            "checked", "check_run_id", "imported", "phase", "rejected", "revision", "rows", "rows_file",
            "slices_done", "updated",
        )  # fmt: skip
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("run"),
            SameOrganisation("check_run"),
            SameOrganisation("undo_run"),
            SameOrganisation("proposed"),
            SameOrganisation("created_by"),
            # One file uploaded twice by one person is one upload, until it is imported.
            models.UniqueConstraint(
                fields=["organisation", "created_by", "file_sha256"],
                condition=models.Q(run__isnull=True),
                name="sourcing_import_waiting_once",
            ),
        ]
        indexes = [
            # The import page: the latest files first.
            models.Index(fields=["organisation", "-created_at"], name="sourcing_import_recent"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(TenantModel):
    """Staging: one data row as read. The table is UNLOGGED; a crash of the database empties it and the file is
    read again.

    ``person`` is what ``importing.rows`` made of the row, ``keys`` under which it meets others, as ``MatchKey`` holds
    them. A row that makes no person of its own is deleted when that is known; its story is an ImportNote.
    """

    # The composite constraint below implies both plain foreign keys; checking a row once is enough at this rate.
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    import_run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    line = models.PositiveIntegerField()
    slice = models.PositiveIntegerField()
    person = models.JSONField()
    keys = ArrayField(models.BigIntegerField(), default=list)
    raw = models.JSONField()

    class Meta:
        constraints = [SameOrganisation("import_run")]
        indexes = [
            # A slice is read in line order.
            models.Index(fields=["import_run", "slice", "line"], name="sourcing_importrow_slice"),
            # Repeated people are joined by line.
            models.Index(fields=["import_run", "line"], name="sourcing_importrow_line"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"


class NoteKind(models.TextChoices):
    """What is told about a row. The first two count as rejected."""

    REFUSED = "refused", "Refused"
    JOINED = "joined", "Joined"
    NOTED = "noted", "Taken, something left out"


class ImportNote(TenantModel):
    """What a person has to know about one data row: refused, joined to an earlier line, or taken with
    something left out."""

    import_run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=8, choices=NoteKind)
    line = models.PositiveIntegerField()
    reason_code = models.CharField(max_length=40)
    reason = models.CharField(max_length=400)
    #: The cells as read.
    raw = models.JSONField()

    class Meta(TenantModel.Meta):
        ordering = ("line",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("import_run"),
            # Also serves the result page and the download, in line order.
            models.UniqueConstraint(fields=["import_run", "line"], name="sourcing_import_note_once"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason_code}"


class ImportSlice(TenantModel):
    """What one slice of an import added, by id and without personal data: what *Undo* goes by for 30 days.

    ``made`` are the people it made; the other lists are rows it added to people who were there before.
    """

    import_run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="slices", db_index=False)
    number = models.PositiveIntegerField()
    #: ``now()`` of the slice's transaction: what was added to its people has this time, what came later another.
    written_at = models.DateTimeField()
    made = ArrayField(models.BigIntegerField(), default=list)
    #: People who were there before and are in the slice, changed or not.
    known = ArrayField(models.BigIntegerField(), default=list)
    contact_points = ArrayField(models.BigIntegerField(), default=list)
    social_profiles = ArrayField(models.BigIntegerField(), default=list)
    positions = ArrayField(models.BigIntegerField(), default=list)
    schools = ArrayField(models.BigIntegerField(), default=list)
    members = ArrayField(models.BigIntegerField(), default=list)
    other_values = ArrayField(models.BigIntegerField(), default=list)
    #: People whose search rows are to be written, how many of them are, and when all were.
    to_index = ArrayField(models.BigIntegerField(), default=list)
    indexed = models.PositiveIntegerField(default=0)
    indexed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("import_run"),
            # Also finds the last slice that is not undone.
            models.UniqueConstraint(fields=["import_run", "number"], name="sourcing_import_slice_once"),
        ]
        indexes = [
            # What is older than the time of undoing, across organisations, once an hour.
            models.Index(fields=["written_at"], name="sourcing_import_slice_old"),
            # What is still to be made searchable, across organisations: the first first.
            models.Index(
                fields=["id"],
                condition=models.Q(indexed_at__isnull=True),
                name="sourcing_import_slice_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"slice {self.number}"


class ImportChange(OfPerson):
    """What a slice changed on one person who was there before: ``{field: [before, after, provenance before]}``.

    After *Undo* the rows of people on whom nothing is left are gone; ``kept`` tells why the others still are.
    """

    import_run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    slice = models.PositiveIntegerField()
    candidate = candidate_key("import_changes")
    changes = models.JSONField(default=dict)
    kept = models.JSONField(default=list)

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("import_run"),
            # Undo goes slice by slice; the result page lists what could not be undone in this order.
            models.UniqueConstraint(
                fields=["import_run", "slice", "candidate"], name="sourcing_import_change_once"
            ),
        ]

    def __str__(self) -> str:
        return f"changes of {self.candidate_id}"


class ImportMapping(TenantModel):
    """How files with these headers are read, as it was last imported; proposed for the next such file."""

    #: Of the headers, order and all (``importing.mappings``).
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    policies = models.JSONField(default=dict)
    source = models.CharField(max_length=200)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("updated_by"),
            models.UniqueConstraint(
                fields=["organisation", "signature"], name="sourcing_import_mapping_once"
            ),
        ]

    def __str__(self) -> str:
        return self.source
