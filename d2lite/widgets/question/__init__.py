"""Question: what a reader answers before going on, its right answer computed by the chapter."""

import html

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Payload

from ._content import choice_content, number_content, order_content
from ._words import markup


class Question(Explorer):
    """Question: the reader answers, and is told what a wrong answer takes for true.

    Make one with Question.choice, Question.number or Question.order. In the built site it is remembered in the
    reader's browser, per page and key; it is sent nowhere. Texts are plain, with `code` in backticks and *emphasis*.

    Example:
        >>> Question.choice("Is it?", [("yes", True, "Right: it is."), ("no", False, "Look again.")], key="is")

    Taught in chapters/02_linear_models/logistic_regression.
    """

    content = Payload(max_size=6000)

    def __init__(self, content=None, *, key="", **values):
        if content is None:
            raise TypeError(
                "content is missing: expected a question's; make one with Question.choice, .number or .order"
            )
        super().__init__(content=content, key=key, **values)

    @classmethod
    def choice(cls, prompt, options, *, key):
        """Return a question with one right answer among a few.

        Args:
            prompt: what is asked.
            options: 2 to 5 of (text, is_right, reply); exactly one is right. The reply is the sentence for that
                choice: for a wrong one, it names the misunderstanding.
            key: its name in the page and in the reader's browser: a-z, 0-9, _ and -; no other in the page has it.

        Raises:
            ValueError: an argument is not so; none or several of the options are right.
        """
        return cls(choice_content(prompt, options), key=_checked_key(key))

    @classmethod
    def number(cls, prompt, answer, *, key, unit="", tolerance=0.05, wrong=(), reply=""):
        """Return a question whose answer is a number.

        Args:
            prompt: what is asked.
            answer: the right number, computed.
            key: as in choice.
            unit: written after the number, such as "s" or "%"; with "%", 50 means 50%.
            tolerance: how far off is still right, as a part of the answer (as a number where the answer is 0).
            wrong: (value, reply) of numbers that a misunderstanding gives.
            reply: the sentence for the right answer.

        Raises:
            ValueError: an argument is not so; a wrong value would pass for the answer.
        """
        return cls(number_content(prompt, answer, unit, tolerance, wrong, reply), key=_checked_key(key))

    @classmethod
    def order(cls, prompt, items, *, key, low="least", high="most", reply=""):
        """Return a question that asks to put things in order.

        Args:
            prompt: what is asked.
            items: 3 to 6 of (text, value); the right order is that of the values, the least first.
            key: as in choice.
            low, high: words for the first and the last place.
            reply: the sentence for the right order.

        Raises:
            ValueError: an argument is not so; two values are equal.
        """
        return cls(order_content(prompt, items, low, high, reply, key), key=_checked_key(key))

    @classmethod
    def example(cls):
        """Return a question, as the tests of all widgets want one."""
        options = [("yes", True, "It does."), ("no", False, "It is not the memory that decides.")]
        return cls.choice("Does it?", options, key="example")

    @classmethod
    def outline(cls, state):
        """Return what a page shows before the question is alive, as HTML: what is asked, and not what is right.

        Args:
            state: the question's synced traits, as a notebook stores them.
        """
        content = state["content"]
        parts = [f'<p class="d2l-prompt">{markup(content["prompt"])}</p>']
        if items := content.get("options") or content.get("items"):
            rows = "".join(f"<li>{markup(item['text'])}</li>" for item in items)
            kind = content["kind"]
            parts.append(f'<ul class="d2l-outline d2l-outline-{kind}">{rows}</ul>')
            if kind == "order":
                parts[1:1] = [f'<p class="d2l-end">{html.escape(content["low"])}</p>']
                parts.append(f'<p class="d2l-end">{html.escape(content["high"])}</p>')
        return f'<div class="d2l-asked">{"".join(parts)}</div>'

    def __repr__(self):
        return f"Question.{self.content['kind']}({self.content['prompt']!r}, ..., key={self.key!r})"

    @property
    def _another(self):
        return f"by the cell that made it, Question.{self.content['kind']}"

    def to_python(self):
        """Raise a TypeError: a question is written in its cell."""
        raise TypeError("a question has no Python cell: expected an explorer; copy the cell that made it")


def _checked_key(key):
    if not isinstance(key, str) or not key:
        raise BadValueError(f"key is {key!r:.60}: expected 1 to 40 of the characters a-z, 0-9, _ and -")
    return key
