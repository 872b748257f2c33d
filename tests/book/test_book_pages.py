"""The book's own pages: they lead where they say, list what there is, and keep their form."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from pybtex.database import parse_file

from d2lite import widgets

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PAGES = sorted(path for path in BOOK.glob("*.md"))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def entries_of(glossary):
    """Return (letter, term, Chinese, definition) of each line of the glossary."""
    found, letter = [], None
    for line in glossary.splitlines():
        if heading := re.fullmatch(r"## ([A-Z])", line):
            letter = heading[1]
        elif line.startswith("- "):
            entry = re.fullmatch(r"- \*\*(.+?)\*\* \((.+?)\)\. (.+)", line)
            assert entry, f"not of the form '- **Term** (中文). Meaning.': {line}"
            found.append((letter, *entry.groups()))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_index_lists_the_contents_by_itself():
    assert "```{tableofcontents}\n```" in read("book/index.md")


def test_index_opens_on_an_explorer_that_can_be_made():
    cell = re.search(r"```\{code-cell\}.*?\n\n(.*?)```", read("book/index.md"), re.S)[1]
    names = {}
    exec(cell.replace("\nBoundaryExplorer(", "\nhero = BoundaryExplorer("), names)
    assert names["hero"].key == "hero"
    assert names["hero"].dataset == "circle"


def test_line_of_the_hero_closes_round_the_orange_points():
    # The index promises it of three seconds of Play: take as many steps here, from zero, and look all round.
    cell = re.search(r"BoundaryExplorer\((.*?)\)", read("book/index.md"), re.DOTALL)[1]
    hero = eval(f"widgets.BoundaryExplorer({cell})", {"widgets": widgets})
    from d2lite.datasets import points

    data = points(hero.dataset, num_samples=hero.num_samples, noise=hero.noise, seed=hero.seed)
    x, y = data.inputs.double().numpy(), data.targets.numpy()
    features = lambda a: np.stack([a[:, 0], a[:, 1], a[:, 0] ** 2, a[:, 1] ** 2, a[:, 0] * a[:, 1]], axis=1)
    w, b = np.zeros(5), 0.0
    for _ in range(hero.step_count + 3 * hero.speed):
        error = 1 / (1 + np.exp(-(features(x) @ w + b))) - y
        w -= hero.lr * features(x).T @ error / len(y)
        b -= hero.lr * error.mean()
    angle = np.linspace(0, 2 * np.pi, 100)
    far = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert b > 0, "orange in the middle"
    assert (features(far) @ w + b < 0).all(), "blue all round it"


class TestGlossary:
    entries = entries_of(read("book/glossary.md"))

    def test_is_in_the_order_of_the_alphabet_without_repeats(self):
        terms = [term.casefold() for _, term, _, _ in self.entries]
        assert terms == sorted(terms)
        assert len(set(terms)) == len(terms) >= 80

    def test_terms_stand_under_their_letter(self):
        assert all(term[0].upper() == letter for letter, term, _, _ in self.entries)

    def test_every_term_has_its_chinese_and_a_short_meaning(self):
        untranslated = {"Log-sum-exp"}  # written in Latin letters in Chinese texts too
        for _, term, chinese, meaning in self.entries:
            assert re.search(r"[\u4e00-\u9fff]", chinese) or term in untranslated, term
            assert 15 <= len(meaning) <= 260, (term, len(meaning))
            assert meaning.endswith((".", "$.")), term

    def test_formulas_of_which_notes_err_are_right(self):
        text = read("book/glossary.md")
        assert r"\frac{e^z - e^{-z}}{e^z + e^{-z}} = 2\sigma(2z) - 1" in text
        assert r"p^y(1-p)^{1-y}" in text
        assert r"p_k = e^{z_k} / \sum_{j=1}^{K} e^{z_j}" in text
        z = np.linspace(-4, 4, 33)
        sigma = lambda t: 1 / (1 + np.exp(-t))
        assert np.allclose(np.tanh(z), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))
        assert np.allclose(np.tanh(z), 2 * sigma(2 * z) - 1)


class TestBibliography:
    entries = parse_file(str(BOOK / "references.bib"), bib_format="bibtex").entries

    def test_every_entry_can_be_found_by_a_reader(self):
        for key, entry in self.entries.items():
            assert entry.persons["author"], key
            assert entry.fields["title"], key
            assert 1700 < int(entry.fields["year"]) < 2100, key
            places = {"journal", "booktitle", "publisher", "howpublished", "eprint"} & set(entry.fields)
            assert places, key

    def test_keys_say_who_and_when(self):
        for key, entry in self.entries.items():
            name = re.sub(r"[^a-z]", "", "".join(entry.persons["author"][0].last_names).lower())
            assert re.fullmatch(rf"[a-z]+{entry.fields['year']}[a-z0-9]+", key), key
            assert key.startswith(name[:4]), (key, name)

    def test_identifiers_are_well_formed_and_unique(self):
        for field, form in {"doi": r"10\.\d{4,9}/\S+", "eprint": r"\d{4}\.\d{4,5}"}.items():
            values = [entry.fields[field] for entry in self.entries.values() if field in entry.fields]
            assert all(re.fullmatch(form, value) for value in values)
            assert len(set(values)) == len(values)

    def test_what_the_chapters_cite_is_there(self):
        sources = [*(ROOT / "chapters").rglob("*.ipynb"), *PAGES]
        text = "".join(path.read_text(encoding="utf-8") for path in sources)
        cited = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
        cited += re.findall(r"bibliography\.md#(\w+)", text)
        keys = {key.strip() for group in cited for key in group.split(",")}
        assert not keys - set(self.entries)


class TestSetup:
    text = read("book/setup.md")

    def test_make_targets_exist(self):
        targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
        named = set(re.findall(r"^make ([a-z]+)", self.text, re.M))
        assert {"lab", "book", "test"} <= named <= targets

    def test_extras_and_files_exist(self):
        optional = read("pyproject.toml").split("[project.optional-dependencies]")[1]
        extras = set(re.findall(r"^(\w+) = \[", optional, re.M))
        assert set(re.findall(r"\.\[(\w+)\]", self.text)) <= extras
        for name in {*re.findall(r"tools/\w+\.py", self.text), "constraints.txt"}:
            assert (ROOT / name).is_file(), name

    def test_line_for_colab_is_that_of_the_chapters(self):
        repository = yaml.safe_load(read("_config.yml"))["repository"]["url"]
        line = re.search(r'"google\.colab" in.*', self.text)[0]
        template = re.search(r'\\"google\.colab\\" in.*(?=")', read("tools/chapter.ipynb"))[0]
        assert line == template.replace('\\"', '"').replace("REPOSITORY", repository)


class TestUsing:
    text = read("book/using.md")

    def test_teachers_example_names_controls_that_exist(self):
        state, hidden = re.search(r"#d2l-boundary\?(\S+?)&hide=(\S+)", self.text).groups()
        names = [part.split("=")[0] for part in state.split("&")] + hidden.split(",")
        assert set(names) <= {*widgets.BoundaryExplorer.params(), "more", "transport", "copy"}
        frame = "".join(read(f"d2lite/widgets/_core/{name}.js") for name in ("define", "frame", "transport"))
        assert all(f'"{name}"' in frame for name in ("more", "transport", "copy"))

    def test_keys_are_those_of_the_explorers(self):
        code = read("d2lite/widgets/_core/handles.js") + read("d2lite/widgets/_core/keys.js")
        for key in ("PageDown", "Enter", "Delete", "ArrowLeft"):
            assert key in code
        assert 'toLowerCase() === "c"' in code


def test_notation_lists_the_letters_of_every_shape_once():
    shapes = read("book/notation.md").split("## Shapes")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\$.+?) \|", shapes, re.M)
    letters = [letter for row in rows for letter in re.findall(r"\$(\w)\$", row)]
    assert sorted(letters) == sorted("BCHWDKNMT")
