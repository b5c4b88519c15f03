"""How many threads PyTorch uses: one for the networks of this course, unless you say otherwise.

PyTorch starts with a thread for each core. On a machine with nothing else to do that pays: a second thread saves the
networks of this course a fifth to two fifths of their time. But as soon as another program is busy (a second
notebook, a browser, a neighbour on a class server) the threads of one operation wait for each other in a loop that
itself takes the core away from whoever could end the wait, and training takes several times as long, for all of them.
One thread is the same whoever else is there. ``make bench`` prints both (benchmarks/threads.py).

Importing this module sets one thread. What you choose yourself stays: ``OMP_NUM_THREADS`` or ``MKL_NUM_THREADS`` in
the environment, and ``torch.set_num_threads`` after the course's imports (but for 1, which the environment must say:
it can't be told from the course's own).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

PYTORCHS_CHOICE = torch.get_num_threads()
COURSES_CHOICE = 1
LARGE = 2_000_000  # weights: three times those of the course's largest network

_chosen_by_environment = any(os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"))

if not _chosen_by_environment:
    torch.set_num_threads(COURSES_CHOICE)


def chosen_by_user() -> bool:
    """Whether the number of threads now is one that the user asked for."""
    return _chosen_by_environment or torch.get_num_threads() != COURSES_CHOICE


@contextmanager
def threads_for(model: nn.Module) -> Iterator[None]:
    """Within it a large ``model`` has all the threads that PyTorch would use; where the user chose, nothing changes."""
    if chosen_by_user() or sum(weight.numel() for weight in model.parameters()) < LARGE:
        yield
        return
    torch.set_num_threads(PYTORCHS_CHOICE)
    try:
        yield
    finally:
        torch.set_num_threads(COURSES_CHOICE)
