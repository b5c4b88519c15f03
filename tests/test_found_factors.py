import math

import pytest
import torch
from torch import nn

from vae_helpers.found_factors import class_shares, load_table, moved, share_of_all, shares


class Leaning(nn.Module):
    """A decoder of upright strokes that the first latent turns; the second changes nothing, the third the ink."""

    latent_dim = 3

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def decode(self, z):
        places = torch.arange(28) - 13.5
        slope = torch.tan(z[:, 0] / 10)[:, None, None]
        distance = places + slope * places[:, None]
        return (20 - 8 * distance.abs() + 0.1 * z[:, 2, None, None])[:, None] * torch.ones(1)


def test_a_latent_that_is_a_measure_has_all_and_noise_has_nothing(generator):
    codes = torch.randn(4000, 3, generator=generator)
    measures = torch.stack([7 - 0.01 * codes[:, 1], codes[:, 0] + codes[:, 1], torch.randn(4000, generator=generator)])
    found, together = shares(codes, measures.T), share_of_all(codes, measures.T)
    wanted = torch.tensor([[0.0, 0.5, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(found, wanted, atol=0.03, rtol=0)
    torch.testing.assert_close(together, torch.tensor([1.0, 1.0, 0.0]), atol=0.01, rtol=0)


def test_a_rotation_spreads_a_measure_but_loses_nothing(generator):
    codes = torch.randn(4000, 2, generator=generator)
    turned = codes @ torch.tensor([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)
    torch.testing.assert_close(shares(turned, codes[:, :1]).flatten(), torch.full((2,), 0.5), atol=0.03, rtol=0)
    torch.testing.assert_close(share_of_all(turned, codes[:, :1]), torch.ones(1))


def test_what_never_changes_has_no_share():
    codes = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    assert shares(codes, codes).tolist() == [[0, 0], [0, 1]]
    torch.testing.assert_close(share_of_all(codes, codes), torch.tensor([0.0, 1.0]))
    assert class_shares(codes, torch.tensor([4, 4, 4])).tolist() == [0, 0]


def test_class_shares_between_nothing_and_all(generator):
    labels = torch.arange(4000) % 10
    noise = torch.randn(4000, 3, generator=generator)
    codes = labels[:, None] * torch.tensor([1.0, 1.0, 0.0]) + noise * torch.tensor([0.0, math.sqrt(8.25), 1.0])
    torch.testing.assert_close(class_shares(codes, labels), torch.tensor([1.0, 0.5, 0.0]), atol=0.03, rtol=0)


def test_what_moves_when_a_latent_does():
    """Two units of z turn the stroke by 0.2 radians."""
    codes = torch.tensor([[0.0, 0.0, 0.0], [0.3, 1.0, 0.0]])
    change = moved(Leaning(), codes)
    assert change.shape == (3, 3)
    assert abs(change[0, 0].item()) == pytest.approx(math.degrees(0.4), abs=1)
    assert change[1].tolist() == [0, 0, 0]
    assert abs(change[2, 0]) < 0.1 and change[2, 1] > 0


@pytest.mark.parametrize("share", [shares, share_of_all])
def test_what_shares_refuse(share):
    good = torch.rand(4, 2)
    for codes, measures, message in (
        (good[:0], good[:0], "codes: want at least one"),
        (good, good / 0, "measures: contains NaN"),
        (good, good[:2], "measures: want shape"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            share(codes, measures)


def test_what_others_refuse():
    with pytest.raises(ValueError, match="^labels: want shape"):
        class_shares(torch.rand(4, 2), torch.zeros(3, dtype=torch.long))
    with pytest.raises(ValueError, match="^codes: want at least one"):
        moved(Leaning(), torch.zeros(0, 3))
    with pytest.raises(ValueError, match="^z: want shape"):
        moved(Leaning(), torch.zeros(2, 4))


def test_the_table_says_what_notebook_08_tells():
    """Three things, in all three seeds: beta = 1 finds slant and width as well; stroke width is lost at beta = 4."""
    by_beta = {beta: [row for row in load_table() if row["beta"] == beta] for beta in (1.0, 4.0)}
    for found in by_beta.values():
        assert len(found) == 3
        for row in found:
            assert all(row[name]["all"] > 0.65 for name in ("slant", "width")) and row["class"][0] < 0.85
    narrow = {beta: [row["stroke width"]["all"] for row in rows] for beta, rows in by_beta.items()}
    assert max(narrow[4.0]) < min(narrow[1.0]) - 0.1
    assert max(row["active"] for row in by_beta[4.0]) < min(row["active"] for row in by_beta[1.0])
