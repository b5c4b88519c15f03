"""The importance slider in JupyterLab: its figures are Python's, and it needs no kernel."""

import re

import gallery
import pytest
from driving import drag, wait_for_change, wait_until


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("importance").source(presenter=False)])
    notebook.python("from vae_helpers.importance import effective_sample_size, log_mean_weights")
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    cell = notebook.show("importance = ")
    cell.locator(".vae-importance-path").wait_for()
    notebook.python("importance.k, importance.image, importance.order, importance.which = 100, 0, 0, '2-D'")
    wait_until(notebook.page, lambda: shown(cell) == (100, "image 1 of 10", "2-D"))
    return cell


def shown(cell) -> tuple[int, str, str]:
    pressed = [one.get_attribute("aria-label") for one in cell.locator(".vae-thumbnail[aria-pressed=true]").all()]
    model = cell.locator(".vae-button[aria-pressed=true]").all_inner_texts()
    return int(cell.locator(".vae-importance-k").inner_text().replace(",", "")), *pressed, *model


def figures(cell) -> list[float]:
    """The bound, the ELBO and the effective sample size, as the widget says them."""
    text = cell.locator(".vae-figures").inner_text().replace("−", "-").replace(",", "")
    found = re.search(r"bound (-[\d.]+) nats ELBO (-[\d.]+).*size ([\d.]+) of", text, flags=re.S)
    return [float(part) for part in found.groups()]


def test_its_figures_are_pythons(notebook, cell):
    for name, weights in (("2-D", "two_logs"), ("20-D", "logs")):
        cell.get_by_role("button", name=name, exact=True).click()
        cell.locator(".vae-thumbnail").nth(7).click()
        wait_until(notebook.page, lambda: shown(cell) == (100, "image 8 of 10", name))  # noqa: B023
        notebook.python(f"one = {weights}[7:8].double(); first = one[:, :100]")
        values = "log_mean_weights(first), one.mean(1), effective_sample_size(first)"
        wanted = notebook.python(f"print(*(part.item() for part in ({values})))").split()
        assert figures(cell) == pytest.approx([float(value) for value in wanted], abs=0.0501)


def test_keys_move_k_as_far_as_it_goes(notebook, cell):
    cell.locator(".vae-fader").focus()
    for key, k in (("Home", 1), ("ArrowRight", 2), ("End", 200)):
        notebook.page.keyboard.press(key)
        wait_until(notebook.page, lambda: notebook.python("print(importance.k)") == str(k))  # noqa: B023
        wait_until(notebook.page, lambda: shown(cell)[0] == k)  # noqa: B023


def test_another_order_brings_other_draws(notebook, cell):
    picture, before = gallery.seen(cell, "importance"), figures(cell)
    cell.get_by_role("button", name="draw anew", exact=True).click()
    wait_for_change(notebook.page, lambda: gallery.seen(cell, "importance"), picture)
    wait_until(notebook.page, lambda: notebook.python("print(importance.order)") == "1")
    after = figures(cell)
    assert after[1] == before[1] and (after[0], after[2]) != (before[0], before[2])
    notebook.python("importance.order = 0")
    wait_until(notebook.page, lambda: figures(cell) == before)


def test_it_answers_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = gallery.seen(cell, "importance")
        drag(notebook.page, cell.locator(".vae-fader"), 0.5, 0.2)
        wait_for_change(notebook.page, lambda: gallery.seen(cell, "importance"), before)
        k = shown(cell)[0]
        assert k < 10
    wait_until(notebook.page, lambda: notebook.python("print(importance.k)") == str(k))


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
