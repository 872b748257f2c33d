"""Traits of explorers: a value with its range, label and unit, checked in Python and described to the page.

What a trait says here is the only place that says it: the page builds its controls, checks its links and writes
its Python from the same description.
"""

import copy
import functools
import gzip
import json
import math
import numbers
import re

import numpy as np
import traitlets

MAX_SHOWN = 60
_IN_PLACE = (
    "a {} of an explorer is changed in place: expected a new one; change copy.deepcopy of the trait's value, and give "
    "the trait that"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: no link can hold it


class BadValueError(traitlets.TraitError, ValueError):
    """A value that an explorer's trait refuses; its message says what came and what was expected."""


class TraitList(list):
    """The value of a trait that is a list: a change within it would reach neither the page nor an observer."""

    def _refuse(self, *_, **__):
        raise TypeError(_IN_PLACE.format("list"))

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __imul__ = _refuse

    def __iadd__(self, other):
        return [*self, *other]

    def __reduce_ex__(self, protocol):
        return list, (list(self),)  # a copy is a plain list


class TraitDict(dict):
    """The value of a payload, which holds others of its kind and of `TraitList`'s, to be changed in place no more."""

    def _refuse(self, *_, **__):
        raise TypeError(_IN_PLACE.format("dict"))

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = _refuse

    def __ior__(self, other):
        return self | other  # a plain dict

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)  # a copy is a plain dict


def _fixed(value):
    """Return plain data whose dicts and lists refuse a change in place."""
    if isinstance(value, dict):
        return TraitDict({key: _fixed(part) for key, part in value.items()})
    return TraitList(map(_fixed, value)) if isinstance(value, list) else value


def _show(value):
    text = " ".join(line.strip() for line in repr(value).splitlines())  # of an array, on one
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def _plain(value):
    """Turn arrays and tensors into lists of Python's numbers, and those of one number into it.

    Short floats become the decimals they stand for, so that np.float32(0.999) is within a range that ends at 0.999.
    """
    if hasattr(value, "detach"):  # a tensor, perhaps of a type that NumPy lacks
        value = value.detach().cpu().to_dense()
        value = value.float().numpy() if value.is_floating_point() and value.itemsize < 4 else value.numpy()
    if isinstance(value, np.ndarray | np.generic) and value.dtype in (np.float16, np.float32):
        value = value.astype(str).astype(float)
    return value.tolist() if hasattr(value, "tolist") else value


def is_finite(value):
    """Return whether a real number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        return False


class Param(traitlets.TraitType):
    """A synced trait with a description. Use the classes below.

    Args:
        default: value when none is given.
        label: name shown beside the control (the trait's own name, spaced, by default).
        unit: shown after the value.
        help: one sentence shown as the control's hint.
        output: True for a result that the page computes: no part of a link or of the Python cell.
        fields: further entries of the description.
    """

    kind = ""

    @property
    def is_result(self):
        """Whether the page computes it: it can be read and observed, not given."""
        return bool(self.spec.get("output")) and self.kind != "payload"

    def __init__(self, default, *, label="", unit="", help="", output=False, **fields):
        super().__init__(default_value=default)
        description = {"label": label, "unit": unit, "help": help, "output": output, **fields}
        self.spec = {"kind": self.kind, "default": default}
        self.spec |= {
            name: value
            for name, value in description.items()
            if value is not None and value is not False and value != ""
        }
        self.tag(sync=True)

    def class_init(self, cls, name):
        super().class_init(cls, name)
        if name:
            self.spec = {"name": name, "label": name.replace("_", " "), **self.spec}
            self.spec["default"] = self.validate(None, self.spec["default"])

    def make_dynamic_default(self):
        return copy.deepcopy(self.spec["default"])

    def default(self, obj=None):
        """Return a fresh copy of the default."""
        return self.make_dynamic_default()

    def refuse(self, value, expected):
        """Raise the one-sentence error for a value."""
        raise BadValueError(f"{self.name} is {_show(value)}: expected {expected}")

    def number(self, value, whole=False, what=None):
        """Return a value as a number within this trait's range, or refuse it."""
        low, high = self.spec.get("min"), self.spec.get("max")
        expected = what or f"{'a whole number' if whole else 'a number'} from {low:g} to {high:g}"
        value = _plain(value)
        known = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not known or not low <= value <= high or (whole and value != int(value)):  # NaN is in no range
            self.refuse(value, expected)
        return int(value) if whole else float(value)


class Real(Param):
    """A number in a closed range; ``log=True`` gives its slider a logarithmic scale.

    Args:
        default: value when none is given.
        min, max: the range.
        step: step of a linear slider.
        log: logarithmic slider; with min = 0 its first position is 0 and its second is ``floor``.
        floor: least positive value of a logarithmic slider whose min is 0.
        description: label, unit, help, output as in Param.
    """

    kind = "real"

    def __init__(self, default, *, min, max, step=None, log=False, floor=None, **description):
        super().__init__(default, min=min, max=max, step=step, log=log, floor=floor, **description)

    def validate(self, obj, value):
        return self.number(value)


class Integer(Param):
    """A whole number in a closed range.

    Args:
        default: value when none is given.
        min, max: the range.
        step: step of the slider.
        stepper: True for buttons of less and more instead of a slider: seeds, degrees, small counts.
        description: label, unit, help, output as in Param.
    """

    kind = "integer"

    def __init__(self, default, *, min, max, step=1, stepper=False, **description):
        super().__init__(default, min=min, max=max, step=step, stepper=stepper, **description)

    def validate(self, obj, value):
        return self.number(value, whole=True)


class Choice(Param):
    """One of a few values, strings or numbers.

    Args:
        default: value when none is given.
        choices: sequence of values.
        names: how the page writes each of them (the value itself by default).
        description: label, unit, help, output as in Param.
    """

    kind = "choice"

    def __init__(self, default, choices, *, names=None, **description):
        names = list(names or (str(choice).replace("_", " ") for choice in choices))
        super().__init__(default, choices=list(choices), names=names, **description)

    def validate(self, obj, value):
        value = _plain(value)
        for choice in self.spec["choices"]:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
        self.refuse(value, "one of " + ", ".join(map(repr, self.spec["choices"])))


class Flag(Param):
    """True or False."""

    kind = "flag"

    def validate(self, obj, value):
        value = _plain(value)
        if not isinstance(value, bool):
            self.refuse(value, "True or False")
        return value


class Text(Param):
    """A short text.

    Args:
        default: value when none is given.
        max_length: most characters.
        description: label, help, output as in Param.
    """

    kind = "text"

    def __init__(self, default="", *, max_length=200, **description):
        super().__init__(default, max_length=max_length, **description)

    def validate(self, obj, value):
        most = self.spec["max_length"]
        if not isinstance(value, str) or _SURROGATE.search(value) or len(value) > most:
            self.refuse(value, f"a text of at most {most} Unicode characters")
        if (length := len(value.encode("utf-16-le")) // 2) > most:
            self.refuse(
                value, f"a text of at most {most} characters; a page counts {length}, an emoji as two"
            )
        return str(value)


class Payload(Param):
    """Data the page draws and never changes, such as recorded curves: no control, no part of a link or a Python cell.

    Args:
        loader: function without arguments that returns the data, a dict; called once, when an explorer first needs it.
            Other data must be made like these: the same keys, and texts, numbers and lists in the same places.
        max_size: most bytes of its JSON, compressed as a server sends it.
        check: function of data made so that returns what is wrong with their values, as a sentence, or None.
        description: label, help as in Param.
    """

    kind = "payload"

    def __init__(self, *, loader=dict, max_size=100_000, check=None, **description):
        super().__init__({}, max_size=max_size, output=True, **description)
        self._load, self._check = functools.cache(loader), check
        self._has_model = loader is not dict

    def make_dynamic_default(self):
        return copy.deepcopy(self._load())

    def validate(self, obj, value):
        if not isinstance(value, dict):
            self.refuse(value, "a dict")
        if self._has_model and obj is not None and (wrong := _difference(value, self._load(), self.name)):
            raise BadValueError(wrong)
        if self._check and obj is not None and (wrong := self._check(value)):
            raise BadValueError(f"{self.name} has {wrong}")
        try:
            text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise BadValueError(
                f"{self.name} is no plain data ({error}): expected what JSON can hold"
            ) from error
        size = len(gzip.compress(text.encode(), mtime=0))
        if size > self.spec["max_size"]:
            raise BadValueError(
                f"{self.name} has {size:,} bytes, compressed: expected at most {self.spec['max_size']:,}, which a "
                "page can carry; make the model or the recording smaller"
            )
        return _fixed(json.loads(text))  # a copy, of plain data: the caller's may change


def _difference(value, model, name):
    """Return one sentence that says where data are not made like their model, or None."""
    kind = next((kind for kind in (bool, str, numbers.Real, list, dict) if isinstance(model, kind)), object)
    if not isinstance(value, (list, tuple) if kind is list else kind) or isinstance(value, bool) != (
        kind is bool
    ):
        words = {
            bool: "True or False",
            str: "a text",
            numbers.Real: "a number",
            list: "a list",
            dict: "a dict",
        }
        return f"{name} is {_show(value)}: expected {words.get(kind, kind.__name__)}"
    if kind is dict:
        if set(value) != set(model):
            return f"{name} has {', '.join(map(str, value)) or 'no keys'}: expected {', '.join(model)}"
        found = (_difference(value[key], part, f"{name}[{key!r}]") for key, part in model.items())
    elif kind is list and model and not any(_difference(part, model[0], name) for part in model):
        if not value:
            return f"{name} is empty: expected at least one entry"
        found = (_difference(part, model[0], f"{name}[{i}]") for i, part in enumerate(value))
    else:
        return None
    return next(filter(None, found), None)


class Numbers(Param):
    """A list of numbers in one range.

    Args:
        default: value when none is given.
        min, max: range of each number.
        max_length: most numbers.
        length: exact count, if it is fixed.
        integer: True for whole numbers.
        names: of whole numbers from 0, what each stands for: words that act tell these.
        description: label, unit, help, output as in Param.
    """

    kind = "numbers"

    def __init__(
        self, default=(), *, min, max, max_length=100, length=None, integer=False, names=None, **description
    ):
        description |= {"length": length, "integer": integer, "names": names and list(names)}
        super().__init__(list(default), min=min, max=max, max_length=length or max_length, **description)

    def validate(self, obj, value):
        value, length, low, high = _plain(value), *(self.spec.get(k) for k in ("length", "min", "max"))
        count = length if length else f"at most {self.spec['max_length']}"
        whole = self.spec.get("integer", False)
        expected = f"a list of {count} {'whole ' if whole else ''}numbers from {low:g} to {high:g}"
        if not isinstance(value, (list, tuple)) or len(value) > self.spec["max_length"]:
            self.refuse(value, expected)
        if length and len(value) != length:
            self.refuse(value, expected)
        return TraitList(self.number(item, whole, expected) for item in value)


class Rows(Param):
    """A list of rows of numbers, such as points with their class.

    Args:
        default: value when none is given.
        columns: one (name, min, max) or (name, min, max, "integer") a column.
        max_length: most rows.
        description: label, help, output as in Param.
    """

    kind = "rows"

    def __init__(self, default=(), *, columns, max_length=500, **description):
        columns = [
            {"name": name, "min": low, "max": high, "integer": bool(whole)}
            for name, low, high, *whole in columns
        ]
        super().__init__(
            [list(row) for row in default], columns=columns, max_length=max_length, **description
        )

    def validate(self, obj, value):
        value, columns = _plain(value), self.spec["columns"]
        ranges = ", ".join(f"{c['name']} from {c['min']:g} to {c['max']:g}" for c in columns)
        expected = f"at most {self.spec['max_length']} rows of {len(columns)} numbers: {ranges}"
        if not isinstance(value, (list, tuple)) or len(value) > self.spec["max_length"]:
            self.refuse(value, expected)
        return TraitList(self._row(_plain(row), columns, expected) for row in value)

    def _row(self, row, columns, expected):
        if not isinstance(row, (list, tuple)) or len(row) != len(columns):
            self.refuse(row, expected)
        row = [_plain(item) for item in row]
        for item, column in zip(row, columns, strict=True):
            known = isinstance(item, numbers.Real) and not isinstance(item, bool)
            if (
                not known
                or not column["min"] <= item <= column["max"]
                or (column["integer"] and item != int(item))
            ):
                self.refuse(row, expected)
        return TraitList(
            int(item) if c["integer"] else float(item) for item, c in zip(row, columns, strict=True)
        )
