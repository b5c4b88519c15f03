"""A student's repair, tried on the patient."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.clinic.chart import Chart, wrapped
from vae_helpers.clinic.diagnose import Diagnosis, diagnose, examine
from vae_helpers.clinic.patients import find
from vae_helpers.clinic.practice import PracticeVAE

KNOWN = {
    "weight": 0.02,
    "target_slope": 0.02,
    "target_offset": 0.02,
    "target_gap": 0.02,
    "reconstruction_batch": 0.02,
    "finite_when_sure": 0.02,
    "kl_mu": 0.02,
    "kl_narrow": 0.02,
    "kl_batch": 0.02,
    "noise_wide": 0.06,  # 2560 draws, which may be others: a standard error of 0.014
    "noise_narrow": 0.06,
    "noise_evaluated": 0.06,
    "noise_shared": 0.02,
    "noise_pull": 0.02,
    "step_growth": 0.02,
    "step_beta": 0.02,
    "encoder_learns": 0.02,
    "encode_repeat": 0.02,
    "encode_mates": 0.02,
}  # numbers that a repair must bring back to the healthy model's, and how far off they may be
OF_PART = {"decode": {"pixel_least": 0.02, "pixel_most": 0.02}}  # those that say something of one method alone


@dataclass(frozen=True)
class Treatment:
    """What became of a patient: ``status`` is "todo", "cured", "ill" or "error".

    >>> Treatment("Ada", "todo", "write it.")
    …  Still to do: write it.
    """

    name: str
    status: str
    message: str
    before: Diagnosis | None = None
    after: Diagnosis | None = None

    def __repr__(self) -> str:
        marks = {"todo": "…  Still to do", "cured": "✓  Cured", "ill": "✗  Not yet", "error": "✗  It stopped"}
        return wrapped(f"{marks[self.status]}: {self.message}")


def treat(name: str, repaired: Callable, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> Treatment:
    """Put a repaired method into a patient, and examine it again; nothing is trained.

    Cured is who shows no known bug, and whose numbers are the healthy model's where known values are put in.

    >>> import torch
    >>> from vae_helpers.clinic import PracticeVAE
    >>> images = torch.rand(64, 1, 28, 28)
    >>> treat("Gita", PracticeVAE.kl, images)
    ✓  Cured: nothing is found on Gita any more.
    >>> treat("Gita", lambda self, mu, logvar: -PracticeVAE.kl(self, mu, logvar), images).status
    'ill'
    >>> treat("Finn", lambda self, mu, logvar: 2 * PracticeVAE.kl(self, mu, logvar), images)
    ✗  Not yet: the old bug is gone, but kl_mu is 2, healthy is 1.

    Args:
        name: the patient's.
        repaired: a function of the same arguments as the broken method, ``self`` first.
        images: as of :func:`diagnose`.
        seed: for the weights and all draws.

    Returns:
        A :class:`Treatment`, with the diagnoses ``before`` and ``after``.

    Raises:
        ValueError: no patient of that name, or unusable images.
        TypeError: a repair that can't be called.
    """
    patient = find(name)
    if not callable(repaired):
        raise TypeError(f"repaired: want a function, to put in place of {patient.part}, got {type(repaired).__name__}")
    if unlike := _other_arguments(repaired, patient.part):
        return Treatment(name, "error", unlike)
    before = diagnose(patient.model(seed=seed), images, seed=seed)
    model = patient.model(repaired, seed=seed)
    try:
        undone = _is_undone(model, images, patient.part)
    except Exception as error:  # whatever a student's function raises is told, and stops no notebook
        return Treatment(name, "error", f"{type(error).__name__}: {error}", before)
    if undone:
        return Treatment(name, "todo", f"write {patient.part} in the cell above, run that cell, then this one again.")
    after = diagnose(model, images, seed=seed)
    if patient.diagnosis in after.names:
        return Treatment(name, "ill", f"the signature is still there. {patient.finding}", before, after)
    if after.findings:
        return Treatment(
            name, "ill", f"that is gone, and something else has come. {after.findings[0].says}", before, after
        )
    if after.left_out:
        test, why = next(iter(after.left_out.items()))
        return Treatment(name, "error", f"in the test {test}: {why}", before, after)
    if off := _off(after.chart, examine(PracticeVAE(seed=seed), images, seed=seed)[0], patient.part):
        return Treatment(name, "ill", f"the old bug is gone, but {off}.", before, after)
    return Treatment(name, "cured", f"nothing is found on {name} any more.", before, after)


def _other_arguments(repaired: Callable, part: str) -> str:
    """What is wrong with the arguments of a repair; nothing, if it can be called as the method is."""
    try:
        own = inspect.signature(repaired)
    except (TypeError, ValueError):  # of some built-in functions nothing is known
        return ""
    parameters = inspect.signature(getattr(PracticeVAE, part)).parameters.values()
    needed = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    by_name = [parameter.name for parameter in parameters if parameter.name not in needed and part == "step"]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in own.parameters.values()):  # a stub's
        by_name = []
    try:
        own.bind(*needed, **dict.fromkeys(by_name))
    except TypeError:
        wanted = ", ".join(parameter.name for parameter in parameters)
        return f"{_name(repaired, part)}: want the arguments ({wanted}), got ({', '.join(own.parameters)})"
    return ""


def _name(repaired: Callable, part: str) -> str:
    name = getattr(repaired, "__name__", part)
    return f"my_{part}" if name == "<lambda>" else name


def _off(chart: Chart, healthy: Chart, part: str) -> str:
    """The first number that is not the healthy model's, in words; nothing, if all are."""
    if chart["likelihood"] != healthy["likelihood"]:
        return f"likelihood is {chart['likelihood']}, healthy is {healthy['likelihood']}"
    for name, tolerance in (KNOWN | OF_PART.get(part, {})).items():
        value, wanted = chart[name], healthy[name]
        if name in healthy and not abs(value - wanted) <= tolerance * max(1.0, abs(wanted)):
            return f"{name} is {value:.3g}, healthy is {wanted:.3g}"
    return ""


def _is_undone(model: PracticeVAE, images: Tensor, part: str) -> bool:
    """Whether the method gives ``...`` back, as a stub does; tries it once, on a few images."""
    given = []
    method = getattr(model, part)

    def noted(*args: object, **options: object) -> object:
        given.append(method(*args, **options))
        if given[-1] is Ellipsis:
            raise _Undone
        if given[-1] is None:
            raise TypeError(f"{part}: want a result, got None: is the return forgotten?")
        return given[-1]

    setattr(model, part, noted)
    try:
        if part == "step":
            takes = inspect.signature(method).parameters
            options = {key: value for key, value in (("beta", 1.0), ("generator", None)) if key in takes}
            terms = noted(torch.optim.SGD(model.parameters(), lr=0.0), images[:8], **options)
            if not isinstance(terms, tuple) or [isinstance(term, Tensor) for term in terms] != [True, True]:
                raise TypeError(f"step: want two tensors back, reconstruction and KL, got {type(terms).__name__}")
        else:
            model.loss_terms(images[:8])
    except _Undone:
        return True
    finally:
        delattr(model, part)
        model.zero_grad()
    return False


class _Undone(Exception):
    pass
