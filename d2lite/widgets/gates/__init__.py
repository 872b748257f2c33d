"""The gates explorer: a trained LSTM or GRU of two units reads a text, its gates and its gradient in sight."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real, Text

GATE = ("learned", "open", "closed")
MOVES = ("all", "see", "keep", "write", "add", "show")


def load_cell(name="gates_cell"):
    """Return a trained cell: num_units and flat lists of weights, as tools/record/memory.py and gru.py wrote them.

    Args:
        name: "gates_cell" is the LSTM, rows in the order input, forget, candidate, output; "gates_gru" the GRU, rows in
            the order reset, update, candidate, with `bias_hn`, which the reset gate multiplies.
    """
    from d2lite.models import weights

    tensors, _ = weights.load(name)
    num_units = tensors["weight_h"].shape[1]
    return {"num_units": num_units, **{name: part.flatten().tolist() for name, part in tensors.items()}}


def load_gru():
    """Return the trained GRU, as `load_cell` does."""
    return load_cell("gates_gru")


class GatesExplorer(Explorer):
    """The gates, state and gradient of an LSTM, a GRU or both over time, on a text that you type.

    Each network was trained to answer each question mark with the capital (A to D) before it, and to let small
    letters and full stops pass. The weights are real; a bias can be moved, a gate held open or shut.

    Example:
        >>> GatesExplorer(text="Babcd.dcba?", forget_bias=-2)

    Taught in chapters/07_rnn/lstm and chapters/07_rnn/gru.
    """

    text = Text(
        "Bcad.b?ca.Dbacb?", max_length=32, help="A to D are to be kept, a to d to be ignored; ? asks."
    )
    move = Choice(
        "all",
        MOVES,
        label="move",
        help="What is lit of the step, with its equation: what the gates see, then moves 1 to 4. "
        "Numbers are rounded to be read: a last digit can be off by one.",
    )
    view = Choice("text", ("text", "step"), help="The whole text with one step of it, or that step alone.")
    unit = Choice(2, (1, 2), label="unit shown")
    step = Integer(31, min=0, max=31, help="The step shown, from 0; the gradient is that of its cell state.")
    forget_bias = Real(0, min=-6, max=6, step=0.25, label="forget bias +", help="Added to the learned one.")
    input_bias = Real(0, min=-6, max=6, step=0.25, label="input bias +", help="Added to the learned one.")
    output_bias = Real(0, min=-6, max=6, step=0.25, label="output bias +", help="Added to the learned one.")
    forget_gate = Choice("learned", GATE)
    input_gate = Choice("learned", GATE)
    output_gate = Choice("learned", GATE)
    cell = Choice("LSTM", ("LSTM", "GRU", "both"), label="cell shown")
    update_gate = Choice("learned", GATE, help="Of the GRU: open keeps, closed writes.")
    reset_gate = Choice("learned", GATE, help="Of the GRU: closed, the candidate sees nothing of the state.")
    update_bias = Real(0, min=-6, max=6, step=0.25, label="update bias +", help="Added to the learned one.")
    reset_bias = Real(0, min=-6, max=6, step=0.25, label="reset bias +", help="Added to the learned one.")
    speed = Choice(2, (1, 2, 5), unit="/s", label="steps a second")
    data = Payload(loader=load_cell)
    gru = Payload(loader=load_gru)
