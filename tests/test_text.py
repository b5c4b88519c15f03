"""Baselines for names: counts that sum to one, a judge that is nearly always right, and the way up to log p(x|c)."""

import math

import pytest
import torch
from torch.nn import functional as F

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.data.names import load_names, read_out, spell
from vae_helpers.evaluation import active_units, evaluate, importance_weighted_bound
from vae_helpers.models import NameVAE
from vae_helpers.text import SYMBOLS, LanguageJudge, NGram, novelty, runs


@pytest.fixture(scope="module")
def names():
    return load_names("train")


@pytest.fixture(scope="module")
def held_out():
    return load_names("test")


@pytest.mark.parametrize("order", [0, 1, 2])
def test_chances_after_each_context_sum_to_one(names, order):
    chances = NGram(names[0], order).log_chances.exp().view(-1, SYMBOLS)
    assert chances.min() > 0 and torch.allclose(chances.sum(dim=1), torch.ones(len(chances)), atol=1e-4)


def test_counts_by_hand():
    """With next to no smoothing: how often a letter follows its context, in letters and ends, never in padding."""
    train = spell(["ab", "aba", "b"])
    short, long = spell(["ab"], steps=2), spell(["ab"], steps=9)
    for order, wanted in ((0, (3 / 9) * (3 / 9) * (3 / 9)), (1, (2 / 3) * (2 / 3) * (2 / 3)), (2, 2 / 3 * 1 / 2)):
        for name in (short, long):
            nll = NGram(train, order, strength=1e-9).nll(name)
            assert nll.item() == pytest.approx(-math.log(wanted), abs=1e-4)


def test_smoothing_by_hand():
    """A letter never seen: the whole weight of each table lies on the one below it."""
    train = spell(["ab"])
    nll = NGram(train, order=1, strength=2.0).nll(spell(["b"]))
    p0 = (torch.tensor([1, 1, 1]) + 2 / 61) / 5  # of a, b and the end
    start_b, b_end = (0 + 2 * p0[1]) / 3, (1 + 2 * p0[2]) / 3
    assert nll.item() == pytest.approx(-math.log(start_b * b_end), abs=1e-5)


def test_more_context_and_the_language_help(names, held_out):
    nats = [NGram(names[0], order).nll(held_out[0]).mean().item() for order in (0, 1, 2)]
    assert nats == sorted(nats, reverse=True) and nats[2] == pytest.approx(19.6, abs=0.1)
    told = [NGram(names[0][names[1] == k]).nll(held_out[0][held_out[1] == k]) for k in range(6)]
    assert torch.cat(told).mean().item() == pytest.approx(16.7, abs=0.1)


def test_the_judge_knows_nine_of_ten(names, held_out):
    judge = LanguageJudge(read_out(names[0]), names[1])
    right = (judge(read_out(held_out[0])) == held_out[1]).float().mean().item()
    assert 0.90 < right < 0.94
    assert judge(["wiśniewski", "þorgeirs", "dlamini"]).tolist() == [0, 1, 3]


def test_the_judge_counts_how_often_a_language_occurs():
    judge = LanguageJudge(["a", "a", "a", "b"], torch.tensor([1, 1, 1, 0]))
    assert judge(["q", "b"]).tolist() == [1, 0]  # of q nothing is known but that most names are in 1


def test_runs_and_novelty():
    assert len(list(runs("abc"))) == 5 + 4 + 3 + 2
    assert novelty(["a", "b", "b"], {"a"}) == pytest.approx(2 / 3)


def test_importance_sampling_is_exact_where_the_sum_can_be_had(held_out):
    """A decoder that does not listen to z: then log p(x|c) is known, and q = p(z) draws it without noise."""
    model = NameVAE(2, hidden=8, embedding=4).eval()
    model.decoder.gru.weight_ih_l0.data[:, 4:6] = 0
    x, c = held_out[0][:20], held_out[1][:20]
    known = model.nll(torch.zeros(20, 2), c, x)
    assert torch.allclose(-importance_weighted_bound(model, (x, c), 300), known, atol=0.2)
    model.encoder.head.weight.data.zero_(), model.encoder.head.bias.data.zero_()
    assert torch.allclose(-importance_weighted_bound(model, (x, c), 1), known, atol=1e-4)


def test_importance_sampling_with_more_draws_is_lower(held_out):
    """On average: one draw is the negative ELBO."""
    model = NameVAE(2, hidden=8, embedding=4).eval()
    model.decoder.gru.weight_ih_l0.data[:, 4:6] *= 20
    x, c = held_out[0][:200], held_out[1][:200]
    one, many = (-importance_weighted_bound(model, (x, c), draws).mean().item() for draws in (1, 30))
    assert many < one == pytest.approx(evaluate(model, (x, c)).total, abs=0.5)


def test_importance_sampling_hides_no_letters_in_training_mode(held_out):
    """And it draws nothing from the global generator, and leaves the mode as it was."""
    model = NameVAE(2, hidden=8, embedding=4).train()
    x, c = held_out[0][:20], held_out[1][:20]
    state = torch.random.get_rng_state()
    training = importance_weighted_bound(model, (x, c), 3)
    assert torch.equal(torch.random.get_rng_state(), state) and model.training
    assert torch.equal(training, importance_weighted_bound(model.eval(), (x, c), 3)) and not model.training


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: NGram(F.one_hot(torch.tensor([1])).float()), TypeError, "names: want integers"),
        (lambda: NGram(torch.zeros(0, 4).long()), ValueError, "names: want at least one example"),
        (lambda: NGram(spell(["a"]), order=4), ValueError, "order: want at most 3 letters"),
        (lambda: NGram(spell(["a"]), strength=0), ValueError, "strength: want a number > 0"),
        (lambda: LanguageJudge(["a"], torch.tensor([0, 1])), ValueError, r"languages: want shape \(1,\), got \(2,\)"),
        (lambda: LanguageJudge(["a"], torch.tensor([-1])), ValueError, "languages: want whole numbers >= 0, got -1"),
        (lambda: LanguageJudge(["a"], torch.tensor([0]))([]), ValueError, "names: want at least one name, got none"),
        (lambda: novelty([], ["a"]), ValueError, "drawn: want at least one name"),
        (
            lambda: importance_weighted_bound(NameVAE(), (spell(["a"]), torch.tensor([6])), 2),
            ValueError,
            "c: want classes from 0 to 5",
        ),
    ],
)
def test_bad_input(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.fixture(scope="module")
def speller():
    return load_checkpoint(REPO_DATA / "weights" / "name_vae.pt").float()


def test_the_shipped_speller_is_as_good_as_the_tables_and_listens_to_z(speller, held_out):
    """As data/README.md says; with a neighbour's z, or another language, a name costs much more."""
    terms = evaluate(speller, held_out)
    assert terms.reconstruction == pytest.approx(12.23, abs=0.05) and terms.kl == pytest.approx(4.39, abs=0.05)
    names, c = (part[:300] for part in held_out)
    with torch.no_grad():
        z = speller.encode(names, c)[0]
        own, neighbours, abroad = (
            speller.nll(*told, names).mean() for told in ((z, c), (z.roll(1, 0), c), (z, (c + 1) % 6))
        )
        assert active_units(z).all() and neighbours > own + 8 and abroad > own + 5


def test_the_shipped_speller_writes_new_names_of_the_language(speller, names):
    judge, asked = LanguageJudge(read_out(names[0]), names[1]), torch.arange(6).repeat_interleave(40)
    drawn = speller.sample(asked, seed=1)
    assert (judge(drawn) == asked).float().mean() > 0.78 and novelty(drawn, read_out(names[0])) > 0.95
    assert max(map(len, drawn)) < 24 and len(set(drawn)) > 220
