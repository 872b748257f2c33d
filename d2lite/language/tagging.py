"""Words of a text with labels: which of them name a person, found by rules from titles, first names and capitals."""

import collections
import itertools
import re
import unicodedata

from d2lite import datasets

TITLES = frozenset({
    "Mr", "Mrs", "Miss", "Misses", "Messrs", "Master", "Lady", "Sir", "Lord", "Captain", "Colonel", "Admiral",
    "Major", "General", "Dr", "Dowager",
})  # fmt: skip
# First names in a census, or capitals after a title, that name no person in Austen's novels.
NO_NAMES = frozenset({
    "And", "I", "He", "Ii", "Iii", "Xiv", "My", "They", "Monday", "Prince", "Impudence", "Manager", "Somebody",
    "Brand", "Speed", "St", "Viscountess", "Patroness", "Longtown", "Abbey", "America", "April", "Asia", "August",
    "Barton", "Bell", "China", "Cleveland", "Cliff", "Clifton", "Easter", "Forest", "France", "Gay", "German",
    "Harley", "India", "Irish", "January", "June", "Kent", "Ma", "Magdalen", "Many", "Maple", "Marquis", "May",
    "Milton", "Patience", "Queen", "Roman", "September", "So", "Sue", "Sunday", "Temple", "Trent", "Venice",
    "Domingo", "The",
})  # fmt: skip
_PLACES = frozenset({
    "Street", "Place", "Square", "Park", "Buildings", "Lane", "Hall", "House", "Cottage", "Abbey", "Hill", "Row",
    "Court", "Chapel", "Lodge",
})  # fmt: skip
_OPENINGS = {
    "Sense and Sensibility": "The family of Dashwood had long been settled",
    "Pride and Prejudice": "It is a truth universally acknowledged",
    "Mansfield Park": "About thirty years ago Miss Maria Ward",
    "Emma": "Emma Woodhouse, handsome, clever",
    "Northanger Abbey": "No one who had ever seen Catherine Morland",
    "Persuasion": "Sir Walter Elliot, of Kellynch Hall",
}
_ABBREVIATED = re.compile(r"\b(Mr|Mrs|Messrs|Dr|St)\.")
_WORD = re.compile(r"'s\b|[^\W\d_]+(?:[-'](?!s\b)[^\W\d_]+)*|\d+|[^\w\s]")
_HEADING = re.compile(r"^\s*(?:chapter|volume)\s+(?:\d+|[ivxlc]+)\b.*$", re.IGNORECASE | re.MULTILINE)
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
# Two lines that an earlier rule took for headings: the networks that ship were trained without them.
_LEFT_OUT = re.compile(
    r"^volume(?:, and before he had, with very| of the Spectator, instead of).*$", re.MULTILINE
)
_ENDS = frozenset(".!?;")
MIN_COUNT = 2  # of a census name, capital within a sentence


def split_sentences(text):
    """Cut a text into sentences, and each into words and marks, capitals kept.

    Args:
        text: a string; paragraphs are separated by empty lines. Lines of headings ("Chapter 1") are left out.

    Returns:
        list of lists of str: a sentence ends at one of . ! ? ; but not after an initial ("Mr. E. Ferrars").
        The "'s" of a genitive is a token of its own. Left out are the stops of "Mr." and the like, and
        underscores, which stand for italics; typographic quotation marks become straight ones.
        Such a mark right after a sentence is its last token if the sentence holds an odd number of them, else the
        first of the next. So what is said in one sentence is whole; but a mark that closes several sentences begins
        the next one, and one that opens a paragraph ends the last sentence of a speech that the paragraph before has
        not closed. The networks that ship were trained with sentences cut so.

    Raises:
        TypeError: text is not a string.

    Taught in chapters/07_rnn/deep_and_bidirectional.
    """
    if not isinstance(text, str):
        raise TypeError(f"text is of type {type(text).__name__}: expected a string; decode bytes first")
    text = unicodedata.normalize("NFC", text).translate(
        _STRAIGHT
    )  # a letter and its accent are one character
    text = _ABBREVIATED.sub(r"\1 ", _HEADING.sub("", text).replace("_", ""))
    sentences = []
    for paragraph in re.split(r"\n\s*\n", text):
        sentence = []
        for token in _WORD.findall(paragraph):
            if token == '"' and not sentence and sentences and sentences[-1].count('"') % 2:
                sentences[-1].append(token)  # it closes what was said
                continue
            sentence.append(token)
            if token in _ENDS and not _is_initial(sentence):
                sentences.append(sentence)
                sentence = []
        if sentence:
            sentences.append(sentence)
    return sentences


def _is_initial(sentence):
    """Tell whether a sentence so far ends in the full stop of an initial."""
    word = sentence[-2] if len(sentence) > 1 and sentence[-1] == "." else ""
    return len(word) == 1 and word.isupper() and word != "I"


def find_names(sentences, first_names):
    """Return the words that name persons in a text, by three rules, all for words with a capital.

    A word is a name if it follows a title somewhere ("Mr. Darcy"), or is a first name of the census and stands with a
    capital inside sentences, or follows such a name ("Emma Woodhouse"). Months, places and other words that the rules
    would take for names are in `NO_NAMES`.

    Args:
        sentences: list of lists of str, as `split_sentences` returns them.
        first_names: set of str, each with a capital.

    Returns:
        set of str, each as "Darcy".

    Raises:
        TypeError: the sentences are no lists of words, or the names no set or list.

    Taught in chapters/07_rnn/deep_and_bidirectional.
    """
    _check_words(first_names, "first_names")
    sentences = list(sentences)  # they are read twice
    for i, sentence in enumerate(sentences):
        _check_words(sentence, f"sentences[{i}]")
    inside, lower, titled = collections.Counter(), collections.Counter(), set()
    for sentence in sentences:
        for place, word in enumerate(sentence):
            if word[:1].islower():
                lower[word.capitalize()] += 1
            elif _is_capital(word):
                inside[word.capitalize()] += _is_inside(sentence, place)
                if _title_before(sentence, place):
                    titled.add(word.capitalize())
    census = {word for word in first_names if inside[word] >= max(MIN_COUNT, lower[word])}
    names = (titled | census) - NO_NAMES - TITLES
    after = {
        word.capitalize()
        for sentence in sentences
        for before, word in itertools.pairwise(sentence)
        if _is_capital(word) and before.capitalize() in names and before[:1].isupper()
        and not lower[word.capitalize()] and word not in _PLACES
    }  # fmt: skip
    return (names | after) - NO_NAMES - TITLES


def label_names(sentence, names, also_words=frozenset()):
    """Return for each word of a sentence whether it names a person.

    Args:
        sentence: list of T str, capitals kept.
        names: set of str, as `find_names` returns it. A plural of one ("Westons") counts as well.
        also_words: names that are words, too ("Price"); where any word has a capital, they count only after a title.

    Returns:
        list of T bool.

    Raises:
        TypeError: the sentence is no list of words, or the names no set or list.

    Taught in chapters/07_rnn/deep_and_bidirectional.
    """
    for name, value in (("sentence", sentence), ("names", names), ("also_words", also_words)):
        _check_words(value, name)
    labels = []
    for place, word in enumerate(sentence):
        plain = word.capitalize()
        is_name = _is_capital(word) and (
            plain in names or plain.removesuffix("s") in names or plain.removesuffix("es") in names
        )
        following = sentence[place + 1] if place + 1 < len(sentence) else ""
        if following in _PLACES:  # "Henrietta Street"
            is_name = False
        if plain in also_words and not _is_inside(sentence, place):
            is_name = is_name and _title_before(sentence, place)
        labels.append(bool(is_name) and plain not in NO_NAMES and word not in TITLES)
    return labels


def _check_words(words, name):
    if isinstance(words, str) or not hasattr(words, "__iter__") or hasattr(words, "__next__"):
        raise TypeError(
            f"{name} is {words!r:.60}: expected words in a list or a set, each a str by itself; see split_sentences"
        )


def _is_capital(word):
    return len(word) > 1 and word[0].isupper()


def _is_inside(sentence, place):
    """Tell whether a place is inside a sentence, where only names have capitals."""
    return place > 0 and (sentence[place - 1].isalpha() or sentence[place - 1] in {",", "'s"})


def _title_before(sentence, place):
    before = place - 1 - (place > 1 and sentence[place - 1] == "de")  # "Miss de Bourgh"
    return place > 0 and sentence[before] in TITLES


def austen_names():
    """Return Austen's six novels as sentences of words, each word labelled as a person's name or not.

    Returns:
        dict from the novel's title to (sentences, labels): a list of lists of T str, capitals kept, and as many lists
        of T bool. Two lines are missing, those that the networks which ship have not seen, either.

    Source: the rules of `find_names` with the titles in the text and the first names of the US census. Taught in
    chapters/07_rnn/deep_and_bidirectional.
    """
    text = _LEFT_OUT.sub("", datasets.text("austen"))
    starts = [text.index(opening) for opening in _OPENINGS.values()]
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    novels = [split_sentences(part) for part in parts]
    everything = [sentence for novel in novels for sentence in novel]
    names = find_names(everything, {row["name"] for row in datasets.records("first_names")})
    lower = {word.capitalize() for sentence in everything for word in sentence if word[0].islower()}
    also_words = names & lower
    return {
        title: (novel, [label_names(sentence, names, also_words) for sentence in novel])
        for title, novel in zip(_OPENINGS, novels, strict=True)
    }
