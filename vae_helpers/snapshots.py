"""A training that goes on after a kill: after each epoch all that is needed for the next ones, in one file."""

import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from vae_helpers.batches import restore_pytorch, states_of_pytorch
from vae_helpers.checkpoints import CheckpointError, read_tensors, write_whole
from vae_helpers.history import History

FORMAT = "snapshot 1"
SHOWN = 3  # of what differs
PARTS = {"settings": dict, "weights": dict, "optimizer": dict, "generators": list, "pytorch's": list}
PARTS |= {"rows": list, "steps": int}


class SnapshotError(RuntimeError):
    """The file is no snapshot, is damaged, or is one of another training. It stays as it is."""


@dataclass
class Run:
    """All that changes while ``fit`` trains, and so all that a snapshot has to hold.

    ``generators`` are those of the order of the examples and of the noise; PyTorch's own ones, which dropout draws
    from, are kept beside them.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    cycle: torch.optim.lr_scheduler.LRScheduler | None
    generators: list[Generator]
    history: History

    def state(self) -> dict[str, Any]:
        """As tensors and plain values, after an epoch."""
        return {
            "weights": {name: value.detach().cpu() for name, value in self.model.state_dict().items()},
            "optimizer": self.optimizer.state_dict(),
            "cycle": self.cycle.state_dict() if self.cycle else None,
            "generators": [generator.get_state() for generator in self.generators],
            "pytorch's": states_of_pytorch(self.generators[-1].device),
            "rows": self.history.rows,
            "steps": self.history.steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.cycle:
            self.cycle.load_state_dict(state["cycle"])
        restore_pytorch(self.generators[-1].device, state["pytorch's"])
        for generator, its_state in zip(self.generators, state["generators"], strict=True):
            generator.set_state(its_state)
        self.history.rows[:], self.history.steps = state["rows"], state["steps"]


class Snapshot:
    """The file ``path``, for the training with these ``settings`` (see :func:`settings_of`).

    Raises:
        TypeError: ``path`` is no path.
        OSError: it is a folder, or its own folder can't be made.
    """

    def __init__(self, path: str | Path, settings: dict[str, Any]):
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"snapshot: want a path or its text, got {type(path).__name__}")
        self.path, self.settings = Path(path), settings
        if self.path.is_dir():
            raise IsADirectoryError(f"snapshot: want a file, got the folder {path}")
        self.path.parent.mkdir(parents=True, exist_ok=True)  # now, and not only after the first epoch

    def write(self, run: Run) -> None:
        """In place of the one before: complete, or that one stays."""
        data = io.BytesIO()
        torch.save({"format": FORMAT, "settings": self.settings, **run.state()}, data)
        write_whole(self.path, data.getvalue())

    def read(self) -> dict[str, Any] | None:
        """What :meth:`Run.restore` takes; None where there is no such file yet.

        Raises:
            SnapshotError: a file that is damaged, that is no snapshot, or one of a training with other settings.
        """
        if not self.path.exists():
            return None
        advice = "It stays as it is: name another file, or delete this one to start anew."
        try:
            state = read_tensors(self.path.read_bytes(), self.path)
        except CheckpointError as error:
            raise SnapshotError(f"snapshot: {self.path} is damaged, or was made by something else. {advice}") from error
        whole = isinstance(state, dict) and all(isinstance(state.get(name), kind) for name, kind in PARTS.items())
        if not whole or state.get("format") != FORMAT:
            raise SnapshotError(f"snapshot: {self.path} is a PyTorch file, but no snapshot of a training. {advice}")
        if differences := _differences(state["settings"], self.settings):
            raise SnapshotError(f"snapshot: {self.path} is of another training: {differences}. {advice}")
        return state


def find_snapshot(
    path: str | Path | None,
    processes: Any,
    model: nn.Module,
    data: dict[str, tuple[Tensor, ...] | None],
    **settings: Any,
) -> tuple[Snapshot | None, dict[str, Any] | None]:
    """The snapshot to write after each epoch, and what it holds by now; None for what there is not.

    Args:
        path: of the file; without one nothing is kept.
        processes: that train together, :mod:`vae_helpers.distributed`; all must be about to train the same.
        model, data, settings: as :func:`settings_of` takes them.

    Raises:
        SnapshotError: the file is damaged or of another training.
        TypeError, OSError: as :class:`Snapshot`.
        ValueError: a process is about to train something else.
    """
    if path is None and processes.count == 1:
        return None, None
    settings = settings_of(model, data, **settings)
    processes.check_same(settings)
    if path is None:
        return None, None
    kept = Snapshot(path, settings)
    return kept, processes.from_first(kept.read)


def settings_of(
    model: nn.Module, data: dict[str, tuple[Tensor, ...] | None], **settings: Any
) -> dict[str, str | int | float | list | None]:
    """What makes a training this one and no other: settings, and outlines and checksums of the data and the model.

    >>> settings = settings_of(torch.nn.Linear(2, 1), {"train_images": (torch.zeros(5, 2),)}, epochs=3)
    >>> settings["epochs"], settings["train_images"], settings["model"]
    (3, ['torch.float32 (5, 2), checksum e9ec3db1'], 'Linear')

    Args:
        model: as it is before the first step.
        data: by name; the tensors of each.
        settings: plain values.
    """
    weights = model.state_dict()
    frozen = [name for name, weight in model.named_parameters() if not weight.requires_grad]
    return {
        "model": type(model).__name__,
        **settings,
        **{name: None if parts is None else [_outline(part) for part in parts] for name, parts in data.items()},
        **{f"the shape of {name}": f"{value.dtype} {tuple(value.shape)}" for name, value in weights.items()},
        "what is frozen": frozen,
        "the weights at the start": f"checksum {_checksum([*weights.values()])}",
    }


def _outline(part: Tensor) -> str:
    return f"{part.dtype} {tuple(part.shape)}, checksum {_checksum([part])}"


def _checksum(parts: list[Tensor]) -> str:
    total = 0
    for part in parts:
        flat = part.detach().cpu().contiguous().flatten()
        total = zlib.crc32(flat.view(torch.uint8).numpy(), total)
    return f"{total:08x}"


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, the first few; empty where there are none."""
    names = [name for name in wanted | found if wanted.get(name) != found.get(name)]
    shown = [f"{name} was {_short(found.get(name))} and is {_short(wanted.get(name))}" for name in names[:SHOWN]]
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join(shown + more)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
