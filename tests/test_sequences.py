"""Shifts and sums of sequences of different lengths, and that the models use them."""

import pytest
import torch
from torch.nn import functional as F

from vae_helpers.data import load_pen_digits
from vae_helpers.models import NameVAE, RecurrentVAE
from vae_helpers.models.sequences import nats_per_step, sequence_nll, shift_right
from vae_helpers.training import fit


@pytest.fixture
def strokes(generator):
    return torch.rand(3, 5, 2, generator=generator)


LENGTHS = torch.tensor([5, 1, 3])


@pytest.mark.parametrize("shape", [(3, 5, 2), (3, 5), (1, 1, 2), (4, 2, 3, 2)])
def test_each_step_moves_one_place(shape, generator):
    steps = torch.rand(shape, generator=generator)
    shifted = shift_right(steps)
    assert shifted.shape == shape and not shifted[:, 0].any()
    assert torch.equal(shifted[:, 1:], steps[:, :-1])


def test_a_shift_keeps_the_kind_of_number_and_makes_new_ones():
    letters = torch.tensor([[5, 3, 7]])
    assert shift_right(letters).dtype == torch.long and letters.tolist() == [[5, 3, 7]]
    assert shift_right(torch.zeros(2, 0)).shape == (2, 0)


def test_sums_of_real_steps_one_by_one(generator):
    each = torch.randn(3, 5, generator=generator)
    wanted = torch.stack([row[:n].sum() for row, n in zip(each, LENGTHS, strict=True)])
    torch.testing.assert_close(sequence_nll(each, LENGTHS), wanted)
    assert sequence_nll(each.half(), LENGTHS).dtype == torch.half


@pytest.mark.parametrize("padding", [torch.nan, torch.inf, 1e30])
def test_padding_may_hold_anything(padding, strokes):
    each = strokes[..., 0].clone().requires_grad_()
    real = torch.arange(5) < LENGTHS[:, None]
    total = sequence_nll(each.where(real, padding), LENGTHS)
    assert total.isfinite().all()
    assert torch.equal(torch.autograd.grad(total.sum(), each)[0], real.float())


@pytest.mark.parametrize("padding", [0.0, 0.7, torch.nan])
def test_a_stroke_ends_at_its_last_real_point(padding, strokes):
    """Its q(z|x) and its nats are what they are alone and without padding, whatever the padding holds."""
    model = RecurrentVAE(input_dropout=0.0).eval()
    padded = strokes.where((torch.arange(5) < LENGTHS[:, None])[..., None], padding)
    z = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    together = (*model.encode(padded, LENGTHS), model.nll(z, padded, LENGTHS))
    for k, n in enumerate(LENGTHS):
        alone = strokes[k : k + 1, :n]
        wanted = (*model.encode(alone), model.nll(z[k : k + 1], alone))
        torch.testing.assert_close(tuple(value[k : k + 1] for value in together), wanted)


def test_a_point_is_predicted_from_those_before_it(strokes):
    model, changed = RecurrentVAE(input_dropout=0.0).eval(), strokes.clone()
    changed[:, 2] = 0.9
    means = [model.decode(torch.ones(3, 2), x)[0] for x in (strokes, changed)]
    torch.testing.assert_close(means[0][:, :3], means[1][:, :3])
    assert (means[0][:, 3] - means[1][:, 3]).abs().max() > 1e-4


def test_a_shift_can_be_taken_out_of_one_model(strokes):
    """Notebook 10 does; then each point sees itself, and other models don't."""
    broken, sound = RecurrentVAE(input_dropout=0.0).eval(), RecurrentVAE(input_dropout=0.0).eval()
    broken.shift = lambda steps: steps
    changed = strokes.clone()
    changed[:, 2] = 0.9
    for model, sees_itself in ((broken, True), (sound, False)):
        means = [model.decode(torch.ones(3, 2), x)[0][:, 2] for x in (strokes, changed)]
        assert torch.equal(*means) != sees_itself


@pytest.mark.slow
def test_without_the_shift_the_loss_is_too_good_and_the_pen_creeps():
    """Over three seeds it was -1.4 to -2.1 nats and -29 to -36, steps of 0.39 to 0.41 and of 0.13 to 0.21."""
    train, (test, _) = load_pen_digits("train")[0], load_pen_digits("test")
    nats, steps = [], []
    for shift in (shift_right, lambda strokes: strokes):
        model = RecurrentVAE(input_dropout=0.0)
        model.shift = shift
        nats.append(fit(model, train, test, epochs=1, batch_size=128, progress=False).last["test_total"])
        steps.append(model.write(torch.zeros(200, 2)).diff(dim=1).norm(dim=2).mean())
    assert nats[0] > -8 and nats[1] < -22, nats
    assert steps[1] < 0.7 * steps[0], steps


def test_names_are_read_from_their_start():
    names, model = torch.tensor([[3, 1, 4, 0]]), NameVAE().eval()
    told = torch.cat([torch.zeros(1, 8), torch.eye(6)[:1]], dim=1)
    wanted = model.decoder(torch.tensor([[0, 3, 1, 4, 0]]), told)
    torch.testing.assert_close(model.decode(torch.zeros(1, 8), torch.tensor([0]), names), wanted)
    each = F.cross_entropy(wanted[0], torch.tensor([3, 1, 4, 0, 0]), reduction="none")
    torch.testing.assert_close(model.nll(torch.zeros(1, 8), torch.tensor([0]), names), each[:4].sum()[None])


def test_nats_per_step_are_the_mean_over_steps():
    each = torch.tensor([[2.0, 1.0, 3.0], [4.0, 9.0, 9.0]])
    lengths = torch.tensor([3, 1])
    reconstruction = sequence_nll(each, lengths)
    assert nats_per_step(reconstruction, torch.zeros(2), lengths) == torch.tensor([2.0, 1.0, 3.0, 4.0]).mean()
    assert nats_per_step(reconstruction, torch.tensor([1.0, 3.0]), lengths) == 14 / 4


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: shift_right(torch.zeros(3)), ValueError, r"steps: want shape \(N, \.\.\.\), got \(3,\)"),
        (lambda: shift_right([[1.0]]), TypeError, "steps: want a number tensor"),
        (lambda: shift_right(torch.zeros(2, 3, dtype=torch.bool)), TypeError, "steps: want numbers, got torch.bool"),
        (lambda: sequence_nll(torch.zeros(2, 3, 1), LENGTHS[:2]), ValueError, r"each: want shape \(N, T\)"),
        (lambda: sequence_nll(torch.zeros(2, 3), LENGTHS), ValueError, "lengths: want shape .*N is 2 in each"),
        (lambda: sequence_nll(torch.zeros(2, 3), torch.ones(2)), TypeError, "lengths: want integers"),
        (lambda: nats_per_step(torch.zeros(2), torch.zeros(3), LENGTHS), ValueError, "kl: want shape|same shape"),
        (lambda: nats_per_step(torch.zeros(0), torch.zeros(0), LENGTHS[:0]), ValueError, "lengths: want at least one"),
        (
            lambda: nats_per_step(torch.zeros(2), torch.zeros(2), torch.tensor([3, 0])),
            ValueError,
            "lengths: want at least 1 step in each sequence, got 0",
        ),
    ],
)
def test_bad_sequences(call, error, said):
    with pytest.raises(error, match=said):
        call()
