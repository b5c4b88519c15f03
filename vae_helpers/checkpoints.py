"""Save a trained model in one file, and get it back without running anything the file contains."""

import io
import operator
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae_helpers.models import MODELS

FORMAT = 1
PLAIN = "plain numbers, strings, lists and dicts"


class CheckpointError(RuntimeError):
    """The file is no checkpoint of this package, is damaged, or holds another architecture."""


def save_checkpoint(model: nn.Module, path: str | Path, info: dict[str, Any] | None = None) -> Path:
    """Write weights, architecture and ``info`` to ``path``; its folder is made where it is missing.

    ``info`` holds plain numbers, strings, lists, dicts and tensors. NumPy's numbers and arrays go in as Python's, a
    path as text, a named tuple as a dict.

    The file appears complete or not at all, and an earlier one stays until then. What :func:`load_checkpoint` would
    refuse is refused here, before anything is written.

    Raises:
        TypeError: a model that is none of :mod:`vae_helpers.models`, or a value in ``info`` of another kind.
        ValueError: a model that was changed so that its weights no longer fit its ``architecture``.
        OSError: the folder can't be written, or ``path`` is a folder or a read-only file.
    """
    kind = type(model).__name__
    if MODELS.get(kind) is not type(model):
        raise TypeError(f"model: want one of {', '.join(MODELS)} of vae_helpers.models, got {kind}")
    if info is not None and not isinstance(info, dict):
        raise TypeError(f"info: want a dict of {PLAIN}, got {type(info).__name__}")
    path = _as_path(path)
    if path.is_dir():
        raise IsADirectoryError(f"path: want a file, got the folder {path}")
    if path.exists() and not path.stat().st_mode & 0o222:  # os.replace would not mind
        raise PermissionError(f"path: {path} is read-only")
    content = {
        "format": FORMAT,
        "model": kind,
        "architecture": model.architecture,
        "weights": {name: value.detach().cpu() for name, value in model.state_dict().items()},
        "info": _plain("info", info or {}),
    }
    data = io.BytesIO()
    torch.save(content, data)
    try:
        _rebuilt(_read(data.getvalue(), path), path)
    except CheckpointError as error:
        raise ValueError(f"model: this {kind} could not be loaded again, so it is not saved: {error}") from error
    write_whole(path, data.getvalue())
    return path


def load_checkpoint(path: str | Path, model: nn.Module | None = None) -> nn.Module:
    """The model in ``path``, on the CPU and in eval mode; given a ``model``, its weights are put into that one.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: it can't be read as a checkpoint, or ``model`` has another architecture or dtype; then it
            is left as it was.
    """
    content = read_checkpoint(path)
    kind, architecture = content["model"], content["architecture"]
    if model is None:
        return _rebuilt(content, path)
    if (type(model).__name__, getattr(model, "architecture", None)) != (kind, architecture):
        raise CheckpointError(
            f"{path} holds a {kind} with {architecture}, but the model given is a {type(model).__name__} "
            f"with {getattr(model, 'architecture', 'an unknown architecture')}"
        )
    return _filled(model, content["weights"], path)


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """All that the file holds: ``model``, ``architecture``, ``weights`` and ``info``.

    Only tensors and plain values are read (``weights_only``): a hostile file can't run code. Checksums of all parts
    are compared, so that a damaged file is not taken for a model.

    Raises:
        FileNotFoundError, CheckpointError: as :func:`load_checkpoint`.
    """
    path = _as_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}{', which is a folder' if path.is_dir() else ''}")
    return _read(path.read_bytes(), path)


def _as_path(path: str | Path) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: want a path or its text, got {type(path).__name__}")
    return Path(path)


def _plain(name: str, value: Any) -> Any:
    """``value`` as ``torch.load(weights_only=True)`` takes it, or ``TypeError``."""
    try:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (np.generic, np.ndarray)):
            return _plain(name, value.tolist()) if value.dtype.kind in "biufU" else _refuse(name, value)
        if isinstance(value, Tensor):
            return value.detach().cpu().clone() if type(value) in (Tensor, nn.Parameter) else _refuse(name, value)
        if isinstance(value, str):
            return str.__str__(value)  # the text itself, of a subclass too, such as torch.__version__
        if isinstance(value, int):
            return operator.index(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            value = value._asdict()
        if isinstance(value, dict):
            return {_key(name, key): _plain(f"{name}[{key!r}]", one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            parts = [_plain(f"{name}[{position}]", one) for position, one in enumerate(value)]
            return parts if isinstance(value, list) else tuple(parts)
    except RecursionError:
        raise TypeError(f"{name}: want {PLAIN}, got one that holds itself") from None
    return _refuse(name, value)


def _key(name: str, key: Any) -> Any:
    plain = _plain(f"{name}'s key {key!r}", key)
    return plain if isinstance(plain, (str, int, float)) else _refuse(f"{name}'s key {key!r}", key)


def _refuse(name: str, value: Any) -> None:
    raise TypeError(f"{name}: want {PLAIN}, got {type(value).__name__}")


def write_whole(path: Path, data: bytes) -> None:
    """All of it under its name, or nothing: then the file that was there stays."""
    path = path.resolve()  # a link stays one
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def read_tensors(data: bytes, path: str | Path) -> Any:
    """What the bytes of a file hold, each part compared with its checksum first: ``torch.load`` does not.

    Raises:
        CheckpointError: they are damaged, or hold more than tensors and plain values.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # a part marked as a folder by one flipped bit: zipfile checks it, PyTorch reads no bytes there
            folders = [part.filename for part in archive.infolist() if part.external_attr]
            damaged = archive.testzip() or next(iter(folders), None)
        content = None if damaged else torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds, by what the damage hits
        raise CheckpointError(f"{path} can't be read as a checkpoint: damaged, or made by something else") from error
    if damaged:
        raise CheckpointError(f"{path} can't be read as a checkpoint: damaged (the checksum of {damaged} is wrong)")
    return content


def _read(data: bytes, path: str | Path) -> dict[str, Any]:
    content = read_tensors(data, path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a PyTorch file, but no checkpoint of this package (format {FORMAT})")
    for name, wanted in (("model", str), ("architecture", dict), ("weights", dict), ("info", dict)):
        if not isinstance(content.get(name), wanted):
            raise CheckpointError(f"{path} is no complete checkpoint: its {name!r} is missing or no {wanted.__name__}")
    return content


def _rebuilt(content: dict[str, Any], path: str | Path) -> nn.Module:
    """A new model of the kind and the size that the file names, with its weights."""
    kind, architecture = content["model"], content["architecture"]
    if kind not in MODELS:
        raise CheckpointError(f"{path} holds a {kind!r}; known are {', '.join(MODELS)}")
    try:
        model = MODELS[kind](**architecture)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path} holds a {kind} with {architecture}, which can't be built: {error}") from error
    weights = [weight for weight in content["weights"].values() if isinstance(weight, Tensor)]
    dtypes = {weight.dtype for weight in weights if weight.is_floating_point()}  # a batch norm counts in whole numbers
    dtype = dtypes.pop() if len(dtypes) == 1 else torch.float32
    return _filled(model.to(dtype), content["weights"], path)


def _filled(model: nn.Module, weights: dict[str, Any], path: str | Path) -> nn.Module:
    """The model with these weights, in eval mode; compared first, for PyTorch copies what fits and then raises."""
    wanted = {name: _outline(value) for name, value in model.state_dict().items()}
    given = {name: _outline(value) for name, value in weights.items()}
    if wanted != given:
        name = next(name for name in wanted | given if wanted.get(name) != given.get(name))
        raise CheckpointError(
            f"{path}: its weights don't fit a {type(model).__name__}: "
            f"{name} is {given.get(name, 'missing')}, wanted is {wanted.get(name, 'none')}"
        )
    model.load_state_dict(weights)
    return model.eval()


def _outline(value: Any) -> str:
    return f"{value.dtype} {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
