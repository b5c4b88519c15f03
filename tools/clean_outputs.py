"""Clean stored notebooks of what changes by chance or can't be used: ``make notebooks`` calls it with their paths.

Widgets' views live in a kernel long gone: JupyterLab would show "model not found" in their place, and their random ids
would change in every run. The text that stands for each widget stays. And what a cell prints comes in one part or in
several, as the kernel finds the time: here it is one. Pictures without a transparent spot are stored without their
alpha channel: the same pixels in a tenth less.
"""

import base64
import io
import sys

import nbformat
from nbval.plugin import coalesce_streams
from PIL import Image

VIEW = "application/vnd.jupyter.widget-view+json"
PICTURE = "image/png"


def without_alpha(picture: str) -> str:
    """A PNG in base64, without an alpha channel that says nothing; any other stays as it is."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    if image.mode != "RGBA" or image.getchannel("A").getextrema() != (255, 255):
        return picture
    smaller = io.BytesIO()
    image.convert("RGB").save(smaller, "PNG", optimize=True, dpi=image.info.get("dpi"))
    return base64.b64encode(smaller.getvalue()).decode()


def clean(path: str) -> None:
    """Clean one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = coalesce_streams(cell.outputs)
            for data in (output.get("data", {}) for output in cell.outputs):
                data.pop(VIEW, None)
                if PICTURE in data:
                    data[PICTURE] = without_alpha(data[PICTURE])
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for notebook_path in sys.argv[1:]:
        clean(notebook_path)
