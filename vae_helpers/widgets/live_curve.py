"""A loss curve that grows while ``fit`` is running."""

import base64
import io

import ipywidgets as widgets
import matplotlib.pyplot as plt

from vae_helpers.plots import loss_curves
from vae_helpers.training import History


class LiveLossCurve(widgets.HTML):
    """``curve = LiveLossCurve(); display(curve); fit(..., on_epoch=curve)`` redraws after each epoch."""

    def __init__(self):
        super().__init__()
        self(History())

    def __call__(self, history: History) -> None:
        if not isinstance(history, History):
            raise TypeError(f"history: want what fit returns, got {type(history).__name__}")
        with plt.ioff():  # a figure made in a callback must not also appear below the cell
            fig = loss_curves(history)
        png = io.BytesIO()
        fig.savefig(png, format="png", dpi=100)
        plt.close(fig)
        last = f"after epoch {len(history)}" if len(history) else "before the first epoch"
        source = base64.b64encode(png.getvalue()).decode()
        self.value = f'<img alt="Loss curves {last}" src="data:image/png;base64,{source}">'

    def __repr__(self) -> str:
        return "LiveLossCurve()"
