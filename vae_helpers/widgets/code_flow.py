"""The code flow: how codes move into a prior while a model is trained, with the discriminator as a heat map below."""

import numpy as np
import torch
import traitlets
from jaxtyping import Integer
from torch import Tensor

from vae_helpers.adversarial import discriminator_loss
from vae_helpers.code_flow import Flow, check_flow
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import is_number
from vae_helpers.widgets.shared.codecs import compact, float_bytes
from vae_helpers.widgets.shared.decoder import export_network
from vae_helpers.widgets.shared.models import check_labels
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

LIMIT = 4.0  # of the map


class CodeFlow(Stage, View):
    """Press a prior, move the slider or press play: codes flow to the prior's draws, over a map of the discriminator.

    White is D(z) = 0.5. Between two snapshots codes go straight; D is that of the nearer one. All of it happens in the
    browser. ``prior`` (a name), ``time`` (0 to T - 1, in snapshots) and ``heat`` can be read, set and observed.

    >>> from vae_helpers.code_flow import load_code_flow
    >>> CodeFlow(*load_code_flow())
    CodeFlow(3 priors, 12 snapshots, 400 images)

    Args:
        flows: by the names of their priors, as from :func:`vae_helpers.code_flow.load_code_flow`; all of as many
            snapshots, images and discriminators of one size.
        labels: the images' digits, (N,).
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no dict of flows, flows that differ in size, or labels that are not a digit for each.
        traitlets.TraitError: a prior that is not there, or a time out of range; later too, when they are set.
    """

    _esm = linked("code_flow.js")
    # No echo: the kernel's late repetition would pull the slider back from where the hand is by now.
    prior = traitlets.Unicode().tag(sync=True, echo_update=False)
    time = traitlets.TraitType(0.0).tag(sync=True, echo_update=False)  # NumPy's numbers too
    heat = traitlets.Bool(True).tag(sync=True, echo_update=False)
    names = traitlets.List().tag(sync=True)
    steps = traitlets.List().tag(sync=True)  # of each flow
    reconstruction = traitlets.List().tag(sync=True)
    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)  # of each flow: codes, draws, discriminators
    half = traitlets.Bool().tag(sync=True)
    draws = traitlets.List().tag(sync=True)  # how many of each flow
    labels = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(LIMIT).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(self, flows: dict[str, Flow], labels: Integer[Tensor, " N"], *, presenter: bool = False):
        if not isinstance(flows, dict) or not flows:
            raise TypeError(f"flows: want a dict of flows by their priors' names, got {flows!r:.60}")
        for name, flow in flows.items():
            if not isinstance(name, str) or not name:
                raise TypeError(f"flows: want a dict of flows by their priors' names, got the key {name!r:.60}")
            check_flow(flow, f"flows[{name!r}]")
        sizes = {(*flow.codes.shape, flow.judges) for flow in flows.values()}
        if len(sizes) > 1:
            raise ValueError(f"flows: want all of one size, got (snapshots, images, 2, judges) {sorted(sizes)}")
        check_labels(labels, len(next(iter(flows.values())).codes[0]))
        self._flows, parts = flows, []
        for flow in flows.values():
            exported = [export_network(flow.discriminator(k), "discriminator") for k in range(len(flow.steps))]
            parts += [float_bytes(flow.codes), float_bytes(flow.draws), *(weights for _, weights in exported)]
        super().__init__(
            names=list(flows),
            prior=next(iter(flows)),
            steps=[flow.steps.tolist() for flow in flows.values()],
            reconstruction=[np.round(flow.reconstruction.tolist(), 1).tolist() for flow in flows.values()],
            layers=exported[0][0],
            **compact(b"".join(parts)),
            draws=[len(flow.draws) for flow in flows.values()],
            labels=labels.tolist(),
            presenter=presenter,
        )

    def __repr__(self) -> str:
        times, images, _ = next(iter(self._flows.values())).codes.shape
        return f"CodeFlow({len(self.names)} priors, {times} snapshots, {images} images)"

    @property
    def loss(self) -> float:
        """The discriminator's loss on what is shown, in nats; ln 2 where it can't tell codes from draws."""
        flow = self._flows[self.prior]
        before = int(self.time)
        codes = torch.lerp(flow.codes[before], flow.codes[min(before + 1, len(flow.steps) - 1)], self.time - before)
        with torch.no_grad():
            judge = flow.discriminator(int(self.time + 0.5))
            return discriminator_loss(judge(flow.draws)[:, 0], judge(codes)[:, 0]).item()

    @traitlets.validate("prior")
    def _valid_prior(self, proposal) -> str:
        if proposal["value"] not in self._flows:
            raise traitlets.TraitError(f"prior: want one of {', '.join(self._flows)}, got {proposal['value']!r:.60}")
        return proposal["value"]

    @traitlets.validate("time")
    def _valid_time(self, proposal) -> float:
        value, last = proposal["value"], len(next(iter(self._flows.values())).steps) - 1
        if not is_number(value) or not 0 <= value <= last:
            raise traitlets.TraitError(f"time: want a number from 0 to {last}, got {value!r:.60}")
        return float(value)
