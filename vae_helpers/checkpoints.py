"""Save a trained model in one file, and get it back without running anything the file contains."""

import os
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vae_helpers.models import MODELS

FORMAT = 1


class CheckpointError(RuntimeError):
    """The file is no checkpoint of this package, is damaged, or holds another architecture."""


def save_checkpoint(model: nn.Module, path: str | Path, info: dict[str, Any] | None = None) -> Path:
    """Write weights, architecture and ``info`` (plain numbers, strings, lists, dicts) to ``path``.

    The file appears complete or not at all, and an earlier one stays until then.

    Raises:
        TypeError: a model that :func:`load_checkpoint` could not rebuild.
        OSError: the folder can't be written.
    """
    kind = type(model).__name__
    if MODELS.get(kind) is not type(model):
        raise TypeError(f"model: want one of {', '.join(MODELS)} of vae_helpers.models, got {kind}")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    content = {
        "format": FORMAT,
        "model": kind,
        "architecture": model.architecture,
        "weights": weights,
        "info": info or {},
    }
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        torch.save(content, scratch)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def load_checkpoint(path: str | Path, model: nn.Module | None = None) -> nn.Module:
    """The model in ``path``, on the CPU and in eval mode; given a ``model``, its weights are put into that one.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: it can't be read as a checkpoint, or ``model`` has another architecture.
    """
    content = read_checkpoint(path)
    kind, architecture = content["model"], content["architecture"]
    if model is None:
        if kind not in MODELS:
            raise CheckpointError(f"{path} holds a {kind!r}; known are {', '.join(MODELS)}")
        model = MODELS[kind](**architecture)
    elif (type(model).__name__, getattr(model, "architecture", None)) != (kind, architecture):
        raise CheckpointError(
            f"{path} holds a {kind} with {architecture}, but the model given is a {type(model).__name__} "
            f"with {getattr(model, 'architecture', 'an unknown architecture')}"
        )
    model.load_state_dict(content["weights"])
    return model.eval()


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """All that the file holds: ``model``, ``architecture``, ``weights`` and ``info``.

    Only tensors and plain values are read (``weights_only``): a hostile file can't run code.

    Raises:
        FileNotFoundError, CheckpointError: as :func:`load_checkpoint`.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise CheckpointError(f"{path} can't be read as a checkpoint: damaged, or made by something else") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a PyTorch file, but no checkpoint of this package (format {FORMAT})")
    return content
