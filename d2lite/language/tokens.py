"""Text as numbers: tokens and a vocabulary."""

import collections
import functools
import re
import unicodedata

import torch

from d2lite._utils.checks import check_choice, check_count
from d2lite._utils.tensors import as_whole_numbers

LEVELS = ("character", "word")
UNKNOWN = "<unk>"
_JOINERS = "\u200c\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"  # in Persian, Hindi and emoji


def tokenize(text, level="character"):
    """Cut a text into tokens.

    Args:
        text: a string.
        level: "character" gives every character, spaces and line ends included; "word" gives words in lower
            case, with their inner apostrophes, and each other mark by itself: white space is lost. Accents and
            vowel signs stay with their letters; what is written without spaces, such as Thai, is not cut.

    Returns:
        list of strings.

    Raises:
        TypeError: text is not a string.
        ValueError: there is no level of that name.

    Taught in chapters/07_rnn/sequences.
    """
    check_choice(level, LEVELS, "level")
    if not isinstance(text, str):
        raise TypeError(f"text is of type {type(text).__name__}: expected a string; decode bytes first")
    if level == "character":
        return list(text)
    text = text.lower()
    marks = sorted(c for c in set(text) if unicodedata.category(c)[0] == "M" or c in _JOINERS)
    return _word_pattern("".join(marks)).findall(text)


@functools.cache
def _word_pattern(marks):
    r"""Return the pattern of a word or another mark, for texts with these combining marks, which \w does not hold."""
    joined = f"[{marks}]" if marks else "(?!)"  # nothing
    letters, mark = rf"[^\W_]+(?:{joined}+[^\W_]*)*", rf"(?:_|[^\w\s]){joined}*"
    return re.compile(rf"{letters}(?:['’]{letters})*|{mark}(?:(?<=\u200d){mark})*")


class Vocabulary:
    """Tokens and their numbers, most frequent first; number 0 stands for every token that is not in it.

    Args:
        tokens: the training text's tokens; ties in frequency are put in alphabetical order.
        min_count: tokens that come less often are left out.
        max_size: at most so many numbers, the unknown token's included; None for no limit.

    Raises:
        ValueError: no tokens, or a min_count or max_size below 1.
        TypeError: the tokens are not strings.

    Attributes:
        tokens: list of K strings; the first is "<unk>".
        counts: list of K numbers, how often each came in the training text.

    Taught in chapters/07_rnn/sequences.
    """

    def __init__(self, tokens, min_count=1, max_size=None):
        min_count = check_count(min_count, "min_count")
        max_size = None if max_size is None else check_count(max_size, "max_size")
        counted = collections.Counter(map(_check_token, tokens))
        if not counted:
            raise ValueError("tokens is empty: expected the tokens of a training text, at least one")
        unknown = counted.pop(UNKNOWN, 0)
        ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [pair for pair in ranked if pair[1] >= min_count]
        kept = kept if max_size is None else kept[: max_size - 1]
        self.tokens = [UNKNOWN, *(token for token, _ in kept)]
        unknown += sum(counted.values()) - sum(count for _, count in kept)
        self.counts = [unknown, *(count for _, count in kept)]
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._numbers

    def __repr__(self):
        return f"Vocabulary of {len(self)} tokens: {' '.join(map(repr, self.tokens[:6]))} ..."

    def encode(self, tokens):
        """Return the tokens' numbers, (N,) long; 0 for a token that is not in the vocabulary.

        Raises:
            TypeError: the tokens are not strings, or one string, though the vocabulary is of words.
        """
        if isinstance(tokens, str) and max(map(len, self.tokens[1:]), default=1) > 1:
            raise TypeError(f"tokens is {tokens!r:.60}: expected a list of words; use tokenize(text, 'word')")
        tokens = [_check_token(token) for token in tokens]
        return torch.tensor([self._numbers.get(token, 0) for token in tokens], dtype=torch.long)

    def decode(self, ids):
        """Return the list of N tokens of (N,) numbers.

        Raises:
            ValueError: a number outside 0 to K - 1.
        """
        numbers = as_whole_numbers(ids, "ids").flatten()
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise ValueError(
                f"ids is from {numbers.min()} to {numbers.max()}: expected 0 to {len(self) - 1}, "
                f"the numbers of {len(self)} tokens"
            )
        return [self.tokens[number] for number in numbers.tolist()]


def _check_token(token):
    if not isinstance(token, str):
        raise TypeError(
            f"tokens has one of type {type(token).__name__}: expected strings; join lists of tokens first"
        )
    return token
