"""Tables of figures as CSV files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpResponseBase, StreamingHttpResponse

from campaigns import reporting, statistics, variant_figures
from campaigns.definitions import (
    ADDED,
    BOUNCED,
    DAY_BOUNCED,
    DAY_REPLIED,
    DAY_SENT,
    DELIVERED_TO,
    OPENED,
    REPLIED,
    REPORT,
    SENT,
    STEP_INTERESTED,
    STEP_REPLIED,
    WRITTEN_TO,
    Definition,
)
from campaigns.models import Campaign
from sourcing.importing.refused import neutral

Cell = str | int
_Figures = statistics.StepFigures | variant_figures.VariantFigures


@dataclass(frozen=True)
class Table:
    """One table: heads, and rows whose cells stand under them. No cell is a formula to a spreadsheet."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def lines(table: Table) -> Iterator[str]:
    """The file line by line, with a byte-order mark so that spreadsheets read it as UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    for row in (table.head, *table.rows):
        yield writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def head(definition: Definition) -> str:
    """The head of a column: "Bounced (e-mails)"."""
    return f"{definition.word} ({definition.counts})"


def download(table: Table, name: str) -> HttpResponseBase:
    """The file as an answer that no cache keeps."""
    response = StreamingHttpResponse(lines(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def of_report(report: reporting.Report) -> Table:
    """The organisation's report, everybody last."""
    return Table(
        ["From", "To", "Member", *(head(each) for each in REPORT)],
        [
            [
                *(report.first.isoformat(), report.last.isoformat(), line.member),
                *(line.sent, line.bounced, line.single, line.written_to, line.replied),
            ]
            for line in [*report.lines, report.total]
        ],
    )


def _funnel(campaign: Campaign) -> Table:
    return Table(
        ["Stage", "People", "What it counts"],
        [[stage.name, stage.people, stage.definition.text] for stage in statistics.funnel(campaign)],
    )


def _steps(campaign: Campaign) -> Table:
    """A line for each step, with those of its variants behind it."""
    found = statistics.by_step(campaign)
    comparisons = variant_figures.of_campaign(campaign)
    columns: list[tuple[Definition, Callable[[_Figures], int | None]]] = [
        (SENT, lambda line: line.sent),
        (BOUNCED, lambda line: line.bounced),
        (OPENED, lambda line: line.opened),
        (STEP_REPLIED, lambda line: line.replied),
        (STEP_INTERESTED, lambda line: line.interested),
    ]
    shown = [(word, value) for word, value in columns if any(value(line) is not None for line in found)]
    rows: list[list[Cell]] = []
    for line in found:
        rows.append([line.step.position, "", line.step.subject, *(value(line) or 0 for _, value in shown)])
        comparison = comparisons.get(line.step.pk)
        rows += [
            [
                *(line.step.position, each.text.letter, each.text.subject),
                *(value(each) or 0 for _, value in shown),
            ]
            for each in (comparison.lines if comparison else ())
        ]
    return Table(["Step", "Variant", "Subject", *(head(definition) for definition, _ in shown)], rows)


def _days(campaign: Campaign) -> Table:
    return Table(
        ["Date", head(DAY_SENT), head(DAY_BOUNCED), head(DAY_REPLIED)],
        [
            [line.day.isoformat(), line.sent, line.bounced, line.replied]
            for line in statistics.by_day(campaign)
        ],
    )


def _members(campaign: Campaign) -> Table:
    return Table(
        ["Added by", *(head(each) for each in (ADDED, WRITTEN_TO, DELIVERED_TO, REPLIED))],
        [
            [line.member, line.added, line.written_to, line.delivered, line.replied]
            for line in statistics.by_member(campaign)
        ],
    )


#: Name in the address → the words of its link, and the table.
OF_CAMPAIGN: Mapping[str, tuple[str, Callable[[Campaign], Table]]] = {
    "funnel": ("Funnel", _funnel),
    "steps": ("Steps", _steps),
    "days": ("Days", _days),
    "members": ("Members", _members),
}
