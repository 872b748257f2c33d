"""The gates explorer: a trained LSTM of two units reads a text, its gates and its gradient through time in sight."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real, Text

GATE = ("learned", "open", "closed")
MOVES = ("all", "keep", "write", "add", "show")


def load_cell():
    """Return the trained cell: num_units and flat lists of weights, as tools/record/memory.py wrote them."""
    from d2lite.models import weights

    tensors, _ = weights.load("gates_cell")
    num_units = tensors["weight_h"].shape[1]
    return {"num_units": num_units, **{name: part.flatten().tolist() for name, part in tensors.items()}}


class GatesExplorer(Explorer):
    """An LSTM's gates, cell state and gradient over time, on a text that you type.

    The network was trained to answer each question mark with the capital (A to D) before it, and to let small
    letters and full stops pass. Its weights are real; a bias can be moved, a gate held open or shut.

    Example:
        >>> GatesExplorer(text="Babcd.dcba?", forget_bias=-2)

    Taught in chapters/07_rnn/lstm.
    """

    text = Text(
        "Bcad.b?ca.Dbacb?", max_length=32, help="A to D are to be kept, a to d to be ignored; ? asks."
    )
    move = Choice("all", MOVES, label="one step is", help="Which part of the step is lit, with its equation.")
    unit = Choice(2, (1, 2), label="unit shown")
    step = Integer(31, min=0, max=31, help="The step shown, from 0; the gradient is that of its cell state.")
    forget_bias = Real(0, min=-6, max=6, step=0.25, label="forget bias +", help="Added to the learned one.")
    input_bias = Real(0, min=-6, max=6, step=0.25, label="input bias +", help="Added to the learned one.")
    output_bias = Real(0, min=-6, max=6, step=0.25, label="output bias +", help="Added to the learned one.")
    forget_gate = Choice("learned", GATE)
    input_gate = Choice("learned", GATE)
    output_gate = Choice("learned", GATE)
    speed = Choice(2, (1, 2, 5), unit="/s", label="steps a second")
    data = Payload(loader=load_cell)
