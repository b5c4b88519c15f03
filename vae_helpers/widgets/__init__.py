"""The live parts: widgets that compute and draw in the browser, so that they answer at screen speed.

A decoder's weights are sent to the page once; from then on a moving slider needs no kernel. It keeps
answering while a cell is training, and after the kernel has died. A decoder that the browser can't evaluate
stays in the kernel, which is then asked for each digit.

A widget is NAME.py, NAME.js and NAME.css; what several need stands in ``shared``. Its script imports what it uses from
there, and :func:`vae_helpers.widgets.shared.scripts.linked` makes of them the one text that a browser gets.
"""

from vae_helpers.widgets.axes_dial import AxesDial
from vae_helpers.widgets.beta_slider import BetaSlider
from vae_helpers.widgets.code_flow import CodeFlow
from vae_helpers.widgets.completion_pad import CompletionPad
from vae_helpers.widgets.draw_pad import DrawPad
from vae_helpers.widgets.importance_slider import ImportanceSlider
from vae_helpers.widgets.interpolation import InterpolationSlider
from vae_helpers.widgets.kl_dials import KLDials
from vae_helpers.widgets.latent_pad import LatentPad
from vae_helpers.widgets.latent_sliders import LatentSliders
from vae_helpers.widgets.layer_dial import LayerDial
from vae_helpers.widgets.layer_pads import LayerPads
from vae_helpers.widgets.live_curve import LiveLossCurve
from vae_helpers.widgets.live_latent_map import LiveLatentMap
from vae_helpers.widgets.moving_pen import MovingPen
from vae_helpers.widgets.name_machine import NameMachine
from vae_helpers.widgets.prior_painter import PriorPainter
from vae_helpers.widgets.reduction_lab import ReductionLab
from vae_helpers.widgets.reparameterization_dials import ReparameterizationDials
from vae_helpers.widgets.stroke_pad import StrokePad
from vae_helpers.widgets.style_pad import StylePad
from vae_helpers.widgets.symptom_board import SymptomBoard

__all__ = [
    "AxesDial",
    "BetaSlider",
    "CodeFlow",
    "CompletionPad",
    "DrawPad",
    "ImportanceSlider",
    "InterpolationSlider",
    "KLDials",
    "LatentPad",
    "LatentSliders",
    "LayerDial",
    "LayerPads",
    "LiveLatentMap",
    "LiveLossCurve",
    "MovingPen",
    "NameMachine",
    "PriorPainter",
    "ReductionLab",
    "ReparameterizationDials",
    "StrokePad",
    "StylePad",
    "SymptomBoard",
]
