"""Turns the signals that end a program into one exception, so that ``with`` blocks unwind."""

from __future__ import annotations

import signal


class Ended(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived; ``number`` says which. Not an error: nobody should catch it by accident."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def exit_code(self) -> int:
        """0 for Ctrl-C, which is how the demo is meant to end; the shell's 128+n otherwise."""
        return 0 if self.number == signal.SIGINT else 128 + self.number


def raise_on_signals() -> None:
    """From now on these signals raise Ended in the main thread. A closed terminal counts as one of them."""

    def end(number: int, _frame: object) -> None:
        raise Ended(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
