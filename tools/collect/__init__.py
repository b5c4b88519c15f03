"""Students' notebooks in, one table out. From a file to the table:

``course``, ``submissions`` (find and recognise) -> ``sandbox`` (bubblewrap) -> in it ``inside``, ``confine``,
``statements``, ``answers`` (run the exercises) -> ``results`` (what came back) -> ``table``, ``page``.
"""
