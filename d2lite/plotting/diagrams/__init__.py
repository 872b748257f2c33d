"""Still, labelled drawings from a few lines, read on the light and the dark page, on a phone and on paper.

A text that does not fit its shape, or lies on another or on a line, is an error: a drawing that is shown can be read.
"""

from d2lite.plotting.diagrams._canvas import COLORS
from d2lite.plotting.diagrams._cells import gru_cell, lstm_cell
from d2lite.plotting.diagrams._diagram import Diagram
from d2lite.plotting.diagrams._ready import network, neuron, unrolled, window
from d2lite.plotting.diagrams._shapes import Shape

__all__ = ["COLORS", "Diagram", "Shape", "gru_cell", "lstm_cell", "network", "neuron", "unrolled", "window"]
