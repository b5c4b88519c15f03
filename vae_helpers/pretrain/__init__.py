"""Train the checkpoints in data/weights and draw the README's map: ``make weights``, or some of it,
``python -m vae_helpers.pretrain classifier digits``.

A file for each part of the course that ships weights. The losses, the settings and the versions are stored with them.
"""
