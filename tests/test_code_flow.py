import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from matplotlib.axes import Axes

from vae_helpers import plots
from vae_helpers.code_flow import PATH, Flow, load_code_flow, record, save_code_flow
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.widgets import CodeFlow


@pytest.fixture(scope="module")
def shipped():
    return load_code_flow()


def test_the_shipped_flows_end_near_their_priors(shipped):
    assert PATH.stat().st_size < 0.6e6
    widget = CodeFlow(*shipped)
    assert len(widget.weights) < 450_000 and widget.half
    for name in shipped[0]:
        widget.prior, widget.time = name, 11.0
        assert 0.6 < widget.loss < 0.72


def test_the_browser_has_torchs_d(shipped):
    flows, labels = shipped
    widget = CodeFlow({"Gaussian": flows["Gaussian"]}, labels)
    line = torch.tensor([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5])
    z = torch.stack([line.repeat(8), line.flip(0).repeat_interleave(8)], dim=1)
    got = run_in_node(
        f"""const traits = {{names: ["Gaussian"], steps: {widget.steps}, layers: {widget.layers!r},
        draws: {widget.draws}, labels: {widget.labels}, reconstruction: {widget.reconstruction}, half: true,
        weights: new DataView(Uint8Array.from({list(widget.weights)}).buffer)}};
        const {{codes, judged}} = w.readFlows({{get: (name) => traits[name]}}).Gaussian;
        return [[...judged[11].judge(Float32Array.from({z.flatten().tolist()}))], judged[0].loss(codes[0])];""",
        "code_flow.js",
    )
    wanted = flows["Gaussian"].discriminator(11)(z)[:, 0].detach().numpy()
    assert np.abs(np.array(got[0]) - wanted).max() < 1e-3
    assert got[1] == pytest.approx(widget.loss, abs=1e-3)


def test_a_stored_notebook_says_what_was_there(shipped):
    """As plain text: no address in memory, which would be another in every run."""
    assert repr(CodeFlow(*shipped)) == "CodeFlow(3 priors, 12 snapshots, 400 images)"


def test_what_is_refused(shipped):
    widget = CodeFlow(*shipped)
    for name, value in (("prior", "cube"), ("time", 12.0), ("time", -1.0)):
        with pytest.raises(traitlets.TraitError, match=name):
            setattr(widget, name, value)
    with pytest.raises(TypeError, match="flows"):
        CodeFlow({}, shipped[1])


def little(judges=(3,)):
    """Two snapshots of five codes."""
    model = AdversarialAutoencoder(2, (4,), judges=judges)
    parts = record(model, torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    twice = {name: torch.stack([value, value + 1]) for name, value in parts.items()}
    return Flow(torch.tensor([0, 9]), **twice, draws=torch.eye(2), reconstruction=torch.ones(2), judges=judges), model


def test_what_is_stored_is_read_again_but_for_half_precision(tmp_path):
    flow, _ = little()
    save_code_flow({"a": flow, "b": little((4, 2))[0]}, torch.arange(5), tmp_path / "flow.pt", {"seed": 0})
    flows, labels = load_code_flow(tmp_path / "flow.pt")
    assert labels.tolist() == [0, 1, 2, 3, 4] and labels.dtype == torch.int64
    assert [*flows] == ["a", "b"] and [one.judges for one in flows.values()] == [(3,), (4, 2)]
    for name, value in flow._asdict().items():
        if name == "judges":
            continue
        wanted = value.half().float() if value.is_floating_point() else value
        assert torch.equal(getattr(flows["a"], name), wanted) and wanted.dtype == getattr(flows["a"], name).dtype
    assert [path.name for path in tmp_path.iterdir()] == ["flow.pt"]


def test_a_flows_discriminator_is_the_models_and_none_of_its_memory():
    flow, model = little()
    network, z = flow.discriminator(0), torch.randn(4, 2)
    assert torch.equal(network(z)[:, 0], model.discriminate(z))
    before = flow.discriminators.clone()
    with torch.no_grad():
        next(network.parameters()).add_(1)
    assert torch.equal(flow.discriminators, before)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"steps": torch.tensor([9, 0])}, ValueError, "a.steps: want an ascending row"),
        ({"steps": torch.tensor([])}, TypeError, "a.steps: want integers"),
        ({"codes": torch.zeros(3, 5, 2)}, ValueError, "a.codes: want shape"),
        ({"codes": torch.full((2, 5, 2), float("nan"))}, ValueError, "a.codes: contains NaN"),
        ({"draws": torch.zeros(4, 3)}, ValueError, "a.draws: want shape"),
        ({"reconstruction": torch.ones(3)}, ValueError, "a.reconstruction: want shape"),
        ({"judges": (4,)}, ValueError, r"a.discriminators: want the 17 weights of judges \(4,\), got 13"),
    ],
)
def test_a_flow_whose_parts_do_not_belong_together_is_not_stored(tmp_path, change, error, message):
    with pytest.raises(error, match=f"^{message}"):
        save_code_flow({"a": little()[0]._replace(**change)}, torch.arange(5), tmp_path / "flow.pt")
    assert [*tmp_path.iterdir()] == []


def test_what_is_no_flow_and_what_is_not_there(tmp_path):
    path = tmp_path / "flow.pt"
    with pytest.raises(TypeError, match="^a: want a Flow, got int"):
        save_code_flow({"a": 3}, torch.arange(5), path)
    with pytest.raises(ValueError, match="^flows: want at least one, got none"):
        save_code_flow({}, torch.arange(5), path)
    with pytest.raises(ValueError, match="^labels: want one for each of the 5 codes of a, got 4"):
        save_code_flow({"a": little()[0]}, torch.arange(4), path)
    with pytest.raises(FileNotFoundError):
        load_code_flow(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"snapshots": ()}, r"snapshots: want some of 0 to 1, got \(\)"),
        ({"snapshots": (2,)}, "snapshots: want some of 0 to 1"),
        ({"labels": torch.arange(4)}, r"labels: want shape \(5,\), got \(4,\)"),
        ({"labels": torch.arange(6, 11)}, "labels: want classes from 0 to 9, got 6 to 10"),
        ({"limit": 0.0}, "limit: want a number > 0"),
    ],
)
def test_a_figure_that_can_not_be_drawn(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.code_flow(**({"flow": little()[0], "labels": torch.arange(5), "snapshots": (0,)} | options))


def test_the_figure_has_a_panel_a_snapshot(shipped):
    flows, labels = shipped
    assert len(plots.code_flow(flows["swiss roll"], labels, (0, 11)).axes) == 3


def test_a_panel_shows_the_codes_and_the_discriminator_of_its_snapshot(monkeypatch):
    grounds, contourf = [], Axes.contourf
    monkeypatch.setattr(Axes, "contourf", lambda axis, *xyz, **how: grounds.append(xyz) or contourf(axis, *xyz, **how))
    flow, _ = little()
    _, draws, codes = plots.code_flow(flow, torch.arange(5), (1,), limit=2.0).axes[0].collections
    np.testing.assert_allclose(codes.get_offsets(), flow.codes[1], atol=1e-6)
    np.testing.assert_allclose(draws.get_offsets(), flow.draws)
    x, y, d = grounds[0]
    corner = torch.tensor([[x[-1], y[0]]])  # at the right, at the bottom: first row, last column
    assert d[0, -1] == pytest.approx(flow.discriminator(1)(corner).sigmoid().item(), abs=1e-6)
