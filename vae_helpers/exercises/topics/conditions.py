"""Exercises on what a conditional VAE is told, and on the prior that it has for each class."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.losses import gaussian_kl, gaussian_kl_between

LOOK_UP = "The tables have a row for each class: pick each image's with its label."


def with_condition(values: Tensor, labels: Tensor) -> Tensor:
    """What a network reads: n values and the label of each example, one-hot: (N, n) and (N,) -> (N, n + 10)."""
    one_hot = F.one_hot(labels, num_classes=10).to(values)  # (N, 10), floats as the values are
    return torch.cat([values, one_hot], dim=1)


def conditional_kl(mu: Tensor, logvar: Tensor, labels: Tensor, prior_mu: Tensor, prior_logvar: Tensor) -> Tensor:
    """KL( q(z|x, c) || p(z|c) ) of each image: q (N, D) twice, labels (N,), the prior's tables (C, D) -> (N,)."""
    mu_p, logvar_p = prior_mu[labels], prior_logvar[labels]  # (N, D), the row of each image's class
    return gaussian_kl_between(mu, logvar, mu_p, logvar_p)


def _condition_inputs() -> list[Inputs]:
    def batch(n: int, labels: list[int], spread: float = 1.0) -> Inputs:
        return pairs(len(labels), n, n, spread)[0], torch.tensor(labels)

    many = torch.randint(10, (64,), generator=Generator().manual_seed(0)).tolist()
    return [
        batch(2, [3]),
        batch(2, [4, 1, 4]),
        batch(1, [9, 0]),
        batch(3, [0]),  # the lowest class
        batch(4, [7, 7, 7]),  # one class for all
        batch(5, [6, 2, 9, 0, 3, 8, 1, 5, 7, 4], 100.0),  # each once
        batch(784, many),
    ]


def _prior_inputs() -> list[Inputs]:
    def tables(classes: int, d: int, seed: int, spread: float = 1.0) -> Inputs:
        return pairs(classes, d, 100 + seed, spread)

    q, table = pairs(4, 2, 0), tables(6, 2, 0)
    labels = torch.tensor([4, 1, 4, 0])
    own = tuple(values[labels] for values in table)
    many = torch.randint(70, (64,), generator=Generator().manual_seed(1))
    first, second = torch.tensor([0]), torch.tensor([1])
    return [
        (*rows([1.0], [0.0]), second, torch.tensor([[3.0], [0.5]]), torch.zeros(2, 1)),
        (*rows([1.0], [0.0]), first, torch.zeros(2, 1), torch.tensor([[1.0], [-1.0]])),
        (*q, labels, *table),
        (*pairs(3, 1, 1), torch.tensor([2, 0, 1]), *tables(10, 1, 1)),  # one latent dimension
        (*own, labels, *table),  # q is the prior of its class
        (*(v + 0.02 for v in own), labels, *table),  # or next to it
        (*rows([30.0, -3.0], [0.5, -0.5]), second, *tables(3, 2, 2, 5.0)),  # far from it
        (*rows([0.5, 1.0], [-20.0, -6.0]), second, *tables(3, 2, 3)),  # a tiny variance of q
        (*q, labels, table[0], table[1] - 12),  # tiny ones of the prior
        (*rows([0.5, 1.0], [12.0, 0.3]), second, *tables(3, 2, 4)),  # a large one
        (*pairs(64, 32, 5), many, *tables(70, 32, 5)),
    ]


def _told(hot: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that puts something else beside the values."""
    return lambda values, labels: torch.cat([values, hot(labels).to(values)], dim=1)


def _row(choose: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that looks up other rows."""
    return lambda mu, logvar, labels, *tables: conditional_kl(mu, logvar, choose(labels), *tables)


def _of_all_classes(reduce: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that compares q with the priors of all classes, (N, C), and reduces that."""

    def answer(mu: Tensor, logvar: Tensor, labels: Tensor, prior_mu: Tensor, prior_logvar: Tensor) -> Tensor:
        return reduce(
            torch.stack(
                [
                    gaussian_kl_between(mu, logvar, m.expand_as(mu), s.expand_as(mu))
                    for m, s in zip(prior_mu, prior_logvar, strict=True)
                ],
                dim=1,
            )
        )

    return answer


def _between(kl: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """An answer that looks up the right rows, and has another KL."""
    return lambda mu, logvar, labels, prior_mu, prior_logvar: kl(mu, logvar, prior_mu[labels], prior_logvar[labels])


EXERCISES: dict[str, Exercise] = {
    "with_condition": Exercise(
        "the one-hot condition",
        with_condition,
        ("values", "labels"),
        _condition_inputs,
        "each class has a weight of its own in the first layer, and none lies between two others.",
        (
            Misconception(
                "label_as_number",
                lambda values, labels: torch.cat([values, labels[:, None].to(values)], dim=1),
                "the label goes in as one number. Then 4 lies between 3 and 5, and 3.5 is a class too; give each of "
                "the ten classes a column.",
            ),
            Misconception(
                "condition_first",
                lambda values, labels: torch.cat([F.one_hot(labels, 10).to(values), values], dim=1),
                "the right columns, in another order: the values come first here. (A network could learn from either, "
                "but not from one in training and the other afterwards.)",
            ),
            Misconception(
                "position_in_the_batch",
                lambda values, labels: torch.cat([values, torch.eye(len(values))], dim=1),
                "this marks each example's place in the batch; mark its label.",
            ),
            Misconception(
                "classes_of_the_batch",
                _told(F.one_hot),
                "one_hot counts the classes by the largest label of this batch, so the width changes from batch to "
                "batch. Say num_classes=10.",
            ),
            Misconception(
                "classes_that_occur",
                _told(lambda labels: F.one_hot(labels.unique(return_inverse=True)[1])),
                "this numbers the classes that occur in this batch. Column k belongs to class k, in every batch.",
            ),
            Misconception(
                "counted_from_one",
                _told(lambda labels: F.one_hot((labels - 1) % 10, 10)),
                "all is off by one column: class 0 has the first.",
            ),
            Misconception(
                "labels_sorted",
                _told(lambda labels: F.one_hot(labels.sort().values, 10)),
                "the labels are in another order than the values: most examples are told another one's class.",
            ),
            Misconception(
                "one_label_for_all",
                _told(lambda labels: F.one_hot(labels[:1], 10).expand(len(labels), 10)),
                "all examples are told the first one's class.",
            ),
            Misconception(
                "label_in_its_place",
                _told(lambda labels: F.one_hot(labels, 10) * labels[:, None]),
                "the right column holds the label's number; it should hold 1. Class 0 now says nothing at all.",
            ),
            Misconception(
                "label_repeated",
                _told(lambda labels: labels[:, None].expand(len(labels), 10)),
                "these are ten copies of the label's number: still a quantity, ten times.",
            ),
            Misconception(
                "one_cold",
                _told(lambda labels: 1 - F.one_hot(labels, 10)),
                "0 at the label and 1 elsewhere: it should be the other way round.",
            ),
            Misconception(
                "values_left_out",
                lambda values, labels: F.one_hot(labels, 10).to(values),
                "this is the condition alone: the network must read the values, too.",
            ),
            Misconception(
                "values_cut",
                lambda values, labels: torch.cat([values.long(), F.one_hot(labels, 10)], dim=1),
                "the values were made whole numbers, as the one-hot ones are. Make those floats: .to(values).",
            ),
        ),
        differentiable=("values",),
    ),
    "conditional_kl": Exercise(
        "the KL to the prior of each image's class",
        conditional_kl,
        ("mu", "logvar", "labels", "prior_mu", "prior_logvar"),
        _prior_inputs,
        "it is 0 where q is the prior of its class, wherever that lies; gradients reach the tables, which so learn.",
        (
            Misconception(
                "prior_forgotten",
                lambda mu, logvar, *rest: gaussian_kl(mu, logvar),
                "this is the KL to N(0, I), whatever the label. Where do the tables enter?",
            ),
            Misconception(
                "reversed",
                _between(lambda mu, logvar, mu_p, logvar_p: gaussian_kl_between(mu_p, logvar_p, mu, logvar)),
                "this is KL(p || q), the other way round: the mean is over q.",
            ),
            Misconception(
                "distance_not_scaled",
                _between(
                    lambda m, v, m_p, v_p: 0.5 * (v_p - v + torch.exp(v - v_p) + (m - m_p).square() - 1).sum(dim=1)
                ),
                "the squared distance of the means is not divided by the prior's variance: in a wide prior, the same "
                "distance costs less.",
            ),
            Misconception(
                "counted_from_one",
                _row(lambda labels: labels - 1),
                "this takes the row before: class 0 has the first row (and row -1 is the last, without an error).",
            ),
            Misconception(
                "rows_in_order",
                _row(lambda labels: torch.arange(len(labels))),
                "image n is compared with row n of the tables; it needs the row of its label.",
            ),
            Misconception(
                "labels_sorted",
                _row(lambda labels: labels.sort().values),
                "the labels are in another order than the images: most are compared with another class's prior.",
            ),
            Misconception(
                "one_label_for_all",
                _row(lambda labels: labels[:1].expand_as(labels)),
                "all images are compared with the prior of the first one's class.",
            ),
            Misconception(
                "mean_prior",
                lambda mu, logvar, labels, *tables: gaussian_kl_between(
                    mu, logvar, *(table.mean(dim=0).expand_as(mu) for table in tables)
                ),
                "this averages the tables over the classes, so that the label says nothing. Look up its row.",
            ),
            Misconception(
                "mean_over_classes",
                _of_all_classes(lambda kl: kl.mean(dim=1)),
                "this is the mean over the priors of all classes; asked is that of the image's own class.",
            ),
            Misconception(
                "summed_over_classes",
                _of_all_classes(lambda kl: kl.sum(dim=1)),
                "this adds up the KLs to the priors of all classes; asked is that of the image's own class.",
            ),
            Misconception(
                "nearest_class",
                _of_all_classes(lambda kl: kl.amin(dim=1)),
                "this takes the class whose prior is nearest; asked is that of the label, however far.",
            ),
            Misconception(
                "means_alone",
                _between(lambda mu, logvar, mu_p, logvar_p: gaussian_kl_between(mu, logvar, mu_p, 0 * logvar_p)),
                "the prior's means are looked up, its variances are taken to be 1.",
            ),
            Misconception(
                "logvar_as_log_sigma",
                _between(lambda mu, logvar, mu_p, logvar_p: gaussian_kl_between(mu, 2 * logvar, mu_p, 2 * logvar_p)),
                "this treats logvar as log sigma; it is log sigma^2, so sigma^2 is exp(logvar).",
            ),
            Misconception(
                "precision_for_variance",
                _between(lambda mu, logvar, mu_p, logvar_p: gaussian_kl_between(mu, logvar, mu_p, -logvar_p)),
                "the prior's log-variance has the wrong sign everywhere: divide by exp(logvar_p), do not multiply.",
            ),
            Misconception(
                "log_ratio_inverted",
                _between(
                    lambda mu, logvar, mu_p, logvar_p: (
                        gaussian_kl_between(mu, logvar, mu_p, logvar_p) + (logvar - logvar_p).sum(dim=1)
                    )
                ),
                "the term of the two log-variances has the wrong sign: it is logvar_p - logvar.",
            ),
            Misconception(
                "half_missing",
                lambda *values: 2 * conditional_kl(*values),
                "this is twice the closed form: is the 1/2 there?",
            ),
            Misconception(
                "sign_flipped",
                lambda *values: -conditional_kl(*values),
                "this is never positive; a KL is never negative. Look at the sign in front.",
            ),
        ),
        differentiable=("mu", "logvar", "prior_mu", "prior_logvar"),
        each=Each(parts="latent dimensions"),
        error_hints=dict.fromkeys(("must match the size of tensor", "want the same shape"), LOOK_UP),
    ),
}
