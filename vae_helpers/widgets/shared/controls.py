"""Sliders, boxes and buttons that move a trait of a view in the browser, and of a widget in the kernel."""

from collections.abc import Sequence

import ipywidgets as widgets
import traitlets


def link_control(
    control: widgets.DOMWidget,
    trait: str,
    views: Sequence[widgets.DOMWidget],
    owner: traitlets.HasTraits | None = None,
    *,
    shown: str = "value",
) -> None:
    """Link ``control.value`` with ``owner``'s ``trait``, and in the browser ``control``'s ``shown`` with each view's.

    The browser alone links the views: a second link through the kernel would send each position back late, and pull
    the slider from under the hand that drags it.
    """
    if owner is not None:
        traitlets.link((owner, trait), (control, "value"))
    for view in views:
        widgets.jslink((control, shown), (view, trait))


def linked_slider(
    description: str,
    trait: str,
    views: Sequence[widgets.DOMWidget],
    owner: traitlets.HasTraits | None = None,
    *,
    kind: type[widgets.FloatSlider] | type[widgets.FloatLogSlider] = widgets.FloatSlider,
    **options,
) -> widgets.FloatSlider | widgets.FloatLogSlider:
    """A slider that moves ``trait``, see :func:`link_control`; ``options`` are its kind's, such as min and max."""
    usual = {"step": 0.05, "readout_format": ".2f", "layout": {"width": "auto"}}
    slider = kind(description=description, **(usual | options))
    link_control(slider, trait, views, owner)
    return slider
