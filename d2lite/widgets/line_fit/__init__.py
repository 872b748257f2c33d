"""The line-fit explorer: a line through patients' data, its errors, and its place on the loss surface."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real, Rows

NUM_PATIENTS = 24
MAX_STEPS = 100_000


def load_patients():
    """Return the first training patients of the chapter's split: {"points": [[body mass index, progression], ...]}."""
    from d2lite.datasets import tabular

    data = tabular("diabetes")
    train = data.split((0.6, 0.2, 0.2), seed=0)[0][:NUM_PATIENTS]
    bmi = train.inputs[:, data.feature_names.index("bmi")]
    pairs = zip(bmi.tolist(), train.targets.tolist(), strict=True)
    return {"points": [[round(x, 1), y] for x, y in pairs]}


class LineFitExplorer(Explorer):
    """A line through points with its errors, and the loss surface over weight and bias with that line as a point.

    The points are 24 patients of the diabetes table: body mass index, and how far the disease had progressed a year
    later. Moving the line moves the point, and the other way round; gradient descent moves both.

    Example:
        >>> LineFitExplorer(input_unit="raw", lr=0.001, step_count=500)

    Taught in chapters/02_linear_models/linear_regression.
    """

    ends = Numbers(
        [150, 60], min=-2000, max=2000, length=2, label="line",
        help="Heights of the first line at a body mass index of 20 and of 35.",
    )  # fmt: skip
    lr = Real(0.1, min=1e-5, max=50, log=True, label="learning rate η")
    input_unit = Choice(
        "std",
        ("std", "raw"),
        names=("standardized", "raw"),
        label="input",
        help="Standardized: body mass index minus its mean, divided by its standard deviation.",
    )
    best = Flag(False, label="best line", help="The line of least loss, and its place on the surface.")
    loss = Choice(
        "squared",
        ("squared", "absolute"),
        label="error",
        help="The loss is the mean of the squared or of the absolute errors.",
    )
    errors = Choice("squares", ("squares", "bars", "none"), label="draw errors as")
    points = Rows(
        columns=[("body mass index", 15, 45), ("progression", 0, 1000)],
        max_length=60,
        help="Patients placed by hand; while there are any, they replace the real ones.",
    )
    step_count = Integer(0, min=0, max=MAX_STEPS, label="step")
    speed = Choice(4, (1, 4, 20, 200, 4000), unit="/s", label="steps a second")
    weights = Numbers(min=-1e300, max=1e300, max_length=2, output=True)
    mean_error = Numbers(min=0, max=1e300, max_length=1, output=True)
    data = Payload(loader=load_patients)
