"""What the KL's weight and the hidden letters do to the model of names: the table in data/README.md (six minutes).

Each row is trained by the recipe of the shipped model with one thing changed, from two seeds.
"""

from vae_helpers.data import load_names
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain.names import RECIPE, fit_names

CHANGES = {"as shipped": {}, "KL of weight 1": {"beta": 1.0}, "no letters hidden": {"input_dropout": 0.0}}


def main() -> None:
    print(f"{'':18} seed  reconstruction    KL  negative ELBO  the same of training names")
    for name, change in CHANGES.items():
        for seed in (0, 1):
            model = fit_names(**RECIPE | change, seed=seed)
            told, train = evaluate(model, load_names("test")), evaluate(model, load_names("train"))
            row = f"{seed:4}  {told.reconstruction:14.2f}  {told.kl:4.2f}  {told.total:13.2f}  {train.total:26.2f}"
            print(f"{name:18} {row}", flush=True)


if __name__ == "__main__":
    main()
