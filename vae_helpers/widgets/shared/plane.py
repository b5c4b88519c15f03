"""A latent plane from Python's side: the point that a hand moves on it. plane.js is the other."""

import ipywidgets as widgets
import traitlets


class PlanePad(widgets.VBox):
    """Base of the widgets around a plane: ``z`` and the point of their ``view``, ``z1`` and ``z2``, are the same.

    A subclass sets ``view``, which also has ``limit`` and ``presenter``, and then calls ``_show``.
    """

    z = traitlets.List(traitlets.Float(), default_value=[0.0, 0.0])
    presenter = traitlets.Bool(False)

    def _show(self, z) -> None:
        self.view.observe(self._view_moved, ["z1", "z2"])
        traitlets.link((self.view, "presenter"), (self, "presenter"))  # the view is the stage: nothing is beside it
        self.children = [self.view]
        self.z = z.tolist() if hasattr(z, "tolist") else z

    @property
    def limit(self) -> float:
        """Both coordinates of ``z`` run from -limit to limit."""
        return self.view.limit

    @traitlets.validate("z")
    def _valid_z(self, proposal):
        z, limit = proposal["value"], self.limit
        if len(z) != 2 or not all(abs(value) <= limit for value in z):  # written so that NaN is refused too
            raise traitlets.TraitError(f"z: want 2 numbers from {-limit:g} to {limit:g}, got {z}")
        return z

    @traitlets.observe("z")
    def _z_changed(self, change) -> None:
        # both at once, to the observers and to the browser: between the two lies a point that nobody asked for
        with self.view.hold_sync(), self.view.hold_trait_notifications():
            self.view.z1, self.view.z2 = change["new"]

    def _view_moved(self, _change) -> None:
        self.z = [min(max(value, -self.limit), self.limit) for value in (self.view.z1, self.view.z2)]
