"""The fall-back: a decoder that the browser can't evaluate answers the view's messages from the kernel."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from vae_helpers.encoding import decode_images
from vae_helpers.models import VAE
from vae_helpers.widgets import InterpolationSlider, LatentPad, LatentSliders, ReparameterizationDials
from vae_helpers.widgets.shared.decoder import NotInBrowser, export_decoder
from vae_helpers.widgets.shared.kernel_decoder import KernelDecoder
from vae_helpers.widgets.shared.view import DecoderView


def convolutional(latent_dim: int = 2) -> nn.Sequential:
    """From latents to logits by transposed convolutions, with layers whose eval mode is another function."""
    torch.manual_seed(0)
    layers = [nn.Linear(latent_dim, 4 * 49), nn.Unflatten(1, (4, 7, 7)), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)]
    layers += [nn.ConvTranspose2d(4, 3, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(3, 1, 2, stride=2)]
    return nn.Sequential(*layers)


def convolutional_vae(latent_dim: int = 2) -> VAE:
    model = VAE(latent_dim, (8,), seed=0)
    model.decoder = convolutional(latent_dim)
    return model


class Applied(nn.Module):
    """A decoder whose forward is any function of its one layer's output."""

    def __init__(self, f, outputs: int = 784):
        super().__init__()
        self.layer, self.f = nn.Linear(2, outputs), f

    def forward(self, z):
        return self.f(self.layer(z))


class BatchLost(nn.Sequential):
    """Right for one latent, wrong for several."""

    def __init__(self):
        super().__init__(nn.Linear(2, 784), nn.Tanh())

    def forward(self, z):
        return super().forward(z).mean(dim=0, keepdim=True)


def request(latents, name="view-0-1"):
    return {"kind": "decode", "id": name, "latents": latents}


def pixels(buffers) -> np.ndarray:
    return np.stack([np.frombuffer(data, "<f4") for data in buffers])


def asked(view, content, monkeypatch):
    """What the view sends back to a message from the browser."""
    sent = []
    monkeypatch.setattr(view, "_send", lambda message, buffers=None: sent.append((message, buffers)))
    view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    return sent


def test_the_answer_is_what_torch_says():
    model, latents = convolutional_vae(5), torch.randn(4, 5)
    message, buffers = KernelDecoder(model.decoder, 5).answer(request(latents.tolist()))
    assert message == {"kind": "decoded", "id": "view-0-1"} and [len(data) for data in buffers] == [4 * 784] * 4
    wanted = decode_images(model.eval(), latents).flatten(1).numpy()
    assert np.abs(pixels(buffers) - wanted).max() < 1e-6
    assert 0 < wanted.min() < wanted.max() < 1


def test_the_copy_is_frozen_and_the_decoder_left_as_it_was():
    decoder = convolutional().train()
    copy = KernelDecoder(decoder, 2)
    assert all(module.training for module in decoder.modules())
    assert all(parameter.requires_grad for parameter in decoder.parameters())
    assert decoder[2].num_batches_tracked == 0
    before = copy.decode([[0.5, -1.0]])
    assert not before.requires_grad
    decoder[0].weight.data += 1
    decoder(torch.randn(8, 2))  # moves the batch norm's averages
    decoder.eval()
    assert torch.equal(copy.decode([[0.5, -1.0]]), before)
    assert (KernelDecoder(decoder, 2).decode([[0.5, -1.0]]) - before).abs().max() > 0.01


def test_no_gradient_in_another_thread_either():
    """A kernel may answer comms in a thread of their own; there PyTorch's gradient mode starts anew."""
    seen = []
    decoder = KernelDecoder(Applied(lambda x: seen.append(torch.is_grad_enabled()) or x), 2)
    thread = threading.Thread(target=decoder.decode, args=([[0.0, 0.0]],))
    thread.start()
    thread.join(timeout=20)
    assert len(seen) == 3 and not any(seen)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions(dtype):
    decoder = convolutional().to(dtype)
    _, (data,) = KernelDecoder(decoder, 2).answer(request([[1.0, 2.0]]))
    wanted = torch.sigmoid(decoder.eval()(torch.tensor([[1.0, 2.0]], dtype=dtype)).float()).flatten()
    assert np.abs(np.frombuffer(data, "<f4") - wanted.detach().numpy()).max() < 1e-6


@pytest.mark.parametrize(
    "latents",
    [None, [], [[]], [0.0, 1.0], [[0.0]], [[0.0, 1.0, 2.0]], [[0.0, None]], [[0.0, float("nan")]], "z", [["a", "b"]]],
)
def test_bad_latents_come_back_as_an_error(latents):
    message, buffers = KernelDecoder(convolutional(), 2).answer(request(latents, "a"))
    assert message["id"] == "a" and buffers == []
    assert message["error"].startswith("ValueError: latents: want N >= 1 lists of 2 finite numbers, got")


@pytest.mark.parametrize("content", [None, "decode", [], {}, {"kind": "another", "latents": [[0.0, 0.0]]}])
def test_other_messages_get_no_answer(content, monkeypatch):
    view = DecoderView(convolutional(), latent_dim=2)
    assert asked(view, content, monkeypatch) == []


def test_an_exception_while_decoding_comes_back():
    def refuse(x):
        if broken:
            raise RuntimeError("boom")
        return x

    broken = False
    decoder = KernelDecoder(Applied(refuse), 2)
    broken = True
    assert decoder.answer(request([[0.0, 0.0]], 7)) == ({"kind": "decoded", "id": 7, "error": "RuntimeError: boom"}, [])
    broken = False
    assert len(decoder.answer(request([[0.0, 0.0]]))[1]) == 1


def test_infinity_for_one_latent_comes_back_as_an_error():
    decoder = KernelDecoder(Applied(lambda x: x.exp() - 1), 2)
    message, _ = decoder.answer(request([[1e9, 1e9]]))
    assert "gives NaN or infinity for this latent" in message["error"]


def with_nan() -> nn.Module:
    decoder = convolutional()
    decoder[-1].weight.data[0, 0] = float("nan")
    return decoder


def with_a_graph() -> nn.Module:
    decoder = convolutional()
    decoder.last = decoder[0].weight * 2
    return decoder


@pytest.mark.parametrize(
    ("decoder", "error", "message"),
    [
        (with_nan(), ValueError, "weights contain NaN"),
        (with_a_graph(), TypeError, "decoder: it can't be copied"),
        (convolutional(3), ValueError, r"decoder: want one that takes latents \(1, 2\), got RuntimeError"),
        (convolutional()[:-1], ValueError, r"784 logits for each latent, got shape \(1, 3, 14, 14\) for 1 latent"),
        (Applied(lambda x: x.tanh().squeeze()), ValueError, r"got shape \(784,\) for 1 latent"),
        (Applied(lambda x: x.mean(dim=0, keepdim=True)), ValueError, r"shape \(1, 784\) for 16 latents"),
        (BatchLost(), ValueError, r"shape \(1, 784\) for 3 latents"),
        (Applied(lambda x: (x, x)), TypeError, "want a tensor of logits from it, got tuple"),
        (Applied(lambda x: x / 0), ValueError, "it gives NaN or infinity"),
        (nn.Sequential(convolutional(), nn.Sigmoid()), ValueError, "want logits, got probabilities"),
        (VAE(3, (8,)).decoder, ValueError, "latent_dim: want the decoder's, 3, got 2"),
        (lambda z: z, TypeError, "decoder: want an nn.Module, got function"),
    ],
)
def test_unusable_decoders_are_refused_before_anything_is_sent(decoder, error, message, monkeypatch):
    monkeypatch.setattr(DecoderView, "open", lambda view: pytest.fail("a view was opened"))
    with pytest.raises(error, match=message):
        DecoderView(decoder, latent_dim=2)


def test_weights_too_large_for_the_browser_stay_an_error():
    with pytest.raises(ValueError, match="12.6 MB of weights"):
        DecoderView(nn.Sequential(nn.Linear(2, 4000), nn.ReLU(), nn.Linear(4000, 784)), latent_dim=2)


class Skip(nn.Module):
    """Layers that the browser knows, in an order that it can't guess; one raises where they are run in a row."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Linear(2, 8), nn.Linear(10, 784)

    def forward(self, z):
        return self.head(torch.cat([z, self.first(z).relu()], dim=1))


@pytest.mark.parametrize("decoder", [Skip(), Applied(lambda x: 2 * x), Applied(lambda x: x[:, :784], outputs=1000)])
def test_layers_in_another_order_go_to_the_kernel(decoder):
    with pytest.raises(NotInBrowser, match="not just its layers in order"):
        export_decoder(decoder)
    assert decoder.training  # as it was
    view = DecoderView(decoder, latent_dim=2)
    assert view.layers == [] and view.weights == b"" and view.latent_dim == 2


def test_an_mlp_still_goes_to_the_browser(monkeypatch):
    view = DecoderView(VAE(2, (8,)).decoder, latent_dim=2)
    assert len(view.layers) > 1 and view.latent_dim == 2
    assert asked(view, request([[0.0, 0.0]]), monkeypatch) == []  # and the kernel keeps no copy


def widgets(images, labels):
    """The view of each widget that draws decoded digits."""
    yield LatentPad(convolutional_vae(), images, labels).view
    yield InterpolationSlider(convolutional_vae(3), images, labels).view
    yield LatentSliders(convolutional_vae(7)).view
    yield ReparameterizationDials(convolutional_vae()).view


def test_each_widget_takes_such_a_decoder(images, test_set, monkeypatch):
    for view, latent_dim in zip(widgets(images, test_set[1][:500]), (2, 3, 7, 2), strict=True):
        z = torch.linspace(-1, 1, latent_dim)[None]
        ((message, (data,)),) = asked(view, request(z.tolist()), monkeypatch)
        assert message == {"method": "custom", "content": {"kind": "decoded", "id": "view-0-1"}}
        wanted = decode_images(convolutional_vae(latent_dim).eval(), z).flatten().numpy()
        assert np.abs(np.frombuffer(data, "<f4") - wanted).max() < 1e-6
        assert view.layers == [] and view.latent_dim == latent_dim
