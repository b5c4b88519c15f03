"""Data sets as tensors: offline first, verified, ready at once. One module for each, on top of ``archives``."""

from vae_helpers.data.archives import REPO_DATA, DataError
from vae_helpers.data.binarization import BINARIZATIONS, Binarization, binarize
from vae_helpers.data.mnist import load_fashion_mnist, load_kmnist, load_mnist
from vae_helpers.data.names import load_names
from vae_helpers.data.pen_digits import load_pen_digits

# the one list of data sets, by the name of their folder in data/
DATASETS = {
    "MNIST": load_mnist,
    "FashionMNIST": load_fashion_mnist,
    "KMNIST": load_kmnist,
    "names": load_names,
    "pen_digits": load_pen_digits,
}

__all__ = [
    "BINARIZATIONS",
    "DATASETS",
    "REPO_DATA",
    "Binarization",
    "DataError",
    "binarize",
    "load_fashion_mnist",
    "load_kmnist",
    "load_mnist",
    "load_names",
    "load_pen_digits",
]
