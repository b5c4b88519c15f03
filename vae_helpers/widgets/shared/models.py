"""What a widget asks of a model before it is shown."""

from torch import Tensor, nn


def check_plane(model: nn.Module) -> None:
    """Raise ``ValueError`` unless the model's latent space is a plane."""
    latent_dim = getattr(model, "latent_dim", None)
    if latent_dim != 2:
        raise ValueError(f"model: want one with latent_dim 2, got {type(model).__name__} with {latent_dim}")


def check_codes(codes: Tensor, name: str = "") -> None:
    """Raise ``ValueError`` unless the codes that a model's encoder gave are finite; ``name`` tells it from others."""
    if not codes.isfinite().all():
        whose = f"the encoder of {name!r}" if name else "its encoder"
        raise ValueError(f"model: {whose} gives NaN or infinity for these images; did training break down?")
