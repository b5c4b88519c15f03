"""``python -m vae_helpers.pretrain [PART ...]``: all parts, or those named; or ``--model NAME``: that one alone."""

import argparse
import sys

from vae_helpers.pretrain.adversarial import train_adversarial
from vae_helpers.pretrain.classifier import train_classifier
from vae_helpers.pretrain.clinic import train_clinic
from vae_helpers.pretrain.clinic_pictures import picture_clinic
from vae_helpers.pretrain.code_flow import train_code_flow
from vae_helpers.pretrain.conditional import train_conditional
from vae_helpers.pretrain.digits import draw_map, train_digits
from vae_helpers.pretrain.hierarchical import train_hierarchical
from vae_helpers.pretrain.label_modes import train_label_modes
from vae_helpers.pretrain.mnist_beta import train_mnist_beta
from vae_helpers.pretrain.names import train_name_walk, train_names
from vae_helpers.pretrain.one_model import add_options, train_one
from vae_helpers.pretrain.overfitting import train_overfitting
from vae_helpers.pretrain.quadrants import train_quadrants
from vae_helpers.pretrain.sprites import train_sprites
from vae_helpers.pretrain.strokes import train_strokes

PARTS = {
    "digits": train_digits,
    "classifier": train_classifier,
    "map": draw_map,
    "conditional": train_conditional,
    "quadrants": train_quadrants,
    "names": train_names,
    "name_walk": train_name_walk,
    "overfitting": train_overfitting,
    "sprites": train_sprites,
    "mnist_beta": train_mnist_beta,
    "adversarial": train_adversarial,
    "label_modes": train_label_modes,
    "code_flow": train_code_flow,
    "strokes": train_strokes,
    "hierarchical": train_hierarchical,
    "clinic": train_clinic,
    "clinic_pictures": picture_clinic,
}


def main(arguments: list[str]) -> None:
    """Make the parts named, or all of them; or train one model."""
    parser = argparse.ArgumentParser(prog="python -m vae_helpers.pretrain", description=__doc__.replace("``", ""))
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    add_options(parser)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.parts if name not in PARTS]:
        raise SystemExit(f"There is no part {unknown[0]}. There are: {', '.join(PARTS)}")
    if options.model and options.parts:
        parser.error(f"want parts or --model, got {options.parts[0]} and --model {options.model}")
    if options.model:
        train_one(options)
        return
    if alone := [text for text in arguments if text.startswith("-")]:
        parser.error(f"{alone[0]} goes with --model NAME only")
    for name in options.parts or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
