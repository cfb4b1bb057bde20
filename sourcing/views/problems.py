"""A typed error as the error of a form: beside the field it names, else above the form."""

from __future__ import annotations

from django.forms import BaseForm

from foundation.problems import Invalid, Problem


def onto_form(problem: Problem, form: BaseForm, field: str = "") -> None:
    """Show the problem in the form; ``field`` is where an address error without a field of its own belongs."""
    named = problem.fields if isinstance(problem, Invalid) else {}
    shown = {name: text for name, text in named.items() if name in form.fields}
    for name, text in shown.items():
        form.add_error(name, text)
    if not shown:
        target = (
            field if field and isinstance(problem, Invalid) and problem.code.startswith("invalid_") else None
        )
        form.add_error(target, str(problem))
