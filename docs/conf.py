"""How the documentation is built: ``make docs``. A warning is an error."""

from importlib.metadata import version as version_of

project = "Mainspring"
author = "The Mainspring authors"
project_copyright = "2026, The Mainspring authors"
release = version_of("mainspring")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Public names are documented in the order in which people meet them, with types in the signature only once.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"Mainspring {release}"
html_static_path = ["_static"]
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
