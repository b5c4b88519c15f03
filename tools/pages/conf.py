"""Sphinx: the course as a static site. ``make site`` lays the pages and the assets beside this file's copy."""

project = html_title = "Learn variational autoencoders"
extensions = ["myst_nb"]
html_theme = "furo"
language = "en"
exclude_patterns = ["assets", "extra", "README.md"]

# The notebooks have run already; the state of their widgets is in them.
nb_execution_mode = "off"
nb_render_markdown_format = "myst"  # formulas and tables that a cell has made, as those of the text
nb_merge_streams = True
nb_ipywidgets_js = {"widgets.js": {}, "require.js": {}, "embed-amd.js": {}}
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3

mathjax_path = "mathjax.js"
html_static_path = ["assets"]
html_extra_path = ["extra"]
html_css_files = ["site.css"]
html_copy_source = False  # of several MB, with the widgets' state; the notebooks are in the repository
html_show_copyright = False
