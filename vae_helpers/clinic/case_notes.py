"""The rows of the symptom board as texts: what stands on the board, and beside it what the healthy model has."""

from dataclasses import dataclass

from vae_helpers.clinic.board import HEALTHY, Row, load_board
from vae_helpers.clinic.patients import PATIENTS

YES_OR_NO = ("finite_when_sure", "encoder_learns")
SYMPTOMS = {
    "own_loss": "own test loss, nats",
    "own_reconstruction": "own reconstruction",
    "own_kl": "own KL",
    "holes": "samples without digit",
}


@dataclass(frozen=True)
class Exam:
    """A test of the menu as the board offers it: its ``name``, what is done, and its numbers, each with its words.

    >>> TESTS["use_of_z"].numbers
    {'use_of_z': 'what it costs, nats'}
    """

    name: str
    does: str
    numbers: dict[str, str]


TESTS = {
    "reconstruction": Exam(
        "loss formula",
        "Make the decoder say known numbers: which sum is the reconstruction?",
        {
            "weight": "weight of the pixel sum",
            "target_offset": "target of a black pixel",
            "target_white": "target of a white pixel",
            "target_gap": "batch minus single, nats",
            "reconstruction_batch": "eight copies / one",
            "finite_when_sure": "finite at logits ±200",
        },
    ),
    "kl": Exam(
        "KL formula",
        "Make the encoder say a known μ and σ: own KL / closed form.",
        {"kl_mu": "at μ = 2, σ = 1", "kl_narrow": "at μ = 0, σ = 0.135", "kl_batch": "eight copies / one"},
    ),
    "noise": Exam(
        "noise",
        "Make the encoder say a known μ and σ: how far is z from μ?",
        {
            "noise_wide": "std(z − μ) / σ, at σ = 1",
            "noise_narrow": "the same at σ = 0.135",
            "noise_evaluated": "at σ = 1, in eval mode",
            "noise_shared": "shared by all images",
            "noise_pull": "gradient of z by μ",
        },
    ),
    "step": Exam(
        "one step",
        "Two steps on one batch: which gradients reach the optimizer?",
        {
            "step_growth": "second gradient / first",
            "step_beta": "weight of the KL in it",
            "encoder_learns": "encoder has a gradient",
        },
    ),
    "honest": Exam(
        "honest loss",
        "Evaluate it by the formulas, in nats.",
        {
            "honest_loss": "honest loss",
            "honest_reconstruction": "honest reconstruction",
            "honest_kl": "honest KL",
            "optimism": "honest minus own loss",
        },
    ),
    "latents": Exam(
        "latents",
        "Look at μ and logvar of 500 test images.",
        {
            "active_units": "active dimensions, of 10",
            "sigma": "mean σ",
            "logvar_least": "smallest logvar",
            "logvar_zeros": "logvars equal to 0",
            "heads_gap": "largest |μ − logvar|",
        },
    ),
    "pixels": Exam(
        "pixels",
        "Look at all probabilities that come out.",
        {"pixel_least": "darkest pixel", "pixel_most": "brightest pixel"},
    ),
    "repeat": Exam(
        "encode twice",
        "Encode an image in eval mode again: how far does μ move?",
        {"encode_repeat": "a second time", "encode_mates": "beside other images"},
    ),
    "use_of_z": Exam("use of z", "Decode each image from another one's z.", {"use_of_z": "what it costs, nats"}),
    "at_birth": Exam(
        "at birth",
        "The own loss with new weights. A fair coin for each pixel: 543 nats.",
        {"birth_reconstruction": "own reconstruction", "birth_kl": "own KL"},
    ),
}  # of diagnose.MENU those whose numbers are in the table


@dataclass(frozen=True)
class CaseNotes:
    """What the board has on one patient, or on the healthy model, whose words are empty.

    >>> notes = load_case_notes()["Ada"]
    >>> notes.numbers["honest"][-1]  # the honest loss minus the own one
    '206.6'
    """

    name: str
    symptom: str
    losses: list[float]
    symptoms: list[str]  # in the order of SYMPTOMS
    numbers: dict[str, list[str]]  # by test, in the order of its numbers
    phrase: str = ""
    finding: str = ""
    tests: tuple[str, ...] = ()  # those on which the diagnosis rests


def load_case_notes() -> dict[str, CaseNotes]:
    """The notes of the healthy model and of all patients by name, after the training with seed 0.

    >>> next(iter(load_case_notes()))
    'healthy'

    Raises:
        ValueError: the table has others than these.
    """
    notes = {row["name"]: _note(row) for row in load_board(seed=0) if row["name"] in {HEALTHY, *PATIENTS}}
    if missing := {HEALTHY, *PATIENTS} - notes.keys():
        raise ValueError(
            f"clinic.json: {', '.join(sorted(missing))} not there; `python -m vae_helpers.pretrain clinic`"
        )
    return notes


def _note(row: Row) -> CaseNotes:
    name, row = row["name"], row | {"target_white": row["target_offset"] + row["target_slope"]}
    numbers = {test: [written(row.get(key), key) for key in TESTS[test].numbers] for test in TESTS}
    seen = [written(row.get(key), key) for key in SYMPTOMS]
    if name == HEALTHY:
        return CaseNotes(name, "", row["losses"], seen, numbers)
    one = PATIENTS[name]
    words = {"phrase": one.phrase, "finding": one.finding, "tests": one.tests}
    return CaseNotes(name, one.symptom, row["losses"], seen, numbers, **words)


def written(value: float | None, key: str = "") -> str:
    """A number as the board shows it: about three digits, yes or no where it is one of these, a dash for none.

    >>> [written(value) for value in (-120201.0, 143.597, 13.0578, 0.00127551, -9e-8, None)]
    ['−120,201', '143.6', '13.1', '0.0013', '0', '–']
    >>> written(0.589, "holes"), written(0.0, "encoder_learns")
    ('59 %', 'no')
    """
    if value is None:
        return "–"
    if key in YES_OR_NO:
        return "yes" if value else "no"
    if key == "holes":
        return f"{100 * value:.0f} %"
    size = abs(value)
    text = (
        f"{size:,.0f}"
        if size >= 1000
        else f"{size:.1f}"
        if size >= 10
        else f"{size:.2f}"
        if size >= 0.1
        else f"{size:.4f}"
    )
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"−{text}" if value < 0 and text != "0" else text
