"""The name machine: names by language, first letters, z and temperature, each letter computed in the browser."""

import unicodedata
from functools import cache
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
import traitlets
from torch import Generator

from vae_helpers.data.names import LANGUAGES, LETTERS, LONGEST, SYMBOLS, load_names, read_out, spell
from vae_helpers.models.name_vae import LONGEST_DRAWN, NameVAE, write
from vae_helpers.validation import check_whole, is_number, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.gru import export_gru, linear_bytes
from vae_helpers.widgets.shared.kernel_decoder import frozen
from vae_helpers.widgets.shared.models import check_coder
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

COOLEST, HOTTEST = 0.1, 1.5  # the ends of the temperature's slider
LIMIT, STEP = 3.0, 0.05  # of the sliders for z; the step is the temperature's too
TURKISH = LANGUAGES.index("Turkish")


class NameMachineView(View):
    """The picture and its controls; needs no kernel.

    ``noise`` is float32, (names, steps, letters): a letter is drawn as the largest of logits / temperature + noise.
    """

    _esm = linked("name_machine.js")
    # No echo: the kernel's late repetition would take a letter back that has just been typed.
    language = traitlets.Int(0).tag(sync=True, echo_update=False)
    prefix = traitlets.Unicode("").tag(sync=True, echo_update=False)
    temperature = traitlets.Float(0.8).tag(sync=True, echo_update=False)
    z = traitlets.List(traitlets.Float()).tag(sync=True, echo_update=False)
    noise = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))
    count = traitlets.Int(8).tag(sync=True)
    network = traitlets.Dict().tag(sync=True)  # sizes; the weights are beside it
    embedding = traitlets.Bytes().tag(sync=True)  # (letters + 1, embedding)
    gru = traitlets.Bytes().tag(sync=True)
    head = traitlets.Bytes().tag(sync=True)
    alphabet = traitlets.Unicode(LETTERS).tag(sync=True)
    languages = traitlets.List(list(LANGUAGES)).tag(sync=True)
    known = traitlets.List().tag(sync=True)  # for each language its names in the data, a space between two
    longest = traitlets.Int(LONGEST).tag(sync=True)  # of the first letters
    temperatures = traitlets.List([COOLEST, HOTTEST]).tag(sync=True)
    limit = traitlets.Float(LIMIT).tag(sync=True)
    step = traitlets.Float(STEP).tag(sync=True)


class NameMachine(Stage, widgets.VBox):
    """Choose a language, first letters, z and a temperature: a :class:`NameVAE` goes on, letter by letter.

    All names share one z; they differ in the noise by which each letter is drawn. That noise stays until it is drawn
    anew, so a slider changes a letter here and there, and not all names at once. Bars show p(next letter) after the
    first letters. All of it happens in the browser, and answers while the kernel is busy.

    ``language``, ``prefix``, ``temperature``, ``z`` and ``presenter`` can be read, set and observed from Python;
    ``names`` can be read; ``draw()`` is the twin of the button for other letters.

    Args:
        model: a NameVAE of the six languages; it is copied. z begins at a draw from N(0, I).
        language: its place in :data:`vae_helpers.data.names.LANGUAGES`.
        prefix: the first letters of all names, at most 16; small or capital.
        temperature: what the logits are divided by before a letter is drawn, from 0.1 to 1.5.
        count: how many names.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no NameVAE, one of other languages or letters, weights that are not finite, or a count
            that is not a whole number >= 1.
        traitlets.TraitError: a language, prefix, temperature or z out of range; later too, when it is set.

    Source: drawing from a softmax as the largest of logits plus Gumbel noise: Gumbel 1954; Maddison, Tarlow and Minka
    2014, *A\\* sampling*.
    """

    # of any type that the validators below take: NumPy's numbers too
    language = traitlets.TraitType(0)
    prefix = traitlets.TraitType("")
    temperature = traitlets.TraitType(0.8)
    z = traitlets.TraitType(())

    def __init__(
        self,
        model: NameVAE,
        *,
        language: int = 0,
        prefix: str = "",
        temperature: float = 0.8,
        count: int = 8,
        presenter: bool = False,
    ):
        _check_names_model(model)
        check_whole(1, count=count)
        super().__init__(presenter=presenter)
        self._decoder, self._latent_dim = frozen(model.decoder, "decoder").float().cpu(), model.latent_dim
        self._generator = Generator().manual_seed(0)
        self.language, self.temperature = language, temperature
        self.prefix = prefix  # after the language, which says what a capital I is
        z = torch.randn(model.latent_dim, generator=self._generator)
        self.z = [round(STEP * round(value / STEP), 2) for value in z.clamp(-LIMIT, LIMIT).tolist()]
        self.view = NameMachineView(count=int(count), known=[*_names_of_the_data()], **_weights(self._decoder))
        for name in ("language", "prefix", "temperature", "z"):
            traitlets.link((self, name), (self.view, name))
        self.children = [self.view]
        self.draw()

    def draw(self) -> None:
        """Other noise, and with it other letters: the same z."""
        shape = (self.view.count, LONGEST_DRAWN, SYMBOLS)
        self.view.noise = float_bytes(-torch.empty(shape).exponential_(generator=self._generator).log())

    @property
    def names(self) -> list[str]:
        """The names on the page, in small letters, computed in the kernel from the same noise."""
        noise = torch.from_numpy(np.frombuffer(self.view.noise, "<f4").copy())
        noise = noise.reshape(self.view.count, LONGEST_DRAWN, SYMBOLS)
        told = torch.cat([torch.tensor(self.z), torch.eye(len(LANGUAGES))[self.language]]).expand(len(noise), -1)
        forced = spell([self.prefix], steps=0)[0].tolist()
        return write(
            self._decoder,
            told,
            forced,
            choose=lambda logits, step: (logits / self.temperature + noise[:, step]).argmax(dim=1),
        )

    def __repr__(self) -> str:
        return "NameMachine()"

    @traitlets.validate("language")
    def _valid_language(self, proposal) -> int:
        language = proposal["value"]
        if not is_whole(language, 0) or language >= len(LANGUAGES):
            want = f"a whole number from 0 to {len(LANGUAGES) - 1}, a place in {LANGUAGES}"
            raise traitlets.TraitError(f"language: want {want}, got {language!r}")
        return int(language)

    @traitlets.validate("prefix")
    def _valid_prefix(self, proposal) -> str:
        if not isinstance(proposal["value"], str):
            raise traitlets.TraitError(f"prefix: want a text, got {proposal['value']!r:.60}")
        prefix = lowered(proposal["value"], self.language == TURKISH)
        if strange := [letter for letter in prefix if letter not in LETTERS]:
            raise traitlets.TraitError(f"prefix: want letters of {LETTERS}, got {strange[0]!r} in {prefix!r:.60}")
        if len(prefix) > LONGEST:
            raise traitlets.TraitError(f"prefix: want at most {LONGEST} letters, got {len(prefix)}")
        return prefix

    @traitlets.validate("temperature")
    def _valid_temperature(self, proposal) -> float:
        value = proposal["value"]
        if not is_number(value) or not COOLEST <= value <= HOTTEST:  # written so that NaN is refused too
            raise traitlets.TraitError(f"temperature: want a number from {COOLEST} to {HOTTEST}, got {value!r}")
        return float(value)

    @traitlets.validate("z")
    def _valid_z(self, proposal) -> list[float]:
        z = proposal["value"]
        z = z.tolist() if hasattr(z, "tolist") else z
        numbers = list(z) if isinstance(z, (list, tuple)) else []
        if len(numbers) != self._latent_dim or not all(is_number(v) and abs(v) <= LIMIT for v in numbers):
            want = f"{self._latent_dim} numbers from {-LIMIT:g} to {LIMIT:g}"
            raise traitlets.TraitError(f"z: want {want}, got {z!r:.80}")
        return [float(value) for value in numbers]


def lowered(text: str, turkish: bool) -> str:
    """Text in small letters, each one character: a Turkish I is a capital ı, and İ a capital i anywhere."""
    text = unicodedata.normalize("NFC", text).replace("İ", "i")
    return unicodedata.normalize("NFC", (text.replace("I", "ı") if turkish else text).lower())


def _check_names_model(model: Any) -> None:
    if not isinstance(model, NameVAE):
        raise TypeError(f"model: want a NameVAE, got {type(model).__name__}")
    check_coder(model)
    got, want = (model.languages, model.letters), (len(LANGUAGES), SYMBOLS)
    if got != want:
        raise ValueError(f"model: want one of {want[0]} languages and {want[1]} letters, got {got[0]} and {got[1]}")


def _weights(decoder: Any) -> dict[str, Any]:
    """What the view needs to evaluate the decoder."""
    sizes, gru = export_gru(decoder.gru)
    letters, embedding = decoder.embedding.weight.shape
    return {
        "network": {"letters": letters, "embedding": embedding, "gru": sizes},
        "embedding": float_bytes(decoder.embedding.weight),
        "gru": gru,
        "head": linear_bytes(decoder.head.weight, decoder.head.bias),
    }


@cache
def _names_of_the_data() -> tuple[str, ...]:
    """For each language all its names, those held out too."""
    names, languages = (torch.cat(parts) for parts in zip(*map(load_names, ("train", "test")), strict=True))
    return tuple(" ".join(sorted(read_out(names[languages == k]))) for k in range(len(LANGUAGES)))
