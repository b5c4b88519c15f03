"""The picture of layers shows what the table holds of them."""

import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def row(*kl, model="bottom-up", norm=False, cure="none", total=90.0, active=None, iw_nll=87.0):
    known = {"model": model, "batch_norm": norm, "cure": cure, "some_total": total, "total": 0.0, "iw_nll": iw_nll}
    return known | {"kl_of_layers": list(kl), "active": list(active or (5,) * len(kl))}


def bars(axis):
    return [(bar.get_x(), bar.get_width()) for bar in axis.patches if bar.get_height() > 0.5]


def dots(axis, marker):
    lines = [line for line in axis.lines if line.get_marker() == marker]
    return [(x, round(y)) for line in lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_bars_of_means_and_a_dot_a_seed():
    one = row(25.0, model="one", total=95.0)
    two = [row(16.0, 6.0, total=93.0, active=(20, 4)), row(18.0, 8.0, total=94.0, iw_nll=88.0, active=(20, 6))]
    costs, bounds = plots.layer_costs([*two, one]).axes
    assert bars(costs) == [(0, 25), (0, 17), (17, 7)]
    assert texts(costs) == ["(5)", "(20 + 4–6)"] and texts(bounds) == []
    assert dots(bounds, "o") == [(95, 0), (93, 1), (94, 1)] and dots(bounds, "s") == [(87, 0), (87, 1), (88, 1)]
    assert costs.get_xlim()[1] > 25 and costs.get_ylim() == (1.5, -0.5)  # the first on top
    assert [text.get_text() for text in costs.get_legend().get_texts()] == ["$z_1$", "$z_2$"]


def test_a_line_for_each_kind_in_order():
    kinds = [
        ("ladder", True, "free bits"),
        ("ladder", True, "none"),
        ("ladder", False, "warm-up"),
        ("one", False, "none"),
    ]
    costs, _ = plots.layer_costs([row(3.0, model=model, norm=norm, cure=cure) for model, norm, cure in kinds]).axes
    assert [text.get_text() for text in costs.get_yticklabels()] == [
        "one layer",
        "ladder, warm-up",
        "ladder, batch norm",
        "ladder, batch norm, free bits",
    ]


def test_a_part_below_0_has_no_length():
    costs, _ = plots.layer_costs([row(-0.5, 6.0)]).axes
    assert bars(costs) == [(0, 0), (0, 6)]


def test_what_lies_beyond_is_written_at_the_edge():
    bad = [row(9.0, 0.1, model="ladder", total=110.4), row(9.0, 0.1, model="ladder", total=206.0)]
    mixed = [row(9.0, 0.1, norm=True), row(9.0, 0.1, norm=True, total=120.0)]
    _, bounds = plots.layer_costs([row(9.0, 0.1), *mixed, *bad], worst=105).axes
    assert bounds.get_xlim()[1] == 105 and texts(bounds) == ["120 →", "110 to 206 →"]


def test_no_rows():
    with pytest.raises(ValueError, match="^rows: want at least one, got none"):
        plots.layer_costs([])
