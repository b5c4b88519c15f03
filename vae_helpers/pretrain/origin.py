"""What each checkpoint says of where it comes from."""

import torch

MADE_FROM = {"data": "MNIST, grey pixels", "torch": str(torch.__version__), "seed": 0}
