"""The rules of a chapter's form (CONTRIBUTING.md): each takes a notebook and returns what is wrong with it."""

import ast
import io
import re
import tokenize

FOLDED = (
    "Deeper: ",
    "Exercises",
    "Further reading",
)  # beginnings of headings; not counted as the chapter's length
ADDRESS = re.compile(r"\]\([^)\s]*\)")
# words that act: whose, and what they set
ACTING = re.compile(r"\]\(#d2l-([a-z0-9_]+)\?((?:[^()\s]|\([^()\s]*\))*)\)")
SHORT_PATH = re.compile(r"^\*\*In ten minutes\*\* read (.+), then the \*Summary\*\.$", re.MULTILINE)
MATHEMATICS = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
QUESTION = re.compile(r"\b(?:Question\.\w+|DrawIt)\(")
QUARREL = re.compile(r"lecture notes|students['’] notes|some notes", re.IGNORECASE)


def tags(cell):
    """Return a cell's tags."""
    return set(cell.metadata.get("tags", []))


def is_hidden(cell):
    """Tell whether JupyterLab collapses a cell's code."""
    return cell.metadata.get("jupyter", {}).get("source_hidden") is True


def lines(source):
    """Return the lines of a source that are not blank."""
    return [line for line in source.splitlines() if line.strip()]


def words(text):
    """Return the words of Markdown, without formulas, the addresses of links and the headings of the short path."""
    return re.findall(
        r"[A-Za-z][A-Za-z'’-]+", ADDRESS.sub("]", MATHEMATICS.sub(" ", SHORT_PATH.sub("", text)))
    )


def finding(notebook):
    """Return the finding, the block quote right under the title, or "" in a chapter of the first edition."""
    found = re.match(r"# .+\n\n((?:>.*\n?)+)", notebook.cells[0].source)
    return " ".join(re.sub(r"^> ?", "", found[1], flags=re.MULTILINE).split()) if found else ""


def split(notebook):
    """Return the chapter as a list of (heading, level, part of the Markdown or code cell) in order."""
    heading, level, parts = "", 1, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts.append((heading, level, cell))
            continue
        for piece in re.split(r"^(?=#{1,3} )", cell.source, flags=re.MULTILINE):
            if found := re.match(r"(#{1,3}) (.+)", piece):
                new = len(found[1])
                if not (heading.startswith(FOLDED) and new > level):  # a heading in a fold is of the fold
                    heading, level = found[2], new
            parts.append((heading, level, piece))
    return parts


def sections(notebook):
    """Return the sections before "Use it", Deeper left out: list of (heading, its code)."""
    found = []
    for heading, level, part in split(notebook):
        if heading.startswith(("Use it", "Pitfalls")):
            break
        if level == 2 and not heading.startswith(FOLDED) and isinstance(part, str) and part.startswith("## "):
            found.append([heading, ""])
        elif found and not isinstance(part, str) and not heading.startswith(FOLDED):
            found[-1][1] += part.source + "\n"
    return found


def code_cells(notebook):
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(notebook, without=()):
    """Return the chapter's Markdown, but for the sections whose headings begin with one of some words."""
    return "\n".join(
        part
        for heading, _, part in split(notebook)
        if isinstance(part, str) and not heading.startswith(without)
    )


def opening(notebook):
    """A finding of at most 40 words, in an opening of at most 120."""
    lead, body = (
        finding(notebook).split(),
        notebook.cells[0].source.partition("\n")[2].replace(">", " ").split(),
    )
    wrong = [f"the finding has {len(lead)} words: expected 1 to 40"] * (not 0 < len(lead) <= 40)
    return wrong + [f"the opening has {len(body)} words: expected at most 120"] * (len(body) > 120)


def hero(notebook):
    """The chapter's one picture comes first, without its code; an explorer has no caption of a still figure."""
    cell = code_cells(notebook)[1]
    right = cell.id == "hero" and tags(cell) & {"remove-input", "hide-input"} and is_hidden(cell)
    wrong = (
        [] if right else [f"cell {cell.id!r} is the first after colab: expected the hero, its code hidden"]
    )
    captioned = [c for c in code_cells(notebook) if "figure" in c.metadata.get("mystnb", {})]
    explorers = [c for c in captioned if re.search(r"^\w+Explorer(\.\w+)?\(", c.source, re.MULTILINE)]
    return wrong + [f"cell {c.id!r} is an explorer with the caption of a figure" for c in explorers]


def drawing(notebook):
    """A still drawing stands before the first displayed equation."""
    kinds = "".join(
        "d" if cell.cell_type == "code" and "diagrams." in cell.source else "e" * ("$$" in cell.source)
        for cell in notebook.cells
    )
    return (
        [] if kinds.startswith("d") else ["no cell draws with diagrams before the first displayed equation"]
    )


def questions(notebook):
    """Each section asks one, and one asks for a number; a question's code is not shown."""
    wrong = [
        f"section {head!r} asks nothing" for head, code in sections(notebook) if not QUESTION.search(code)
    ]
    if not any("Question.number(" in cell.source for cell in code_cells(notebook)):
        wrong.append("no question asks for a number")
    for cell in code_cells(notebook):
        if QUESTION.search(cell.source) and not ("remove-input" in tags(cell) and is_hidden(cell)):
            wrong.append(f"cell {cell.id!r} shows the code of its question")
    return wrong


def claims(notebook):
    """Cells of claims hold asserts, each with its sentence, and short computations; a teaching cell has one at most."""
    wrong = []
    for cell in code_cells(notebook):
        if "claims" in tags(cell):
            if not ("hide-cell" in tags(cell) and is_hidden(cell)):
                wrong.append(f"cell {cell.id!r} of claims is not folded")
            wrong += [f"cell {cell.id!r}: {line}" for line in ill_formed(cell.source)]
        elif "solution" not in tags(cell) and cell.id != "colab" and _count_asserts(cell.source) > 1:
            wrong.append(f"cell {cell.id!r} has several asserts: expected one, the others among the claims")
    return wrong


def _count_asserts(source):
    return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))


def ill_formed(source):
    """Return what is wrong with the code of a cell of claims."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    said = {
        token.start[0] for token in tokens if token.type == tokenize.COMMENT and len(token.string.split()) > 3
    }
    wrong = []
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assert | ast.Assign) or node.end_lineno - node.lineno > 5:
            wrong.append(f"line {node.lineno} is no assert and no short computation")
        elif isinstance(node, ast.Assert) and not said & set(range(node.lineno - 1, node.end_lineno + 1)):
            wrong.append(f"line {node.lineno} does not say which sentence it holds")
    return wrong if _count_asserts(source) else [*wrong, "asserts nothing"]


def use_it(notebook):
    """It ends on what the reader takes along, before the pitfalls; at least three sections come before that."""
    heads = [
        head for head in re.findall(r"^## (.+)$", text_of(notebook), re.MULTILINE) if "Deeper: " not in head
    ]
    places = [
        next((i for i, head in enumerate(heads) if head.startswith(name)), -1)
        for name in ("Use it", "Pitfalls")
    ]
    right = 3 <= places[0] == places[1] - 1
    return [] if right else [f"sections are {heads}: expected three or more, then Use it, then Pitfalls"]


def length(notebook):
    """1,200 to 2,550 words and at most 200 lines of code, not counting what is folded."""
    count = len(words(text_of(notebook, FOLDED)))
    shown = [
        part.source
        for heading, _, part in split(notebook)
        if not isinstance(part, str) and not heading.startswith(FOLDED)
        if not tags(part) & {"claims", "solution", "hide-cell", "hide-input", "remove-input", "remove-cell"}
    ]
    size = sum(len(lines(source)) for source in shown)
    wrong = [f"{count} words: expected 1,200 to 2,550"] * (not 1200 <= count <= 2550)
    return wrong + [f"{size} lines of code: expected at most 200"] * (size > 200)


def short_path(notebook):
    """One line names a way of ten minutes: sections that are there, with opening and summary at most 1,500 words."""
    lines = SHORT_PATH.findall("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    if len(lines) != 1:
        return [f"{len(lines)} lines name a path of ten minutes: expected 1"]
    names, text, inside = re.findall(r"\*(.+?)\*", lines[0]), "", None
    seen = []
    for heading, level, part in split(notebook):
        if isinstance(part, str) and part.startswith("#"):
            inside = None if inside is not None and level <= inside else inside
            if heading in names:
                seen, inside = [*seen, heading], level if inside is None else inside
        read = level == 1 or heading == "Summary" or (inside is not None and not heading.startswith(FOLDED))
        text += part if read and isinstance(part, str) else ""
    wrong = [f"the short path names {names}, the headings are {seen}"] * (names != seen)
    count = len(words(text))
    return wrong + [f"the short path has {count} words: expected at most 1,500"] * (count > 1500)


def predictions(notebook):
    """What is to be predicted can be answered: by a question, or in an exercise."""
    found = re.findall(r".*\bPredict\b.*", text_of(notebook, ("Exercises",)))
    return [f"{line!r} asks for a prediction: expected a Question or DrawIt" for line in found]


def acting(notebook):
    """Words that act set all that those of earlier sections set of their explorer: they show what the text says."""
    before, here, wrong = set(), set(), []  # what links set: pairs of explorer and trait
    for line in "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown").splitlines():
        if re.match(r"#{2,3} |\*\*\d\. ", line):
            before, here = before | here, set()
        for key, query in ACTING.findall(line):
            found = {(key, part.partition("=")[0]) for part in query.split("&")}
            left = sorted(name for whose, name in before - found if whose == key)
            wrong += [f"#d2l-{key}?{query} leaves {name} as another section set it" for name in left]
            here |= found
    return wrong


def tone(notebook):
    """Nobody is quarrelled with."""
    return [f"{phrase!r}: nobody is quarrelled with" for phrase in QUARREL.findall(text_of(notebook))]


def glossary(notebook):
    """Terms lead to the glossary."""
    count = text_of(notebook).count("glossary.md#")
    return [f"{count} links to the glossary: expected at least 3"] * (count < 3)


def style(notebook):
    """The house style is the default before the first figure."""
    sources = [cell.source for cell in code_cells(notebook)]
    figure = re.compile(r"\bplt\.\w|\bd\.show\(\)|diagrams\.\w")
    first = next(i for i, source in enumerate(sources) if figure.search(source))
    styled = any("plotting.use_style()" in source for source in sources[: first + 1])
    return [] if styled else ["no cell calls plotting.use_style() before the first figure"]


RULES = (
    opening,
    hero,
    style,
    drawing,
    questions,
    claims,
    use_it,
    length,
    short_path,
    predictions,
    acting,
    tone,
    glossary,
)
