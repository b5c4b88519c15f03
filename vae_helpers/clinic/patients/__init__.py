"""All patients by name. Each module in this folder is one: its ``PATIENT``."""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from vae_helpers.clinic.patient import PARTS, Patient


def ward(rooms: Iterable[ModuleType]) -> dict[str, Patient]:
    """The patients of all modules, by name.

    Raises:
        ValueError: two of one name, a file that is not called as the diagnosis, or a broken part that is none.
    """
    patients: dict[str, Patient] = {}
    for room in rooms:
        patient, file = room.PATIENT, room.__name__.rpartition(".")[2]
        if patient.name in patients:
            raise ValueError(f"patients: want one named {patient.name}, got two: one is in {file}.py")
        if patient.diagnosis != file:
            raise ValueError(f"patients: want {patient.diagnosis}.py for that diagnosis, got {file}.py")
        if patient.part not in PARTS:
            raise ValueError(f"patients: want a broken part among {', '.join(PARTS)}, got {patient.part} in {file}.py")
        patients[patient.name] = patient
    return dict(sorted(patients.items()))


PATIENTS = ward(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))


def find(name: str) -> Patient:
    """The patient of that name.

    Raises:
        ValueError: there is none; the nearest name is said.
    """
    if name not in PATIENTS:
        names = {known.casefold(): known for known in PATIENTS}
        nearest = get_close_matches(str(name).casefold(), names, n=1)
        meant = f"; is {names[nearest[0]]} meant?" if nearest else ""
        raise ValueError(f"name: want one of {', '.join(PATIENTS)}, got {name!r}{meant}")
    return PATIENTS[name]
