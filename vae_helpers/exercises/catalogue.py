"""All exercises by name."""

from vae_helpers.exercises import holes, kl, latents, models, moments, reconstruction
from vae_helpers.exercises.parts import Exercise

EXERCISES: dict[str, Exercise] = {
    **moments.EXERCISES,
    **kl.EXERCISES,
    **reconstruction.EXERCISES,
    **latents.EXERCISES,
    **models.EXERCISES,
    **holes.EXERCISES,
}
