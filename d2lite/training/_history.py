"""What a training run measured: one row of numbers per epoch."""

import html
import numbers


class Table(list):
    """A list of rows (dicts) that prints as an aligned table, in text and in a notebook.

    ``pandas.DataFrame(table)`` makes a data frame of it.
    """

    def _cells(self):
        names = list(dict.fromkeys(name for row in self for name in row))
        body = [[as_text(row.get(name)) for name in names] for row in self]
        return names, body

    def __repr__(self):
        names, body = self._cells()
        widths = [max(map(len, column)) for column in zip(names, *body, strict=True)]
        lines = [
            [cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in [names, *body]
        ]
        return "\n".join("  ".join(line) for line in lines)

    def _repr_html_(self):
        names, body = self._cells()
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
        rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in body)
        body_html = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body_html}</tbody></table>"


def as_text(value):
    """Return a cell as a short text: a number with four digits, a whole one or a text as it is."""
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return f"{value:.4g}"
    return "" if value is None else str(value)


class History:
    """The measurements of a run: ``history["train_loss"]`` is a column, ``history[-1]`` the last epoch's row.

    Columns are ``epoch`` (counted from 1), ``train_loss``, ``train_<metric>``, ``validation_loss``,
    ``validation_<metric>`` and ``seconds``. Iterating gives the rows, ``len`` the number of epochs.

    Training figures are means over the epoch, measured while the weights moved; validation figures are
    measured at its end. So early in training the validation loss can be the lower one.
    """

    def __init__(self, rows=(), step_losses=()):
        self.rows = [dict(row) for row in rows]
        self.step_losses = list(step_losses)

    @property
    def names(self):
        """The columns' names, in order."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def epochs(self):
        """The epochs' numbers, 1 to len(self): the x axis of every curve."""
        return [row["epoch"] for row in self.rows]

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __contains__(self, name):
        return name in self.names

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self.rows[key]
        if key not in self.names:
            raise KeyError(
                f"the history has no column {key!r}; it has {', '.join(self.names) or 'no rows yet'}"
            )
        return [row.get(key) for row in self.rows]

    def to_table(self):
        """Return the rows as a `Table` of its own: a list of dicts that prints as an aligned table."""
        return Table(map(dict, self.rows))

    def plot(self, axes=None):
        """Draw the curves, one panel for the loss and one for each metric; return the axes."""
        from d2lite import plotting

        return plotting.curves(self, axes)

    def __repr__(self):
        return f"History of {len(self)} epochs\n{self.to_table()!r}" if self.rows else "History of 0 epochs"

    def _repr_html_(self):
        return self.to_table()._repr_html_()
