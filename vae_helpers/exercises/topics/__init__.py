"""All exercises by name. Each module in this folder is a topic; an exercise is an entry in its ``EXERCISES``."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from vae_helpers.exercises.exercise import Exercise


def catalogue(topics: Iterable[ModuleType]) -> dict[str, Exercise]:
    """The exercises of all topics.

    Raises:
        ValueError: two topics have an exercise of one name.
    """
    exercises: dict[str, Exercise] = {}
    home: dict[str, str] = {}
    for topic in topics:
        for name, exercise in topic.EXERCISES.items():
            if name in exercises:
                raise ValueError(f"exercises: want one named {name!r}, got two, in {home[name]} and {topic.__name__}")
            exercises[name], home[name] = exercise, topic.__name__
    return exercises


EXERCISES = catalogue(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))


def find(name: str) -> Exercise:
    """The exercise of that name; ``ValueError`` where there is none."""
    if name not in EXERCISES:
        raise ValueError(f"name: want one of {', '.join(EXERCISES)}, got {name!r}")
    return EXERCISES[name]
