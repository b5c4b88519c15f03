"""One press of Stop ends all the training of a cell, not just one ``fit`` of a loop.

``fit`` gives back what it has when Stop interrupts it, so the rest of the cell runs on. Were that all, a loop over five
models would need five presses. So the press is remembered until the next cell begins, and each later ``fit`` of the
same cell leaves its weights as they are and says so. Outside IPython there are no cells: there nothing is remembered,
and a script looks at ``history.stopped``.
"""

import sys

_stopped_in: list[object] = []  # the shell in which Stop was pressed, until its next cell begins


def remember_stop() -> None:
    """Stop was pressed in the cell that is running."""
    if (shell := _shell()) is not None and not was_stopped():
        _stopped_in.append(shell)
        shell.events.register("pre_execute", _forget)  # also before a widget's callback


def was_stopped() -> bool:
    """Whether Stop was pressed earlier in the cell that is running."""
    return bool(_stopped_in)


def _forget() -> None:
    _stopped_in.pop().events.unregister("pre_execute", _forget)


def _shell() -> object | None:
    ipython = sys.modules.get("IPython")  # where it was never imported, nothing runs in it
    return ipython.get_ipython() if ipython else None
