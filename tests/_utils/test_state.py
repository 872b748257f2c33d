"""Random generators are found wherever an object or its code holds them, in a fixed order."""

import types
from dataclasses import dataclass

import numpy as np
import pytest

from d2lite._utils.state import generators_in

rng = np.random.default_rng(0)
settings = types.ModuleType("settings")
settings.noise = rng


class Inner:
    def draw(self):
        return sum(rng.normal() for _ in range(2))


class Lambda:
    def draw(self):
        return (lambda: rng.normal())()


class Static:
    @staticmethod
    def draw():
        return rng.normal()


class OfClass:
    @classmethod
    def draw(cls):
        return rng.normal()


class Property:
    @property
    def noise(self):
        return rng.normal()


class Default:
    def draw(self, source=rng):
        return source.normal()


class Named:
    def draw(self, *, source=rng):
        return source.normal()


class OfModule:
    def draw(self):
        return settings.noise.normal()


@dataclass(slots=True)
class Slots:
    source: object = rng


class Other:
    """Has an attribute of the same name, and not the generator."""

    def draw(self):
        return self.rng.normal()


KINDS = [Inner, Lambda, Static, OfClass, Property, Default, Named, OfModule, Slots]


@pytest.mark.parametrize("kind", KINDS)
def test_a_generator_is_found_where_an_object_or_its_code_holds_it(kind):
    assert generators_in(kind()) == [rng]


def test_an_attribute_of_a_generators_name_is_none():
    assert generators_in(Other()) == []


def test_generators_come_in_the_order_of_their_names():
    space = {"__name__": "one_of_mine"} | {f"source_{i}": np.random.default_rng(i) for i in range(8)}
    names = [name for name in space if name.startswith("source")]
    exec(f"def draw():\n    return [one.normal() for one in ({', '.join(reversed(names))})]", space)
    assert generators_in(space["draw"]) == [space[name] for name in names]  # in every process the same
