"""Run All of two of the course's notebooks: one that trains with a live curve, map and bar, one with most widgets.

What all notebooks print is compared elsewhere, by nbval; their pages without a kernel are tested in test_site.py.
"""

import pytest
from driving import wait_until


@pytest.mark.parametrize("name", ["00_vae_in_one_hour.ipynb", "06_latent_space.ipynb"])
def test_it_runs_and_nothing_goes_wrong(name, open_notebook):
    notebook = open_notebook(name)
    assert notebook.errors() == []
    if name.startswith("00"):
        cell = notebook.show("watch, curve = ")
        wait_until(notebook.page, lambda: "after epoch 3" in cell.locator("img").first.get_attribute("alt"))
        wait_until(notebook.page, lambda: "939/939" in cell.inner_text())  # the bar
        wait_until(notebook.page, lambda: "after 925 steps" in cell.locator(".vae-live-map").inner_text())
        label = cell.locator(".vae-live-map canvas").get_attribute("aria-label")
        assert label == "latent map after 925 steps"
        cell = notebook.show("pad = DrawPad(")
        cell.locator(".vae-draw-map").nth(1).wait_for()
    else:
        for call, sliders in (("LatentPad(", 0), ("slider = InterpolationSlider(", 1), ("LatentSliders(", 20)):
            cell = notebook.show(call)
            cell.locator(".vae-view canvas").first.wait_for()
            assert cell.locator(".noUi-handle").count() == sliders
    notebook.settle()
    assert notebook.page.locator(".vae-error").count() == 0 and notebook.console == []
    assert notebook.page.locator(".Toastify__toast").count() == 0  # no question about news over the digits
