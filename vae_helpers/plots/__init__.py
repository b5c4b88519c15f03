"""Every figure of the notebooks: in a cell, how it is drawn would hide what it shows.

A notebook draws one as ``plots.NAME(...)``; a test refuses those that none draws. The files are by what is drawn.
Each function returns a matplotlib ``Figure`` and shows nothing.
"""

from vae_helpers.plots.aggregate import aggregate_scores, code_maps, trade_offs, weight_costs
from vae_helpers.plots.annealed import bound_bias, paired_gains
from vae_helpers.plots.axes import place_maps, turned_axes
from vae_helpers.plots.cabinet import cabinet
from vae_helpers.plots.clinic import clinic_tests, symptoms, treated
from vae_helpers.plots.code_flow import code_flow
from vae_helpers.plots.colors import CLASS_COLORS
from vae_helpers.plots.colour import colour_rows
from vae_helpers.plots.control import fidelities
from vae_helpers.plots.cures import cures, nats_by_length
from vae_helpers.plots.curves import convergence, dots, kl_picture, lines, loss_curves, path_lengths, path_profile
from vae_helpers.plots.diagrams import (
    adversarial_architecture,
    architectures,
    conditional_architecture,
    recurrent_architecture,
)
from vae_helpers.plots.elbo import gap, log_weights, posteriors, rate_distortion
from vae_helpers.plots.few_labels import few_labels
from vae_helpers.plots.free_running import free_running, kl_of_points
from vae_helpers.plots.game import best_discriminators, game_losses, saturation
from vae_helpers.plots.graphs import backward_graphs
from vae_helpers.plots.hierarchy import layer_costs
from vae_helpers.plots.holes import holes_by_dimensions
from vae_helpers.plots.images import compare_images, manifold, show_images
from vae_helpers.plots.importance import bounds_against_draws
from vae_helpers.plots.importance_slider import draws_that_count
from vae_helpers.plots.information import information_tables, kl_bars
from vae_helpers.plots.label_modes import class_ring, labels_needed
from vae_helpers.plots.layer_diagrams import layer_diagrams
from vae_helpers.plots.layer_dial import layer_dial
from vae_helpers.plots.layer_knowledge import layer_rows, layer_shares
from vae_helpers.plots.layer_pads import layer_grid
from vae_helpers.plots.maps import add_path, clouds, latent_map, latent_maps
from vae_helpers.plots.odd_scores import odd_scores
from vae_helpers.plots.overfitting import overfitting_gaps
from vae_helpers.plots.painter import painted_prior
from vae_helpers.plots.pen import pen_walk
from vae_helpers.plots.quadrants import completions
from vae_helpers.plots.rate import aggregate_posterior, rate_by_images
from vae_helpers.plots.report import mistakes, nine_numbers
from vae_helpers.plots.sample_scores import fooled_scores, nearest_training
from vae_helpers.plots.stroke_codes import stroke_codes
from vae_helpers.plots.stroke_map import stroke_map
from vae_helpers.plots.strokes import show_strokes
from vae_helpers.plots.sweep import equal_reconstruction, five_betas
from vae_helpers.plots.symptom_board import symptom_board
from vae_helpers.plots.traversals import traversals
from vae_helpers.plots.use_of_z import decoder_strength, stroke_nats

__all__ = [
    "CLASS_COLORS",
    "add_path",
    "aggregate_posterior",
    "aggregate_scores",
    "adversarial_architecture",
    "architectures",
    "backward_graphs",
    "bounds_against_draws",
    "cabinet",
    "class_ring",
    "best_discriminators",
    "bound_bias",
    "clinic_tests",
    "clouds",
    "code_maps",
    "code_flow",
    "colour_rows",
    "compare_images",
    "completions",
    "conditional_architecture",
    "convergence",
    "cures",
    "decoder_strength",
    "dots",
    "draws_that_count",
    "equal_reconstruction",
    "few_labels",
    "fidelities",
    "five_betas",
    "fooled_scores",
    "free_running",
    "game_losses",
    "gap",
    "holes_by_dimensions",
    "information_tables",
    "kl_bars",
    "kl_of_points",
    "kl_picture",
    "labels_needed",
    "latent_map",
    "layer_dial",
    "latent_maps",
    "layer_costs",
    "layer_rows",
    "layer_shares",
    "layer_grid",
    "layer_diagrams",
    "lines",
    "nats_by_length",
    "log_weights",
    "loss_curves",
    "manifold",
    "nearest_training",
    "mistakes",
    "nine_numbers",
    "odd_scores",
    "overfitting_gaps",
    "painted_prior",
    "pen_walk",
    "paired_gains",
    "path_lengths",
    "path_profile",
    "place_maps",
    "posteriors",
    "rate_by_images",
    "rate_distortion",
    "recurrent_architecture",
    "saturation",
    "show_images",
    "show_strokes",
    "stroke_codes",
    "stroke_map",
    "trade_offs",
    "stroke_nats",
    "symptom_board",
    "symptoms",
    "traversals",
    "treated",
    "turned_axes",
    "weight_costs",
]
