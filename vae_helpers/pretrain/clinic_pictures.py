"""The pictures of the bug clinic, data/tables/clinic.png: what each patient draws and copies after training."""

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from vae_helpers.clinic.board import HEALTHY, RECIPE
from vae_helpers.clinic.patient import practise
from vae_helpers.clinic.patients import PATIENTS, find
from vae_helpers.clinic.pictures import LEVELS, PICTURES, SIDE, picture
from vae_helpers.clinic.practice import PracticeVAE
from vae_helpers.data import load_mnist


def picture_clinic() -> None:
    """Train the healthy model and each patient once, seed 0, and draw what they give (some three minutes)."""
    names = (HEALTHY, *PATIENTS)
    write_pictures(torch.stack([trained_picture(name) for name in names]))
    print(f"{PICTURES}: {len(names)} rows")


def trained_picture(name: str, images: int = RECIPE["images"]) -> Float[Tensor, "16 1 28 28"]:
    """A patient's pictures, or the healthy model's, after the training by which ``board.observe`` has its numbers."""
    healthy = name == HEALTHY
    model = PracticeVAE(RECIPE["latent_dim"], RECIPE["hidden"]) if healthy else find(name).model()
    practise(model, load_mnist("train", n=images)[0], RECIPE["epochs"])
    return picture(model, load_mnist("test", n=500)[0])


def write_pictures(pictures: Float[Tensor, "P 16 1 28 28"], path=PICTURES) -> None:
    """One picture, a row for each; complete or not at all."""
    levels = (LEVELS * pictures).round() * (255 / LEVELS)
    sheet = levels.squeeze(2).transpose(1, 2).reshape(len(pictures) * SIDE, -1).to(torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    Image.fromarray(sheet.numpy()).save(new, format="png", optimize=True)
    new.replace(path)
