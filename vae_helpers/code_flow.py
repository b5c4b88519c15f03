"""How codes move into a prior while an adversarial autoencoder is trained: snapshots of the game, and how to read them.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from vae_helpers.data import REPO_DATA
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.validation import check_finite, check_fits, check_some, checked

PATH = REPO_DATA / "weights" / "code_flow.pt"


class Flow(NamedTuple):
    """Snapshots of one training, T of them, all float32 but for ``steps``.

    >>> flow = load_code_flow()[0]["Gaussian"]
    >>> flow.codes.shape, flow.discriminator(-1)(flow.draws).shape
    (torch.Size([12, 400, 2]), torch.Size([400, 1]))
    """

    steps: Integer[Tensor, " T"]  # of training done so far, in ascending order
    codes: Float[Tensor, "T N 2"]  # of the same N images
    draws: Float[Tensor, "M 2"]  # of the prior
    discriminators: Float[Tensor, "T P"]  # all weights of one, one after another
    reconstruction: Float[Tensor, " T"]  # of the test images, nats per image
    judges: tuple[int, ...]  # widths of the discriminator's hidden layers

    def discriminator(self, k: int) -> nn.Sequential:
        """The discriminator of snapshot ``k``: from points (N, 2) to logits (N, 1)."""
        network = AdversarialAutoencoder(2, (1,), judges=self.judges).discriminator
        vector_to_parameters(self.discriminators[k].clone(), network.parameters())
        return network


@checked
def record(model: AdversarialAutoencoder, images: Float[Tensor, "N 1 28 28"]) -> dict[str, Tensor]:
    """What one snapshot holds of a model: its codes of ``images``, and its discriminator's weights.

    >>> parts = record(AdversarialAutoencoder(2, (8,), judges=(4,)), torch.rand(5, 1, 28, 28))
    >>> parts["codes"].shape, parts["discriminators"].shape
    (torch.Size([5, 2]), torch.Size([17]))
    """
    weights = parameters_to_vector(model.discriminator.parameters()).detach()
    with torch.no_grad():
        return {"codes": model.encode(images), "discriminators": weights}


def check_flow(flow: Flow, name: str = "flow") -> None:
    """Raise unless the parts of a flow belong to one another and are finite.

    >>> flow = load_code_flow()[0]["Gaussian"]
    >>> check_flow(flow)  # says nothing: it will do
    >>> check_flow(flow._replace(judges=(4,)))
    Traceback (most recent call last):
    ValueError: flow.discriminators: want the 17 weights of judges (4,), got 4417

    Raises:
        TypeError: no :class:`Flow`, or a part that is no tensor.
        ValueError: no snapshots, parts of other lengths, steps that don't ascend, or weights of another discriminator.
    """
    if not isinstance(flow, Flow):
        raise TypeError(f"{name}: want a Flow, got {type(flow).__name__}")
    check_fits(Integer[Tensor, " T"], **{f"{name}.steps": flow.steps})
    check_some(**{f"{name}.steps": flow.steps})
    count = len(flow.steps)
    shapes = {"codes": f"{count} N 2", "draws": "M 2", "discriminators": f"{count} P", "reconstruction": f"{count}"}
    for part, shape in shapes.items():
        check_fits(Float[Tensor, shape], **{f"{name}.{part}": getattr(flow, part)})
        check_finite(**{f"{name}.{part}": getattr(flow, part)})
    if not (flow.steps.diff() > 0).all():
        raise ValueError(f"{name}.steps: want an ascending row, got {flow.steps.tolist()}")
    network = AdversarialAutoencoder(2, (1,), judges=flow.judges).discriminator
    if (wanted := sum(weights.numel() for weights in network.parameters())) != flow.discriminators.shape[1]:
        got = flow.discriminators.shape[1]
        raise ValueError(f"{name}.discriminators: want the {wanted} weights of judges {flow.judges}, got {got}")


@checked
def save_code_flow(
    flows: dict[str, Flow], labels: Integer[Tensor, " N"], path: Path = PATH, info: dict | None = None
) -> None:
    """Write flows and their images' labels to one file, in half precision (a discriminator has about 4,000 weights).

    >>> from tempfile import TemporaryDirectory
    >>> flows, labels = load_code_flow()
    >>> with TemporaryDirectory() as folder:
    ...     save_code_flow(flows, labels, Path(folder) / "copy.pt")
    ...     torch.equal(load_code_flow(Path(folder) / "copy.pt")[1], labels)
    True

    Args:
        flows: by their priors' names.
        labels: of the images that all of them are of, from 0 to 255.
        path: of the file; its folder exists.
        info: how it was made.

    Raises:
        TypeError: something that is no :class:`Flow`, or labels that are no whole numbers.
        ValueError: no flows, one whose parts don't belong to one another, or another number of labels than of codes.
    """
    _check_flows(flows, labels)
    halves = {
        name: {part: value.half() if value.is_floating_point() else value for part, value in _tensors(flow).items()}
        | {"judges": list(flow.judges)}
        for name, flow in flows.items()
    }
    new = path.with_suffix(".new")
    torch.save({"labels": labels.to(torch.uint8), "flows": halves, "info": info or {}}, new)
    new.replace(path)  # complete or not at all


def load_code_flow(path: Path = PATH) -> tuple[dict[str, Flow], Integer[Tensor, " N"]]:
    """The flows in data/weights/code_flow.pt by their priors' names, and the labels of the images that they are of.

    >>> flows, labels = load_code_flow()
    >>> list(flows), labels.bincount().tolist()
    (['Gaussian', 'ring of ten', 'swiss roll'], [40, 40, 40, 40, 40, 40, 40, 40, 40, 40])

    Raises:
        FileNotFoundError: no such file.
        ValueError: what the file holds does not belong together.
    """
    content = torch.load(path, weights_only=True)
    flows = {
        name: Flow(
            **{part: value.float() if value.is_floating_point() else value for part, value in _parts(stored).items()},
            judges=tuple(stored["judges"]),
        )
        for name, stored in content["flows"].items()
    }
    _check_flows(flows, content["labels"])
    return flows, content["labels"].long()


def _check_flows(flows: dict[str, Flow], labels: Tensor) -> None:
    if not flows:
        raise ValueError("flows: want at least one, got none")
    for name, flow in flows.items():
        check_flow(flow, name)
        if len(labels) != flow.codes.shape[1]:
            raise ValueError(
                f"labels: want one for each of the {flow.codes.shape[1]} codes of {name}, got {len(labels)}"
            )


def _tensors(flow: Flow) -> dict[str, Tensor]:
    return _parts(flow._asdict())


def _parts(stored: dict) -> dict[str, Tensor]:
    return {name: value for name, value in stored.items() if isinstance(value, Tensor)}
