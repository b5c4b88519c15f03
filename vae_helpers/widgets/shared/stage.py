"""The stage of a live widget: the outer box, which a style sheet makes larger and a button makes fill the screen."""

import ipywidgets as widgets
import traitlets


class Stage(widgets.DOMWidget):
    """Mix-in for the outermost part of a live widget. The looks are in ``stage.css``, the button in ``stage.js``.

    ``presenter`` may be set at any time: True makes text and pictures larger, for a projector.
    """

    presenter = traitlets.Bool(False)

    @traitlets.default("_dom_classes")
    def _stage_class(self):
        return ("vae-stage",)

    @traitlets.observe("presenter")
    def _presenter_changed(self, change) -> None:
        (self.add_class if change["new"] else self.remove_class)("vae-presenter")
