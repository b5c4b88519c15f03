"""The table of reports: the course's own models, and one recipe by its pixels and its seeds.

``python -m vae_helpers.pretrain.report_table`` makes it.
"""

from typing import Any

from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows

RECIPE = "20-D, 8 epochs"  # the name of what is trained for the table
TABLE = REPO_DATA / "tables" / "reports.json"

Row = dict[str, Any]


def load_reports(**wanted: Any) -> list[Row]:
    """The rows of data/tables/reports.json: what ``report_page.Report.row`` says, and the loss of a model's own pixels.

    >>> len(load_reports(model=RECIPE, trained_on="dynamic"))  # five seeds
    5

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)
