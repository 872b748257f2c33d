"""Explorer: the base class of every explorer."""

import difflib
import inspect
import re
import sys
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from ._bundle import notebook
from ._reload import follow
from ._traits import BadValueError, Param

KEY = "at most 40 of the characters a-z, 0-9, _ and -"


class Explorer(anywidget.AnyWidget):
    """A widget whose mathematics and drawing are JavaScript, alive with a kernel and without one.

    A subclass stands in ``<folder>/__init__.py`` beside model.js, widget.js and widget.css, and declares its traits
    with the classes of ``d2lite.widgets._traits``; the page's controls, links and Python cells follow from them.

    Args:
        key: name of this explorer in links, for a page with several of one kind ("" means the folder's name).
        values: traits by name, and ipywidgets' own (layout, tooltip, tabbable).

    Raises:
        TypeError: a name is unknown.
        ValueError: a value is outside its trait's range (also a traitlets.TraitError).
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _explorer = traitlets.Unicode().tag(sync=True)
    _python = traitlets.Unicode().tag(sync=True)
    _spec = traitlets.List().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)

    @property
    def _another(self):
        """How one makes another in the same state, with the same data."""
        own = [
            name
            for name, trait in self.params().items()
            if trait.kind == "payload" and getattr(self, name) != trait.default()
        ]
        arguments = ["**explorer.state()", *(f"{name}=explorer.{name}" for name in own)]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        source = getattr(sys.modules.get(cls.__module__), "__file__", None)
        if (
            source and (Path(source).parent / "widget.js").exists()
        ):  # not the classes add_traits makes at run time
            cls._folder = Path(source).parent

    def __init__(self, *, key="", **values):
        known = set(self.params()) | set(ipywidgets.DOMWidget.class_trait_names())
        for name in values:
            if name not in known:
                raise TypeError(self._unknown(name))
            if name in self.params() and self.params()[name].is_result:
                raise TypeError(
                    f"{name} is a result that the page computes: expected no value for it; read or observe it"
                )
        if not isinstance(key, str):
            raise BadValueError(f"key is {key!r:.60}: expected {KEY}")
        folder = self._folder
        super().__init__(
            _explorer=folder.name,
            _python=self._call(),
            _spec=self.spec(),
            key=key,
            **values,
        )
        follow(self)

    def __setattr__(self, name, value):
        if not name.startswith("_") and not hasattr(type(self), name):
            raise AttributeError(self._unknown(name))
        super().__setattr__(name, value)

    @traitlets.default("_esm")
    def _default_esm(self):
        return notebook(self._folder)[0]

    @traitlets.default("_css")
    def _default_css(self):
        return notebook(self._folder)[1]

    @traitlets.validate("key")
    def _check_key(self, proposal):
        if not re.fullmatch(r"[a-z0-9_-]{0,40}", proposal["value"]):
            raise BadValueError(f"key is {proposal['value']!r:.60}: expected {KEY}")
        return proposal["value"]

    @classmethod
    def params(cls):
        """Return the explorer's own traits by name, in the order they are declared."""
        found = {}
        for base in reversed(cls.__mro__):
            found |= {name: trait for name, trait in vars(base).items() if isinstance(trait, Param)}
        return found

    @classmethod
    def spec(cls):
        """Return the description of the traits that the page works from: a list of dicts."""
        return [dict(trait.spec) for trait in cls.params().values()]

    @classmethod
    def title(cls):
        """Return one line that says what the explorer shows: the first of its docstring."""
        return inspect.getdoc(cls).splitlines()[0]

    @classmethod
    def example(cls):
        """Return the explorer as the gallery shows it; one that needs data overrides this."""
        return cls()

    def state(self):
        """Return the traits that differ from their defaults, by name: what a link or a Python cell must say."""
        params = {name: trait for name, trait in self.params().items() if not trait.spec.get("output")}
        return {
            name: getattr(self, name)
            for name, trait in params.items()
            if getattr(self, name) != trait.default()
        }

    def __reduce_ex__(self, protocol):
        name = type(self).__name__
        raise TypeError(
            f"{name} is a live widget: expected plain values to copy; make another, {self._another}"
        )

    def __copy__(self):
        self.__reduce_ex__(2)

    def __deepcopy__(self, memo):
        self.__reduce_ex__(2)

    def to_python(self):
        """Return a cell of Python that makes an explorer in this one's state."""
        arguments = [f"{name}={value!r}" for name, value in self.state().items()]
        return f"import {self._python.partition('.')[0]}\n\n{self._python}({', '.join(arguments)})"

    @classmethod
    def _call(cls):
        """What makes one in a cell of Python; a class of one's own, in a notebook perhaps, is not in d2lite.widgets."""
        own = not cls.__module__.startswith("d2lite.")
        return f"{cls.__module__ if own else 'd2lite.widgets'}.{cls.__name__}"

    def _unknown(self, name):
        close = difflib.get_close_matches(name, self.params(), n=1)
        hint = f"{close[0]}, perhaps" if close else f"one of {', '.join(self.params())}"
        return f"{type(self).__name__} has no trait {name!r}: expected {hint}"
