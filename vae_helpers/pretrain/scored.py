"""Store a model in half precision with what it scores: what is stored is what is scored."""

from typing import Any

from torch import nn

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import Data, evaluate
from vae_helpers.pretrain.origin import MADE_FROM


def score_and_store(model: nn.Module, held_out: Data, name: str, info: dict[str, Any], example: str) -> None:
    """Round a model's weights to half precision, evaluate it, and store it as data/weights/NAME.pt.

    Args:
        model: of which :func:`vae_helpers.evaluation.evaluate` can take ``held_out``; its weights are rounded.
        held_out: data that it was not trained on.
        name: of the file, without its ending.
        info: what else the file is to say: data, seed, settings.
        example: what is printed for one of the data: "digit", "name".
    """
    found = evaluate(model.half().float(), held_out)
    scored = {**found._asdict(), "total": found.total}
    info = {**MADE_FROM, **info, "test_nats": scored}
    path = save_checkpoint(model.half(), REPO_DATA / "weights" / f"{name}.pt", info)
    print(
        f"{path}: {found.total:.2f} nats per held-out {example} ({found.reconstruction:.2f} + {found.kl:.2f} KL), "
        f"{path.stat().st_size / 1e6:.2f} MB"
    )
