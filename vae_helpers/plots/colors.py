"""The colours of the course."""

# One fixed colour per digit for the whole course, distinguishable with colour-blind eyes
# (Petroff 2021, "Accessible color sequences for data visualization", arXiv 2107.02270).
CLASS_COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#717581", "#b9ac70", "#92dadd",
)  # fmt: skip
