"""The symptom board in JupyterLab: by mouse and by keys a patient is looked at, tested and named, without a kernel."""

import gallery
import pytest
from driving import drag, wait_for_change, wait_until

from vae_helpers.clinic import PATIENTS


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("symptoms").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The board's cell: everything is forgotten, and Ada is looked at."""
    cell = notebook.show("symptoms = ")
    cell.locator(".symptom-curve").wait_for()
    notebook.python("symptoms.ordered, symptoms.guessed, symptoms.named, symptoms.patient = {}, {}, {}, 'Ada'")
    wait_until(notebook.page, lambda: owner(cell).startswith("Ada") and answer(cell).startswith("Order tests"))
    return cell


def owner(cell) -> str:
    return cell.locator(".symptom-says").first.inner_text()


def answer(cell) -> str:
    return cell.get_by_role("status").inner_text()


def button(cell, group: str, text: str):
    return cell.get_by_role("group", name=group).get_by_role("button", name=text, exact=True)


def results(cell) -> list[str]:
    return cell.get_by_role("table", name="results of the test").locator("tr").all_inner_texts()


def test_a_bug_is_named_by_keys_alone(notebook, cell):
    page = notebook.page
    button(cell, "order a test", "loss formula").focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda: any("0.0013" in row for row in results(cell)))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    wait_until(page, lambda: any("σ = 0.135" in row for row in results(cell)))
    button(cell, "suspects", "KL left out").focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda: answer(cell) == "No, not “KL left out”. That one is told by “one step” (not ordered).")
    assert page.evaluate("document.activeElement.textContent") == "KL left out"
    button(cell, "suspects", PATIENTS["Ada"].phrase).focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda: answer(cell).startswith(f"Yes: {PATIENTS['Ada'].phrase}, named after 2 tests and 1 wrong"))
    wait_until(page, lambda: notebook.python("print(symptoms.named)") == "{'Ada': {'tests': 2, 'wrong': 1}}")
    assert cell.locator("option").first.inner_text() == "Ada ✓"


def test_the_mouse_chooses_patients_tests_and_suspects(notebook, cell):
    page = notebook.page
    before = gallery.seen(cell, "symptoms")
    cell.locator("select").select_option(label="Leo")
    wait_for_change(page, lambda: gallery.seen(cell, "symptoms"), before)
    wait_until(page, lambda: notebook.python("print(symptoms.patient)") == "Leo")
    button(cell, "order a test", "KL formula").click()
    wait_until(page, lambda: any("−1" in row for row in results(cell)))
    button(cell, "suspects", PATIENTS["Leo"].phrase).click()
    wait_until(page, lambda: answer(cell).startswith("Yes: "))
    wait_until(page, lambda: notebook.python("print(symptoms.ordered)") == "{'Leo': ['kl']}")


def test_python_moves_it(notebook, cell):
    notebook.python("symptoms.patient = 'Hugo'; symptoms.ordered = {'Hugo': ['noise']}")
    wait_until(notebook.page, lambda: owner(cell).startswith("Hugo") and len(results(cell)) == 6)
    assert cell.locator("select").input_value() == "Hugo"


def test_it_answers_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = gallery.seen(cell, "symptoms")
        drag(notebook.page, cell.locator(".vae-fader"), 0.1, 0.9)
        wait_for_change(notebook.page, lambda: gallery.seen(cell, "symptoms"), before)
        name = cell.locator("select").input_value()
        button(cell, "order a test", "latents").click()
        wait_until(notebook.page, lambda: len(results(cell)) == 6)
    wait_until(notebook.page, lambda: notebook.python("print(symptoms.patient)") == name)
    wait_until(notebook.page, lambda: notebook.python("print(symptoms.ordered)") == str({name: ["latents"]}))


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
