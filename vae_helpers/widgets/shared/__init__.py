"""What the widgets share: the view and its scripts, the stage around it, decoders, sliders."""
