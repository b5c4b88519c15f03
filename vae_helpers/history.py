"""What training measured, and the error that ends it early."""

from dataclasses import dataclass, field


@dataclass
class History:
    """What each finished epoch measured; losses are means per image, in nats.

    A row has ``epoch`` (from 1), ``seconds`` (training alone), ``beta`` (at its end), and
    ``train_*`` and, given test images, ``test_*`` for ``reconstruction``, ``kl`` and ``total``.
    A model with layers of latents has ``test_kl_1``, ``test_kl_2`` too, each layer's part of ``test_kl``.
    ``total`` is reconstruction + KL, the negative ELBO, whatever beta was: it stays comparable.

    ``stopped`` says that training ended early, ``steps`` how many steps were done, those of an unfinished epoch too.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False
    steps: int = 0

    @property
    def last(self) -> dict[str, float]:
        """The last finished epoch's row.

        Raises:
            LookupError: no epoch was finished.
        """
        if not self.rows:
            why = "training was stopped" if self.stopped else "nothing was trained"
            raise LookupError(f"history: no epoch was finished, {why}; evaluate(model, images) measures any model")
        return self.rows[-1]

    def __getitem__(self, name: str) -> list[float]:
        """One column, for example ``history["test_total"]``."""
        if self.rows and name not in self.rows[0]:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.rows[0])}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


class NonFiniteLossError(FloatingPointError):
    """The loss became NaN or infinite. The model is back at its last finished epoch; ``history`` is kept."""

    def __init__(self, epoch: int, step: int, history: History):
        self.epoch, self.step, self.history = epoch, step, history
        super().__init__(
            f"the loss is not finite from epoch {epoch}, step {step} on. Likely causes: a learning rate that is too "
            "high; exp(logvar) overflowing (float32 ends at logvar = 88); log(0) in a hand-written BCE (use the "
            "version that takes logits); a KL with the wrong sign, running to minus infinity. "
            "The model has the weights of the last finished epoch."
        )

    def __reduce__(self):
        return type(self), (self.epoch, self.step, self.history)
