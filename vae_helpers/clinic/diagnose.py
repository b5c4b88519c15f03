"""All tests on a model, the student's own included, and which patients' signatures its numbers show."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from vae_helpers.clinic import formula, known_values, observations, steps
from vae_helpers.clinic.chart import Chart, near, wrapped
from vae_helpers.clinic.patients import PATIENTS
from vae_helpers.clinic.watching import Numbers, prepared
from vae_helpers.evaluation import Data
from vae_helpers.training import Step, training_step
from vae_helpers.validation import as_seed

QUICK = {
    "reconstruction": formula.reconstruction,  # the first: others use its numbers
    "kl": known_values.kl,
    "noise": known_values.noise,
    "step": steps.step,
    "honest": observations.honest,
    "latents": observations.latents,
    "pixels": observations.pixels,
    "repeat": observations.repeat,
    "use_of_z": observations.use_of_z,
    "at_birth": observations.at_birth,
}
MENU: dict[str, Callable] = QUICK | {
    "gradients": observations.gradients,
    "epoch_without_kl": observations.epoch_without_kl,
}  # all tests that can be ordered; the last two are not part of an examination
GIVES = {
    "reconstruction": "likelihood",
    "kl": "kl_mu",
    "noise": "noise_wide",
    "step": "step_growth",
    "honest": "own_loss",
    "latents": "mu_least",
    "pixels": "pixel_least",
    "repeat": "encode_repeat",
    "use_of_z": "use_of_z",
    "at_birth": "birth_kl",
}  # a number of each quick test: without it, the test could not be made
WITH_STEP = ("step", "epoch_without_kl")
WITH_FORMULA = ("honest", "pixels", "use_of_z")


@dataclass(frozen=True)
class Finding:
    """One signature that the numbers show.

    >>> print(Finding("no_noise", "z is mu.", "std(z - mu).", "Draw it."))
    no_noise: z is mu.
      look next: std(z - mu).
    """

    diagnosis: str
    says: str
    next: str
    remedy: str
    doubt: str = ""

    def __str__(self) -> str:
        lines = [f"{self.diagnosis}: {self.says}", f"  look next: {self.next}"]
        return "\n".join(map(wrapped, lines + ([f"  in doubt: {self.doubt}"] if self.doubt else [])))


@dataclass(frozen=True)
class Diagnosis:
    """What :func:`diagnose` found, and the numbers it rests on; ``left_out`` says which tests failed, and why.

    >>> Diagnosis(findings=(), chart=Chart(), left_out=dict.fromkeys(QUICK, "it raised"))
    no test could be made: it raised
    >>> chart = Chart(dict.fromkeys(GIVES.values(), 1.0))
    >>> Diagnosis((), chart, {})
    nothing found
    >>> del chart["kl_mu"], chart["step_growth"]
    >>> Diagnosis((), chart, {"kl": "it raised", "step": "it raised"})
    nothing found in the 8 tests that could be made; not tested: kl, step (it raised)
    """

    findings: tuple[Finding, ...]
    chart: Chart
    left_out: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The diagnoses by name."""
        return tuple(finding.diagnosis for finding in self.findings)

    @property
    def beta(self) -> float:
        """The beta that the two terms amount to, whatever stands in front of them; NaN where it can't be told."""
        alike = near(self.chart["kl_batch"], self.chart["reconstruction_batch"])  # else beta changes with the batch
        is_cross_entropy = str(self.chart["likelihood"]).startswith("BCE")
        return self.chart["kl_mu"] / self.chart["weight"] if alike and is_cross_entropy else math.nan

    def __repr__(self) -> str:
        missing = self.missing
        reasons = {why: [name for name in missing if missing[name] == why] for why in missing.values()}
        if len(missing) == len(QUICK):
            return wrapped(f"no test could be made: {'; '.join(reasons)}")
        not_tested = "not tested: " + "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items())
        if self.findings:
            return "\n".join([*map(str, self.findings), *([wrapped(not_tested)] if missing else [])])
        made = f" in the {len(QUICK) - len(missing)} tests that could be made; {not_tested}" if missing else ""
        off = _off_without_cause(self.chart)
        return "\n".join(
            map(wrapped, [f"nothing found{made}"] + ([f"off without a known cause: {off}"] if off else []))
        )

    @property
    def missing(self) -> dict[str, str]:
        """Of each quick test that could not be made, why: it raised, or it had nothing to look at."""
        unknown = self.chart["likelihood"] == "unknown"
        why = "its likelihood is unknown" if unknown else "it needs calls of encode and decode to look at"
        unseen = {test: why for test, number in GIVES.items() if number not in self.chart}
        return unseen | self.left_out


def _off_without_cause(chart: Chart) -> str:
    """Known values that are not what they should be, in words. A factor of the whole KL is a beta, and no fault."""
    if chart["logvar_least"] > 0:  # an encoder that says sigma was given a logvar: its numbers mean nothing
        return ""
    kl = [chart["kl_mu"], chart["kl_narrow"]]
    off = [] if near(kl[0], kl[1], 0.2) else [name for name in ("kl_mu", "kl_narrow") if not near(chart[name], 1, 0.2)]
    for name in ("noise_wide", "noise_narrow"):
        if not near(chart[name], 1, 0.2) and not near(chart[name], chart["noise_pull"], 0.2):  # a z that is scaled
            off.append(name)
    return ", ".join(f"{name} is {chart[name]:.3g}, healthy is 1" for name in off if name in chart)


def menu() -> str:
    """Each test that can be ordered, and what it looks at.

    >>> print(menu().splitlines()[0])
    reconstruction    Which formula the model's own reconstruction is, where the decoder
    """
    lines = (f"{name:<16}  {inspect.getdoc(test).splitlines()[0]}" for name, test in MENU.items())
    return "\n".join(wrapped(line, indent=18) for line in lines)


def order(test: str, model: nn.Module, images: Data, step: Step | None = None, seed: int = 0) -> Chart:
    """One test of the ``MENU``, by name.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> import torch
    >>> order("kl", PracticeVAE(latent_dim=2), torch.rand(64, 1, 28, 28))["kl_mu"]
    1.0

    Args:
        test: its name.
        model, images, step, seed: as of :func:`diagnose`.

    Raises:
        ValueError: a test that is not on the menu, or unusable images.
        TypeError: a model without ``loss_terms``, or no name of a test in the first place.
    """
    if not isinstance(test, str):
        raise TypeError(f"test: want its name, a text, first, got {type(test).__name__}")
    if test not in MENU:
        raise ValueError(f"test: want one of {', '.join(MENU)}, got {test!r}")
    return Chart(_call(test, model, images, step, seed))


def _call(test: str, model: nn.Module, images: Data, step: Step | None, seed: int, **options) -> Numbers:
    options |= {"step": step or own_step(model)} if test in WITH_STEP else {}
    return MENU[test](model, images, seed=as_seed(seed), **options)


def own_step(model: nn.Module) -> Step:
    """The model's own ``step``, as ``training.fit`` takes it, if it has one; else the course's.

    >>> from vae_helpers.models import VAE
    >>> own_step(VAE()) is training_step
    True
    """
    return getattr(type(model), "step", training_step)


def examine(model: nn.Module, images: Data, step: Step | None = None, seed: int = 0) -> tuple[Chart, dict[str, str]]:
    """The numbers of all quick tests, and of each that failed, why.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> import torch
    >>> chart, left_out = examine(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> round(chart["step_beta"], 3), left_out
    (1.0, {})

    Args:
        model, images, step, seed: as of :func:`diagnose`.

    Raises:
        TypeError, ValueError: as of :func:`diagnose`.
    """
    as_seed(seed)
    prepared(model, images)  # raises here what would else be taken for a test that failed
    chart, left_out = Chart(), {}
    for test in QUICK:
        try:
            known = {"formula": dict(chart)} if test in WITH_FORMULA and "likelihood" in chart else {}
            chart |= _call(test, model, images, step, seed, **known)
        except Exception as error:  # a student's model may raise anything when strange values are put in
            left_out[test] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return chart, left_out


def diagnose(model: nn.Module, images: Data, step: Step | None = None, seed: int = 0) -> Diagnosis:
    """Which known bugs a VAE has, by their numbers; silent on a healthy one. It may be trained or not.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> import torch
    >>> diagnose(PracticeVAE(), torch.rand(64, 1, 28, 28))
    nothing found

    Args:
        model: anything with ``loss_terms(*batch, generator=...) -> (reconstruction, kl)``. Most tests need that it
            calls its ``encode(x) -> (mu, logvar)`` and ``decode(z)``; without, they are left out. It stays as it is.
        images: as of ``evaluation.evaluate``, at least 64; or a tuple such as images and labels.
        step: what is done with a batch, as ``training.fit`` takes it; None: the model's own ``step`` if it has one,
            else the course's.
        seed: for all draws.

    Returns:
        A :class:`Diagnosis`; its ``names`` are those of the bugs.

    Raises:
        TypeError: a model without ``loss_terms``, or images of another type than its weights.
        ValueError: unusable images, or fewer than 64.
    """
    chart, left_out = examine(model, images, step, seed)
    findings = tuple(
        Finding(patient.diagnosis, patient.finding, patient.next, patient.remedy, patient.doubt)
        for patient in PATIENTS.values()
        if patient.signature(chart)
    )
    return Diagnosis(findings, chart, left_out)
