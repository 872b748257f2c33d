"""The splits explorer: which rows train, which judge, and what leaks from one to the other."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

MAX_ROWS = 344 + 69  # all birds, and a fifth of them once more
SIZES = ("Culmen Length (mm)", "Culmen Depth (mm)", "Flipper Length (mm)", "Body Mass (g)")
SPECIES = ("Adelie", "Gentoo", "Chinstrap")
ISLANDS = ("Biscoe", "Dream", "Torgersen")
YEARS = ("PAL0708", "PAL0809", "PAL0910")
SMALL = {True: 9, False: 21}  # nests of the small table: so many that missed an egg, so many that did not


def _read(row):
    """Return a bird's facts: species, island, year, day of the egg in November, nest, male or -1, egg missed."""
    from datetime import date

    egg = date.fromisoformat(row["Date Egg"])
    return [
        SPECIES.index(row["Species"].split()[0]),
        ISLANDS.index(row["Island"]),
        YEARS.index(row["studyName"]),
        (egg - date(egg.year, 10, 31)).days,
        int(row["Individual ID"][1:-2]),
        {"MALE": 1, "FEMALE": 0}.get(row["Sex"], -1),
        int(row["Clutch Completion"] == "No"),
    ]


def load_birds():
    """Return what the page deals with: each bird's facts and sizes, two birds a nest, and the nests of the small table.

    Sizes are None where one is missing. The small table's nests are complete, and evenly spaced over the whole table.
    """
    from d2lite.datasets import records

    rows = records("penguins")
    facts = [_read(row) for row in rows]
    sizes = [
        None if "NA" in [row[name] for name in SIZES] else [float(row[name]) for name in SIZES]
        for row in rows
    ]
    known = [size is not None and fact[5] >= 0 for size, fact in zip(sizes, facts, strict=True)]
    small = []
    for missed, count in SMALL.items():
        nests = [
            k for k in range(len(rows) // 2) if all(known[2 * k : 2 * k + 2]) and facts[2 * k][6] == missed
        ]
        small += [nests[(2 * i + 1) * len(nests) // (2 * count)] for i in range(count)]
    return {"facts": facts, "sizes": sizes, "small": sorted(small), "species": list(SPECIES)}


class SplitsExplorer(Explorer):
    """Which rows of a table train, which judge, and what leaks between them: real penguins, two of each nest.

    A nearest-neighbour model copies the answer of the most similar training row. The score is the share of right
    answers for each of the two classes, averaged: guessing gets 0.5. ``promised`` is the score on all that validated;
    ``worth`` is the one on birds that were never in the table (0 where all are in it).

    Example:
        >>> SplitsExplorer(assign="nest_by_nest", fold=3)

    Taught in chapters/01_foundations/data.
    """

    assign = Choice(
        "shuffled", ("in_order", "shuffled", "stratified", "nest_by_nest"), label="rows are dealt",
        help="Stratified: each part gets its share of both classes. Nest by nest: the two of a nest stay together.",
    )  # fmt: skip
    prepare = Choice(
        "scaled", ("scaled", "raw", "scaled_over_all", "copied", "with_remark", "noise", "noise_over_all"),
        label="columns",
        names=(
            "scaled by training rows", "not scaled", "scaled by all rows", "a fifth of the rows copied",
            "and the remark", "noise, picked on training rows", "noise, picked on all rows",
        ),
        help="Copied: before the rows are dealt. The remark: what the researchers wrote beside some nests. Noise: the "
        "20 best of 1,000 columns of random numbers.",
    )  # fmt: skip
    plan = Choice("folds", ("one_part", "folds"), label="validation", names=("one part", "k folds"))
    question = Choice(
        "egg", ("egg", "sex"), label="predicted", names=("second egg", "sex"),
        help="Whether a bird's nest missed its second egg, from what is known of the nest; or its sex, from its sizes.",
    )  # fmt: skip
    size = Choice("all", ("all", "small"), label="nests in the table", names=("all", "30"))
    num_folds = Integer(5, min=2, max=12, label="folds k")
    fold = Integer(1, min=1, max=12, help="The fold that validates now.")
    speed = Choice(1, (0.5, 1, 2), unit="/s", label="folds a second")
    validation_share = Real(0.2, min=0.05, max=0.4, step=0.05, label="validation share")
    test_share = Real(0.2, min=0, max=0.4, step=0.05, label="test share")
    opened = Flag(False, label="open the test set", help="Once, when everything has been chosen.")
    seed = Integer(0, min=0, max=999, stepper=True)
    row = Integer(121, min=0, max=MAX_ROWS - 1, help="The bird looked at, counted from 0.")
    promised = Real(0, min=0, max=1, output=True)
    worth = Real(0, min=0, max=1, output=True)
    data = Payload(loader=load_birds)
