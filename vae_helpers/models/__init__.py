"""One module for each model of the course, made of ``layers``."""

from vae_helpers.models.adversarial_autoencoder import AdversarialAutoencoder
from vae_helpers.models.autoencoder import Autoencoder
from vae_helpers.models.classifier import Classifier
from vae_helpers.models.completion import CompletionNet, CompletionVAE
from vae_helpers.models.conditional_vae import ConditionalVAE
from vae_helpers.models.gaussians import reparameterize
from vae_helpers.models.hierarchical_vae import HierarchicalVAE
from vae_helpers.models.name_vae import NameVAE
from vae_helpers.models.padded_name_vae import PaddedNameVAE
from vae_helpers.models.recurrent_vae import RecurrentVAE
from vae_helpers.models.regression_net import RegressionNet
from vae_helpers.models.stroke_vae import StrokeVAE
from vae_helpers.models.vae import VAE
from vae_helpers.models.vrnn import VRNN

# the one list of models: what a checkpoint can hold, by class name
KINDS = (
    VAE,
    Autoencoder,
    AdversarialAutoencoder,
    ConditionalVAE,
    CompletionVAE,
    CompletionNet,
    RegressionNet,
    NameVAE,
    PaddedNameVAE,
    RecurrentVAE,
    StrokeVAE,
    VRNN,
    HierarchicalVAE,
    Classifier,
)
MODELS = {model.__name__: model for model in KINDS}

__all__ = [
    "MODELS",
    "VAE",
    "VRNN",
    "AdversarialAutoencoder",
    "Autoencoder",
    "Classifier",
    "CompletionNet",
    "CompletionVAE",
    "ConditionalVAE",
    "HierarchicalVAE",
    "NameVAE",
    "PaddedNameVAE",
    "RecurrentVAE",
    "RegressionNet",
    "StrokeVAE",
    "reparameterize",
]
