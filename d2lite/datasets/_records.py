"""A real table as it was written down: text in every cell, gaps and remarks included."""

import csv
from importlib import resources

from d2lite._utils.checks import check_choice

_NAMES = ("penguins", "surnames", "first_names")


def records(name="penguins"):
    """Return a real table as its makers wrote it down: nothing is cleaned, so that cleaning can be learned.

    Args:
        name: "penguins", 344 penguins of three species, two from each of 172 nests: 17 columns, among them sizes,
            the sex and whether the nest was seen with both eggs. Rows are sorted by species, and the two of a nest
            stand together. "surnames": 4,796 surnames of twelve languages, at most 400 of each, none of them in two:
            columns surname, language and split ("train" or "test"). "first_names": 4,832 first names of the US census:
            columns name and gender. The rows of both are in no order.

    Returns:
        list of one dict a row: the column's name -> what is written there, a str; "NA" where nothing was measured.

    Raises:
        ValueError: there is no table of that name.

    Source: Gorman, Williams and Fraser 2014, CC0 1.0; names from the packages faker and names, MIT. Taught in
    chapters/01_foundations/data and chapters/07_rnn/deep_and_bidirectional.
    """
    check_choice(name, _NAMES, "table")
    with resources.files("d2lite").joinpath("data", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
