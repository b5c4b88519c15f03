"""Training on several processes: whose rows of a batch are whose, and the same numbers as one process.

Lightning Fabric joins the processes that ``torchrun`` has started, and averages their gradients after each step (DDP).
What is left to do stands here. Each process goes through the same batches of the same data, in the same order, and
takes its own rows of each, with its own rows of the noise: :mod:`vae_helpers.shares`. So a step is the step of one
process, to rounding.

``lightning_fabric`` (``pip install -e '.[scale]'``) is imported by :func:`started_by_torchrun` alone, and only there.
"""

import os
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed, nn

from vae_helpers.shares import OwnDraws, Weighted, own_rows
from vae_helpers.validation import check_can

STRATEGIES = ("SingleDeviceStrategy", "DDPStrategy")  # by name: there is lightning_fabric and lightning.fabric


class OneProcess:
    """``fit`` without Fabric: every row is its own."""

    is_first, count = True, 1

    def __init__(self, device: str = "cpu"):
        self.device = device

    def join(self, model: nn.Module, optimizer: torch.optim.Optimizer, step: Callable) -> tuple:
        """What the loop calls in place of these three."""
        return model, optimizer, step

    def check_same(self, settings: dict[str, Any]) -> None:
        """``ValueError`` in all processes where one is to train another model, or on other data, than the first."""

    def total(self, terms: Tensor) -> Tensor:
        """The sum over all processes."""
        return terms

    def from_first(self, make: Callable[[], Any]) -> Any:
        """What ``make()`` gives in the first process, in all of them; an error of it too, or the others would wait."""
        return make()

    def leave(self, model: nn.Module) -> None:
        """The model as it was before :meth:`join`, but for its weights."""


class SeveralProcesses(OneProcess):
    """The processes that a Fabric object joins, perhaps just one.

    Raises:
        TypeError: no Fabric object.
        ValueError: one with another strategy than DDP, with another precision than 32-true, or not launched.
    """

    def __init__(self, fabric: Any):
        wanted = 'want a lightning_fabric.Fabric(..., strategy="ddp")'
        if not all(hasattr(fabric, name) for name in ("strategy", "setup", "all_reduce", "broadcast", "global_rank")):
            raise TypeError(f"fabric: {wanted}, got {type(fabric).__name__}")
        strategy, precision = type(fabric.strategy).__name__, fabric.strategy.precision.precision
        if strategy not in STRATEGIES:
            raise ValueError(f"fabric: {wanted}, got one with {strategy}")
        if precision != "32-true":
            raise ValueError(f'fabric: want one with precision="32-true", got {precision!r}')
        if fabric.world_size > 1 and not distributed.is_initialized():
            raise ValueError("fabric: want one that is launched: call fabric.launch() before")
        super().__init__(fabric.device)
        self.fabric, self.rank, self.count = fabric, fabric.global_rank, fabric.world_size
        self.is_first = self.rank == 0

    def join(self, model: nn.Module, optimizer: torch.optim.Optimizer, step: Callable) -> tuple:
        joined, optimizer = self.fabric.setup(model, optimizer)
        joined.mark_forward_method("loss_terms")  # else DDP, which averages, would not see it: each would train its own
        return joined, optimizer, self._own_part_of(step) if self.count > 1 else step

    def _own_part_of(self, step: Callable) -> Callable:
        def own_part(model, optimizer, *batch, beta, generator):
            rows = own_rows(len(batch[0]), self.rank, self.count)
            own = [part[rows.start : rows.stop] for part in batch]
            with OwnDraws(rows, generator):
                terms = step(Weighted(model, rows.weight), optimizer, *own, beta=beta, generator=generator)
            return terms if rows.weight else tuple(0 * term for term in terms)

        return own_part

    def check_same(self, settings: dict[str, Any]) -> None:
        firsts = self.from_first(lambda: settings)
        other = [name for name in settings | firsts if settings.get(name) != firsts.get(name)]
        differing = int(self.total(torch.tensor(float(bool(other)), device=self.device)))
        if differing:
            name = next(iter(other), None)
            here = f"; in this one: {name} {firsts.get(name)} in the first, {settings.get(name)} here" if other else ""
            raise ValueError(
                f"fabric: want the same model, data and settings in all processes, got other ones in {differing}{here}"
            )

    def total(self, terms: Tensor) -> Tensor:
        return self.fabric.all_reduce(terms, reduce_op="sum")

    def from_first(self, make: Callable[[], Any]) -> Any:
        made = _made_or_error(make) if self.is_first else None
        made = self.fabric.broadcast(made)
        if isinstance(made, Exception):
            raise made
        return made

    def leave(self, model: nn.Module) -> None:
        vars(model).pop("forward", None)  # Fabric leaves one there, which would keep the model from being pickled


def _made_or_error(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error of a kind that can't be sent: its words can
            return RuntimeError(f"{type(error).__name__}: {error}")
        return error


def processes_of(fabric: Any, model: nn.Module, device: Any) -> OneProcess:
    """One process on ``device``, or those of ``fabric`` on its device.

    >>> processes_of(None, torch.nn.Linear(2, 1), "cpu").count
    1

    Raises:
        TypeError, ValueError: as :class:`SeveralProcesses`; a device that is not Fabric's; or, with more than one
            process, a model with batch norm.
    """
    if fabric is None:
        return OneProcess(device)
    processes = SeveralProcesses(fabric)
    if torch.device(device).type not in ("cpu", processes.device.type):
        raise ValueError(f"device: leave it out, for fabric has one ({processes.device}), got {device!r}")
    check_can(model, "loss_terms")
    for module in model.modules() if processes.count > 1 else ():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and not isinstance(module, nn.SyncBatchNorm):
            raise ValueError(
                f"model: want one whose rows don't depend on each other, got a {type(model).__name__} with batch norm "
                f"in a {type(module).__name__}: each process would have its own averages"
            )
    return processes


def started_by_torchrun(device: str = "cpu") -> Any:
    """A Fabric object for ``fit``, launched, with the processes that ``torchrun`` has started; None where it has not.

    >>> started_by_torchrun() is None
    True

    Args:
        device: "cpu" or "cuda", which gives each process a GPU.

    Raises:
        ImportError: ``torchrun`` has started this process, but lightning-fabric is not installed.
    """
    if not distributed.is_torchelastic_launched():
        return None
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise ImportError("several processes need lightning-fabric: pip install -e '.[scale]'") from error
    here, everywhere = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
    if here == everywhere:
        _meet_anew("nccl" if device == "cuda" else "gloo")
    fabric = Fabric(accelerator=device, devices=here, num_nodes=everywhere // here, strategy="ddp")
    fabric.launch()
    return fabric


def _meet_anew(backend: str) -> None:
    """Join the processes, under a new name at each of torchrun's restarts: Fabric takes them as they are then.

    torchrun's store outlives a restart. A process that looks there for the others' addresses before they are written
    anew would find the old ones, where nobody listens any more, and wait for half a minute. (Of several machines each
    counts its own restarts, so that they would not agree on a name.)
    """
    store, rank, processes = next(distributed.rendezvous("env://"))
    store = distributed.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=processes)
