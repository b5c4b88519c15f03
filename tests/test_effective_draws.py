"""The exercise on the effective sample size: answers as people write them."""

import numpy as np
import pytest
import torch

from vae_helpers.exercises import check

RIGHT = {
    "shares": lambda logs: 1 / (logs.softmax(dim=1) ** 2).sum(dim=1),
    "in logs": lambda logs: (2 * logs.logsumexp(1) - (2 * logs).logsumexp(1)).exp(),
    "maximum": lambda logs: (
        (logs - logs.amax(1, keepdim=True)).exp().sum(1) ** 2 / ((logs - logs.amax(1, keepdim=True)).exp() ** 2).sum(1)
    ),
    "by row": lambda logs: torch.stack([1 / row.softmax(0).square().sum() for row in logs]),
    "variance": lambda logs: logs.shape[1] / (1 + logs.softmax(1).var(1, correction=0) / logs.softmax(1).mean(1) ** 2),
    "numpy": lambda logs: np.array(
        [
            1 / (np.exp(r - r.max()) / np.exp(r - r.max()).sum()).dot(np.exp(r - r.max()) / np.exp(r - r.max()).sum())
            for r in logs.double().numpy()
        ]
    ),
}
WRONG = [
    ("overflow", lambda logs: torch.exp(logs).sum(1).square() / torch.exp(2 * logs).sum(1)),
    ("overflow", lambda logs: 1 / ((logs.exp() / logs.exp().sum(1, keepdim=True)) ** 2).sum(1)),
    ("overflow", lambda logs: logs.double().exp().sum(1) ** 2 / (logs.double().exp() ** 2).sum(1)),
    (
        "one_maximum_for_all",
        lambda logs: 1 / ((logs - logs.max()).exp() / (logs - logs.max()).exp().sum(1)[:, None]).square().sum(1),
    ),
    ("logs_as_weights", lambda logs: 1 / ((logs / logs.sum(1, keepdim=True)) ** 2).sum(1)),
    ("upside_down", lambda logs: (logs.softmax(1) ** 2).sum(1)),
    ("perplexity", lambda logs: torch.distributions.Categorical(logits=logs).entropy().exp()),
    ("not_normalised", lambda logs: 1 / (2 * logs).exp().sum(1)),
    ("not_normalised", lambda logs: torch.exp(-(2 * logs).logsumexp(1))),
    ("mean_of_weights", lambda logs: 1 / (logs.softmax(1) ** 2).sum(1) / logs.shape[1]),
    ("all_images_at_once", lambda logs: (1 / logs.flatten().softmax(0).square().sum()).expand(len(logs))),
    ("mean_over_images", lambda logs: (1 / (logs.softmax(dim=1) ** 2).sum(dim=1)).mean()),
    (
        "unbiased_variance",
        lambda logs: logs.shape[1] / (1 + torch.nan_to_num(logs.softmax(1).var(1)) / logs.softmax(1).mean(1) ** 2),
    ),
]


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers(name):
    assert check("effective_sample_size", RIGHT[name]).status == "right"


@pytest.mark.filterwarnings("ignore:var")
@pytest.mark.parametrize(("mistake", "answer"), WRONG)
def test_mistakes_as_one_writes_them(mistake, answer):
    result = check("effective_sample_size", answer)
    assert (result.status, result.misconception) == ("wrong", mistake), result.message
