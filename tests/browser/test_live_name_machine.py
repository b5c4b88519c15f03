"""The name machine in JupyterLab: typed letters, buttons and faders, and Python, all with the same names."""

import gallery
import pytest
from driving import frames, wait_until
from lab import Notebook

from vae_helpers.widgets.name_machine import lowered


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells())
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The machine's cell, with no letters given."""
    cell = notebook.show("machine = ")
    cell.locator(".vae-names-bars").wait_for()
    notebook.python("machine.prefix, machine.language, machine.temperature = '', 0, 0.8")
    wait_until(notebook.page, lambda: pressed(cell) == ["Polish"] and field(cell).input_value() == "")
    return cell


def field(cell):
    return cell.get_by_role("textbox", name="first letters")


def names(cell) -> list[str]:
    """As they are written: the letters given, then those drawn."""
    lines = cell.locator(".vae-names-list li").all()
    return ["".join(line.locator(f".vae-names-{part}").inner_text() for part in ("given", "drawn")) for line in lines]


def pressed(cell) -> list[str]:
    return cell.locator("button[aria-pressed=true]").all_inner_texts()


def same_as_python(notebook: Notebook, cell) -> list[str]:
    """The names on the page, once they are those that Python computes; in small letters."""
    small = lambda: [lowered(name, pressed(cell) == ["Turkish"]) for name in names(cell)]  # noqa: E731
    wait_until(notebook.page, lambda: notebook.python("print(*machine.names, sep='|')").split("|") == small())
    return small()


def test_typed_letters_begin_all_names(notebook, cell):
    before = same_as_python(notebook, cell)
    field(cell).focus()
    notebook.page.keyboard.type("kO5 b")  # ``b`` is JupyterLab's shortcut for another cell
    wait_until(notebook.page, lambda: notebook.python("print(machine.prefix)") == "kob")
    assert field(cell).input_value() == "kOb" and all(name.startswith("Kob") for name in names(cell))
    assert same_as_python(notebook, cell) != before
    notebook.page.keyboard.press("ArrowLeft")
    notebook.page.keyboard.type("!")
    word = cell.get_by_text("No name here has “!”: left out.")
    wait_until(notebook.page, word.is_visible)
    notebook.page.keyboard.type("r")  # the caret has stayed where it was
    wait_until(notebook.page, lambda: notebook.python("print(machine.prefix)") == "korb")
    assert not word.is_visible()


def test_buttons_and_faders_move_what_python_sees(notebook, cell):
    page = notebook.page
    cell.get_by_role("button", name="Turkish").click()
    wait_until(page, lambda: notebook.python("print(machine.language)") == "4")
    assert pressed(cell) == ["Turkish"]
    fader = cell.get_by_role("slider", name="temperature")
    fader.focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, lambda: notebook.python("print(round(machine.temperature, 3))") == "0.85")
    cell.get_by_role("slider", name="z3").focus()
    page.keyboard.press("End")
    wait_until(page, lambda: notebook.python("print(machine.z[2])") in ("3", "3.0"))
    kept = same_as_python(notebook, cell)
    noise = notebook.python("print(hash(machine.view.noise))")
    cell.get_by_role("button", name="other letters").click()
    wait_until(page, lambda: notebook.python("print(hash(machine.view.noise))") != noise)
    assert same_as_python(notebook, cell) != kept
    z = notebook.python("print(machine.z)")
    cell.get_by_role("button", name="draw z again").click()
    wait_until(page, lambda: notebook.python("print(machine.z)") != z)
    same_as_python(notebook, cell)


def test_python_moves_the_page(notebook, cell):
    notebook.python("machine.language, machine.prefix, machine.temperature = 4, 'İL', 0.5")
    wait_until(notebook.page, lambda: field(cell).input_value() == "il" and pressed(cell) == ["Turkish"])
    frames(notebook.page)
    assert all(name.startswith("İl") for name in names(cell))
    assert cell.get_by_text("p(next letter after “İl”), temperature 0.50 (outline: 1)").is_visible()


def test_it_answers_while_the_kernel_is_busy_and_is_read_out(notebook, cell):
    before = names(cell)
    with notebook.busy():
        cell.get_by_role("button", name="Zulu").click()
        field(cell).fill("Q")
        wait_until(notebook.page, lambda: names(cell) != before and pressed(cell) == ["Zulu"])
        said = cell.locator(".vae-names-said")
        wait_until(notebook.page, lambda: said.inner_text().startswith(f"Zulu: {names(cell)[0]}"))
    wait_until(notebook.page, lambda: notebook.python("print(machine.language, machine.prefix)") == "3 q")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
