"""The site's front page, with a widget that lives under the visitor's hand: ``index.md`` made a notebook.

A notebook, because then Sphinx treats the page as all others that hold widgets. The widget is made here: it needs no
kernel, as its page has none.
"""

import ipywidgets as widgets
from ipywidgets.embed import dependency_state, embed_data
from nbformat import NotebookNode, v4

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PLACE = "<!-- pad -->\n"  # in the text


def make_pad() -> widgets.Widget:
    """The pad, with the shipped model and MNIST's test images."""
    from vae_helpers.checkpoints import load_checkpoint  # here: tests of the layout do without torch
    from vae_helpers.data import REPO_DATA, load_mnist
    from vae_helpers.widgets import DrawPad

    return DrawPad(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), *load_mnist("test"))


def with_widget(text: str, widget: widgets.Widget) -> NotebookNode:
    """The page: ``text``, with ``widget`` in place of ``PLACE``."""
    above, below = text.split(PLACE)
    # defaults too: one is the widget's script, of which the page knows nothing
    embedded = embed_data(views=[widget], state=dependency_state([widget], drop_defaults=False))
    view = v4.new_output("display_data", {VIEW: embedded["view_specs"][0], "text/plain": repr(widget)})
    # its source is hidden, but Sphinx would leave a cell without one out
    cell = v4.new_code_cell(repr(widget), outputs=[view], metadata={"tags": ["remove-input"]})
    cells = [v4.new_markdown_cell(above), cell, v4.new_markdown_cell(below)]
    return v4.new_notebook(cells=cells, metadata={"widgets": {STATE: embedded["manager_state"]}})
