import itertools
import re
import time
from pathlib import Path

import pytest
import sympy as sp
import torch

from vae_helpers import linear_hierarchy
from vae_helpers.kl_derivation import (
    BEYOND,
    KL,
    LAYERS,
    ONE_DIMENSION,
    DerivationError,
    fourth_moment,
    layers,
    line,
    slide_table,
    step,
    value,
)
from vae_helpers.losses import gaussian_kl

ALL = ONE_DIMENSION | BEYOND | LAYERS
CHAIN = ("repaired", "restored", "squares", "moments_in", "collected", "closed_form")


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_each_line_proves_itself(name):
    assert ALL[name].prove()


@pytest.mark.slow
@pytest.mark.parametrize("steps", [ONE_DIMENSION | BEYOND, LAYERS], ids=["kl", "layers"])
def test_proving_everything_takes_seconds(steps):
    started = time.perf_counter()
    for one in steps.values():
        one.prove()
    assert time.perf_counter() - started < 20  # on a machine with other work


def test_each_line_begins_where_the_one_before_it_ends():
    for earlier, later in itertools.pairwise(CHAIN):
        assert ONE_DIMENSION[earlier].claim.rhs == ONE_DIMENSION[later].claim.lhs
    assert ONE_DIMENSION["expectation"].claim.rhs == ONE_DIMENSION["repaired"].claim.lhs
    assert ONE_DIMENSION["dropped"].claim.lhs == ONE_DIMENSION["repaired"].claim.lhs
    assert ONE_DIMENSION["closed_form"].claim.rhs == line(KL)


SLOW = pytest.mark.slow  # the first to integrate the log ratio takes seconds; then it is known


@pytest.mark.parametrize(
    "claim",
    [
        "E_q(z**2) = mu**2",  # the expectation of a square is not the square of the expectation
        "E_q((z - mu)**2) = sigma",
        "E(eps**4) = 1",
        pytest.param(f"E_q(log(q / p)) = {KL.replace('half', '1')}", marks=SLOW),
        pytest.param(f"E_q(log(q / p)) = {KL.replace('- mu**2', '+ mu**2')}", marks=SLOW),
        pytest.param(f"E_q(log(q / p)) != {KL}", marks=SLOW),
        pytest.param(f"Integral(q * log(q / p), (z, -oo, oo)) = 2 * ({KL})", marks=SLOW),
        f"Derivative({KL}, sigma) = sigma",
        "Integral(q, (z, -oo, 0)) = 1",  # the limits count
        "Integral(q * (z - mu)**2, (z, mu, oo)) = E_q((z - mu)**2)",
        "log(mu**2) = 2 * log(mu)",  # not for negative mu
        "log(rho**2) = 2 * log(rho)",
        "log(0) != log(0)",
        "1 / (mu - mu) != 1",
        "mu + sigma != sigma + mu",
        f"({layers.TOP}) + ({layers.BOTTOM}) = {layers.TOP}",  # the layer below is not free
        f"{layers.GAP} = 0",  # a q without a link lacks something
        "mu > 0",
        "sigma**2 - 1 - log(sigma**2) > 0",  # it is 0 at sigma = 1
    ],
)
def test_a_broken_line_is_caught(claim):
    with pytest.raises(DerivationError, match="not so|has no value"):
        step("broken", claim, rule="").prove()


@pytest.mark.slow
def test_a_line_that_is_a_definition_says_that_it_proves_nothing():
    """E_q is the integral against q, for SymPy too: what only writes that out can't fail."""
    assert [name for name in ALL if "by definition" in ALL[name].prove()] == ["integral", "plugged_in"]


def test_a_broken_line_does_not_render():
    broken = step("broken", "E(eps) = 1", rule="")
    for render in (repr, lambda s: s._repr_markdown_()):
        with pytest.raises(DerivationError):
            render(broken)


@pytest.mark.slow
def test_formulas_stay_as_they_are_written():
    text = ONE_DIMENSION["closed_form"]._repr_markdown_()
    assert text.startswith("**The closed form.**") and "Slide" in text and "**right**" in text
    assert r"= - \frac{1}{2} \left(1 + \log{\left(\sigma^{2} \right)} - \mu^{2} - \sigma^{2}\right)" in text.replace(
        "\\;", ""
    )
    assert r"\begin{aligned} & " in ONE_DIMENSION["squares"]._repr_markdown_()
    assert r"\neq" in ONE_DIMENSION["dropped"]._repr_markdown_()
    for name, one in ALL.items():
        shown = one._repr_markdown_()
        assert not re.search(r"\\left\(-1\\right\)|(?<!\d)1 \\frac", shown), name
        assert "!=" in repr(one) or ">" in repr(one) or "=" in repr(one)


def test_the_slides_lines_have_verdicts():
    verdicts = [one.verdict for one in ALL.values() if one.slide]
    assert (
        set(verdicts) == {"right", "loose", "wrong"} and verdicts.count("wrong") == 1 and verdicts.count("loose") == 5
    )
    assert all(bool(one.slide) == bool(one.verdict) for one in ALL.values())


def test_a_place_on_the_slides_is_named_in_the_lectures_words():
    lecture = (Path(__file__).parent / "data" / "lecture.md").read_text(encoding="utf-8")
    for one in ALL.values():
        place = re.sub(r", lines? [\d and]+$", "", one.slide)
        assert all(part in lecture for part in place.split(" ... ")), one.slide


def test_the_closed_form_is_the_packages():
    mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
    formula = sp.lambdify((mu, sigma), line(KL).doit(), "math")
    for m, s in ((0.0, 1.0), (1.5, 0.3), (-2.0, 4.0)):
        logvar = 2 * torch.tensor([[s]], dtype=torch.float64).log()
        assert gaussian_kl(torch.tensor([[m]], dtype=torch.float64), logvar).item() == pytest.approx(formula(m, s))


@pytest.mark.slow
def test_the_slide_table():
    table = slide_table()
    assert len(table.rows) == sum(bool(one.slide) for one in ALL.values())
    assert {row[2] for row in table.rows if row[3]} == {"loose", "wrong"}  # each that is not right has its repair
    assert all(row[3] for row in table.rows if row[2] != "right")
    assert table._repr_markdown_().count("\n") == len(table.rows) + 1 and "wrong  The expectation" in repr(table)


def test_fourth_moment():
    mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
    assert sp.expand(fourth_moment(mu, sigma) - (mu**4 + 6 * mu**2 * sigma**2 + 3 * sigma**4)) == 0


def test_what_is_derived_of_two_layers_is_what_the_package_computes():
    a, x, s = sp.Symbol("a", real=True), sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
    here = {a: 0.6, x: -1.7, s: 0.4}
    top, bottom, gap, evidence = (
        float(line(text).doit().subs(here)) for text in (layers.TOP, layers.BOTTOM, layers.GAP, layers.LOG_EVIDENCE)
    )
    place = torch.tensor([-1.7], dtype=torch.float64)
    assert linear_hierarchy.layer_kls(place, 0.6, 0.4)[0].tolist() == pytest.approx([bottom, top])
    assert linear_hierarchy.factorised_gap(0.6, 0.4) == pytest.approx(gap)
    assert linear_hierarchy.log_evidence(place, 0.4).item() == pytest.approx(evidence)


@pytest.mark.slow
def test_no_a_is_left_in_the_sum_of_two_layers():
    symbols = {name: {str(one) for one in value(LAYERS[name].claim.rhs).free_symbols} for name in ("sum", "elbo")}
    assert symbols == {"sum": {"x", "s"}, "elbo": {"x", "s"}}
