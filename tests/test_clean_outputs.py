"""What ``make notebooks`` takes out of a stored notebook: tools/clean_outputs.py."""

import base64
import io
import sys

import nbformat
from PIL import Image

from vae_helpers.data import REPO_DATA

sys.path.insert(0, str(REPO_DATA.parent / "tools"))
import clean_outputs


def png(mode: str, color: tuple[int, ...]) -> str:
    data = io.BytesIO()
    Image.new(mode, (40, 30), color).save(data, "PNG", dpi=(100, 100))
    return base64.b64encode(data.getvalue()).decode()


def opened(picture: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(picture)))


def test_an_opaque_picture_keeps_its_pixels_and_loses_its_alpha_channel():
    before = png("RGBA", (200, 80, 10, 255))
    after = clean_outputs.without_alpha(before)
    assert opened(after).mode == "RGB" and opened(after).convert("RGBA").tobytes() == opened(before).tobytes()
    assert opened(after).info["dpi"] == opened(before).info["dpi"]
    assert clean_outputs.without_alpha(after) == after


def test_a_transparent_picture_stays_as_it_is():
    for picture in (png("RGBA", (200, 80, 10, 254)), png("L", (7,))):
        assert clean_outputs.without_alpha(picture) == picture


def test_views_of_widgets_go_and_what_is_printed_is_one_text(tmp_path):
    output = nbformat.v4.new_output
    outputs = [
        output("stream", text="a"),
        output("stream", text="b"),
        output("display_data", {clean_outputs.VIEW: {"model_id": "3"}, "text/plain": "Pad()"}),
        output("display_data", {"image/png": png("RGBA", (0, 0, 0, 255))}),
    ]
    cells = [nbformat.v4.new_code_cell("pass", outputs=outputs), nbformat.v4.new_markdown_cell("text")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    clean_outputs.clean(tmp_path / "a.ipynb")
    printed, view, picture = nbformat.read(tmp_path / "a.ipynb", as_version=4).cells[0].outputs
    assert printed.text == "ab" and dict(view.data) == {"text/plain": "Pad()"}
    assert opened(picture.data["image/png"]).mode == "RGB"
