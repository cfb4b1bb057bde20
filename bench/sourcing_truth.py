"""Search answers beside brute force on 10,000 people: ``python -m bench.sourcing_truth`` prints the shares as JSON."""

from __future__ import annotations

import json

from bench.sourcing_data import people, recorded


def main() -> None:
    """Build the people on first use, compare every recorded question, print."""
    with people(10_000) as (_, data):
        from bench.sourcing_brute_force import compare  # noqa: PLC0415 - models are there once Django is loaded

        print(json.dumps(compare(data, recorded())))


if __name__ == "__main__":
    main()
