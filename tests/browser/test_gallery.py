"""The gallery is whole: without this a new widget would be forgotten by all tests that go through it."""

import pytest
from gallery import GALLERY, LIVE, cells

from vae_helpers import widgets


def test_every_widget_has_an_entry():
    assert {entry.widget for entry in GALLERY} == set(widgets.__all__)


def test_entries_have_names_of_their_own():
    """A name finds the cell, by its text."""
    for entry in GALLERY:
        assert sum(f"{entry.name} = " in source for source in cells()) == 1


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.name)
def test_an_entry_says_how_to_move_it(entry):
    assert bool(entry.keys) != bool(entry.python) and entry.picture
    assert (entry in LIVE) == bool(entry.keys)
