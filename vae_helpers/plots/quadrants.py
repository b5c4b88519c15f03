"""Pictures of completed images."""

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.models.completion import Seen, pixel_mask
from vae_helpers.plots.images import _ink, _pictures
from vae_helpers.validation import check_fits, check_positive, check_some

UNSEEN = (0.75, 0.85, 0.95)  # a pale blue: neither ink nor paper


def completions(
    images: Float[Tensor, "N 1 28 28"],
    seen: Seen,
    one_answer: Float[Tensor, "N 1 28 28"],
    answers: Float[Tensor, "N K 1 28 28"],
    *,
    size: float = 0.85,
) -> Figure:
    """One row for each image: what is seen of it, the truth, a plain net's one answer, and K of a model that draws.

    Raises:
        TypeError, ValueError: no such images, or not as many of each; ``size`` that is not > 0.
    """
    check_positive(size=size)
    images = _pictures("images", images)
    check_fits(Float[Tensor, f"{len(images)} 1 28 28"], one_answer=one_answer)
    check_fits(Float[Tensor, f"{len(images)} K 1 28 28"], answers=answers)
    check_some(answers=answers)
    visible = pixel_mask(seen)
    rows, columns = len(images), 3 + answers.shape[1]
    titles = ["seen", "truth", "plain net", "CVAE: drawn"]
    # narrow empty columns set the three kinds of picture apart
    widths = [1, 1, 0.25, 1, 0.25, *[1] * answers.shape[1]]
    fig, axes = plt.subplots(
        rows, len(widths), figsize=(size * sum(widths), size * rows + 0.3), squeeze=False, width_ratios=widths
    )
    for axis in axes.flat:
        axis.axis("off")
    places = [k for k, width in enumerate(widths) if width == 1]
    for k, line in enumerate(axes):
        pictures = [images[k], images[k], one_answer[k], *answers[k]]
        for place, picture in zip(places, pictures, strict=True):
            line[place].imshow(_ink(picture[0]), cmap="gray", vmin=0, vmax=1)
        line[0].imshow(_veil(visible[k, 0]))
    for place, title in zip(places[:columns], titles, strict=False):
        axes[0][place].set_title(title, fontsize=12, loc="left" if title == titles[-1] else "center")
    fig.tight_layout(pad=0.2)
    return fig


def _veil(visible: Tensor) -> Tensor:
    """RGBA that hides what is not seen."""
    veil = torch.tensor([*UNSEEN, 1.0]).expand(28, 28, 4).clone()
    veil[..., 3] = (~visible.cpu()).float()
    return veil.numpy()
