"""What a patient's owner sees beside the numbers: samples of the model, and copies of test images."""

from pathlib import Path

import matplotlib.image
import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.clinic.practice import PracticeVAE
from vae_helpers.clinic.watching import seeded_globally
from vae_helpers.data import REPO_DATA
from vae_helpers.validation import as_seed, check_images, checked

EACH = 8  # samples, and as many copies
SIDE = 28
LEVELS = 15  # of grey above 0 in the file: it is half as large as with 255, and looks the same
PICTURES = REPO_DATA / "tables" / "clinic.png"


@checked
@torch.no_grad()
def picture(model: PracticeVAE, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> Float[Tensor, "16 1 28 28"]:
    """Eight samples of a model, then its copies of the first eight images: what a sigmoid makes of its outputs.

    >>> seen = picture(PracticeVAE(latent_dim=2), torch.rand(10, 1, 28, 28))
    >>> seen.shape, bool((seen >= 0).all() and (seen <= 1).all())
    (torch.Size([16, 1, 28, 28]), True)

    Args:
        model: in training or not; it stays as it is.
        images: at least eight, in [0, 1]; all of them go through the encoder together, as a test set does.
        seed: for the samples' z ~ N(0, I), and for a model that draws where it should not.

    Returns:
        Pixels in [0, 1]; a copy is decoded from mu, and what is no number is 0.

    Raises:
        TypeError, ValueError: unusable images, or fewer than eight.
    """
    check_images(images, "images")
    if len(images) < EACH:
        raise ValueError(f"images: want at least {EACH}, got {len(images)}")
    z = torch.randn(EACH, model.latent_dim, generator=Generator().manual_seed(as_seed(seed)))
    was_training = model.training
    model.eval()
    with seeded_globally(seed):
        mu = model.encode(model.prepare(images, None)[0])[0][:EACH]
        outputs = model.decode(torch.cat([z, mu]))
    model.train(was_training)
    return torch.sigmoid(outputs).nan_to_num(0.0)


def load_pictures(path: Path = PICTURES) -> Float[Tensor, "P 16 1 28 28"]:
    """For each row of ``board.load_board(seed=0)`` its :func:`picture` after training, in 16 levels of grey.

    >>> load_pictures().shape[1:]
    torch.Size([16, 1, 28, 28])

    Args:
        path: of the file.

    Raises:
        FileNotFoundError, ValueError: no such file, or another picture in it.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: not there; `python -m vae_helpers.pretrain clinic_pictures` makes it")
    pixels = torch.from_numpy(matplotlib.image.imread(path, format="png").copy())
    if pixels.ndim != 2 or pixels.shape[1] != 2 * EACH * SIDE or pixels.shape[0] % SIDE:
        raise ValueError(f"{path}: want a grey picture of 16 images in each row, got {tuple(pixels.shape)}")
    return pixels.reshape(-1, SIDE, 2 * EACH, SIDE).transpose(1, 2).unsqueeze(2)
