"""One module for each model of the course."""

from vae_helpers.models.autoencoder import Autoencoder
from vae_helpers.models.classifier import Classifier
from vae_helpers.models.vae import VAE, reparameterize

__all__ = ["VAE", "Autoencoder", "Classifier", "reparameterize"]
