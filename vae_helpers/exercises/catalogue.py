"""All exercises by name."""

from vae_helpers.exercises import gradients, holes, kl, latents, models, moments, reconstruction, reductions
from vae_helpers.exercises.parts import Exercise

EXERCISES: dict[str, Exercise] = {
    **moments.EXERCISES,
    **kl.EXERCISES,
    **reconstruction.EXERCISES,
    **reductions.EXERCISES,
    **gradients.EXERCISES,
    **latents.EXERCISES,
    **models.EXERCISES,
    **holes.EXERCISES,
}
