"""The symptom board: a sick VAE's loss, samples and numbers, tests to order, and suspects to name."""

from dataclasses import asdict
from typing import Any

import traitlets

from vae_helpers.clinic.board import HEALTHY, RECIPE
from vae_helpers.clinic.case_notes import SYMPTOMS, TESTS, load_case_notes
from vae_helpers.clinic.patient import PARTS
from vae_helpers.clinic.patients import PATIENTS
from vae_helpers.clinic.pictures import load_pictures
from vae_helpers.widgets.shared.codecs import ink_bytes
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View


class SymptomBoard(Stage, View):
    """Choose a patient of the clinic, look, order tests, and name the bug; the healthy model stands beside it.

    All of it happens in the browser. ``patient`` can be read, set and observed; so can ``ordered``, the tests by
    patient (the last one is shown), ``guessed``, the suspects by patient, and ``named``: for each patient whose bug was
    named, how many tests and how many wrong guesses it took.

    >>> SymptomBoard("Gita")
    SymptomBoard(patient='Gita')

    Args:
        patient: who is looked at first.
        presenter: larger, for a projector; may be set later too.

    Raises:
        FileNotFoundError, ValueError: the clinic's table or its pictures are not there, or of other patients.
        traitlets.TraitError: no patient of that name; later too, when it is set.
    """

    _esm = linked("symptom_board.js")
    # No echo: the kernel's late repetition would take back what a hand has done since.
    patient = traitlets.TraitType("").tag(sync=True, echo_update=False)
    ordered = traitlets.Dict().tag(sync=True, echo_update=False)
    guessed = traitlets.Dict().tag(sync=True, echo_update=False)
    named = traitlets.Dict().tag(sync=True, echo_update=False)
    patients = traitlets.List().tag(sync=True)
    healthy = traitlets.Dict().tag(sync=True)
    tests = traitlets.Dict().tag(sync=True)
    suspects = traitlets.List().tag(sync=True)
    symptoms = traitlets.List().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)  # of the healthy model, then of each patient: samples, copies
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(self, patient: str = next(iter(PATIENTS)), *, presenter: bool = False):
        notes, pictures = load_case_notes(), load_pictures()
        if len(notes) != len(pictures):
            raise ValueError(f"clinic.png: want a row for each of {len(notes)} models, got {len(pictures)}")
        super().__init__(
            patient=patient,
            patients=[asdict(notes[name]) for name in PATIENTS],
            healthy=asdict(notes[HEALTHY]),
            tests={key: {"name": exam.name, "does": exam.does, "words": [*exam.numbers.values()]}
                   for key, exam in TESTS.items()},
            suspects=suspects(),
            symptoms=[*SYMPTOMS.values()],
            steps=RECIPE["epochs"] * -(-RECIPE["images"] // RECIPE["batch_size"]),
            pictures=ink_bytes(pictures.flatten(0, 1)),
            presenter=presenter,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"SymptomBoard(patient={self.patient!r})"

    @traitlets.validate("patient")
    def _is_known(self, proposal: Any) -> str:
        if proposal["value"] not in PATIENTS:
            raise traitlets.TraitError(f"patient: want one of {', '.join(PATIENTS)}, got {proposal['value']!r:.60}")
        return proposal["value"]


def suspects() -> list[str]:
    """All phrases, by the part of the model that is broken: in another order than the patients, which tells nothing."""
    return [one.phrase for one in sorted(PATIENTS.values(), key=lambda one: (PARTS.index(one.part), one.phrase))]
