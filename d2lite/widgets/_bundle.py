"""Make one script and one style sheet of an explorer's folder, without npm.

A widget is loaded from a blob (in the notebook) or as a classic script (in the built page); neither can resolve
relative imports, so the modules it names are put into one text: dependencies first, each once; comments,
indentation and declarations that nothing uses are left out, and what is declared gets short names.
"""

import functools
import re
from pathlib import Path

CORE, DRAW, MATH = SHARED = [Path(__file__).parent / name for name in ("_core", "_draw", "_math")]
_IMPORT = re.compile(r"^import\s*\{([^}]*)\}\s*from\s*[\"'](\.{1,2}/[^\"']+)[\"'];[ \t]*\n", re.MULTILINE)
_TOP_LEVEL = re.compile(
    r"^(export )?(?:async )?(?:function\*?|const|let|var|class) *([\w$]+|[\[{])", re.MULTILINE
)
_REFUSED = re.compile(r"^(?:import\b|export (?:default\b|\{|\*)).*", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_STRING = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)""")
_HOLE = re.compile(r"\$\{[^}]*\}?")  # of a template: code
_SPACED = re.compile(r" *(=>|[=<>*/%&|?:;,(){}\[\]!]+) *")
_SIGNED = re.compile(r"(?<=[\w)\]]) ([+-]) (?=[\w(\[])")  # "a + +b" keeps its spaces: it is not "a ++b"
_JOINED = re.compile(r"([;,{(])\n")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")


def bundle(folder):
    """Return the script and the style sheet of the explorer in a folder.

    Args:
        folder: path of a folder with widget.js, which exports render, and perhaps widget.css.

    Returns:
        (esm, css): the module's text, self-contained, whose last line is ``export default { render };``, and the
        shared style sheet followed by the explorer's own.

    Raises:
        ValueError: an import is not a named one, names something its module does not export, or goes in a circle;
            two modules use one name; or render is missing.
    """
    folder = Path(folder)
    css = [path for path in (CORE / "explorer.css", folder / "widget.css") if path.exists()]
    return inline(folder / "widget.js", ("render",)), "\n".join(_read(path) for path in css)


def exported(entry):
    """Return the sorted names a module exports.

    Args:
        entry: path of a JavaScript module.

    Returns:
        List of str.

    Raises:
        ValueError: as for bundle.
    """
    return sorted(_collect(Path(entry).resolve(), {}, ()))


def inline(entry, names):
    """Return a module and all it imports as one text.

    Args:
        entry: path of a JavaScript module.
        names: names it exports; what these do not need is left out.

    Returns:
        str: the text, whose last line exports an object of the names.

    Raises:
        ValueError: as for bundle.
    """
    entry = Path(entry).resolve()
    files = sorted({*(path for part in SHARED for path in part.glob("*.js")), *entry.parent.glob("*.js")})
    return _inline(entry, tuple(names), tuple((path, path.stat().st_mtime_ns) for path in files))


@functools.lru_cache(maxsize=256)
def _inline(entry, names, stamp):  # the stamp is in the key alone: an edited file makes a new text
    modules = {}
    exports = _collect(entry, modules, ())
    if missing := [name for name in names if name not in exports]:
        raise ValueError(f"{_short(entry)} exports no {missing[0]}; write export function {missing[0]}")
    owners, parts = {}, {}
    for path, body in modules.items():
        for name, text in _declarations(path, body):
            if name in owners:
                raise ValueError(
                    f"{_short(path)} and {_short(owners[name])} both declare {name}; rename one of them"
                )
            owners[name], parts[name] = path, text
    used = _reachable(names, parts)
    text = "\n".join(_squeeze(text) for name, text in parts.items() if name in used)
    text = _rename(text, sorted(used - set(names)))
    return f"{text}\nexport default {{ {', '.join(names)} }};\n"


def _collect(path, modules, trail):
    """Add a module's dependencies, then the module itself; return the names it exports."""
    if path in trail:
        names = " -> ".join(_short(step) for step in (*trail, path))
        raise ValueError(f"the modules import each other in a circle: {names}")
    source = _COMMENT.sub("", _read(path, trail))
    described = "export const { render, preview } = defineExplorer("
    if described in source:
        source = source.replace(described, "const described = defineExplorer(")
        source += "\nexport const render = described.render;\nexport const preview = described.preview;\n"
    for names, target in _IMPORT.findall(source):
        other = (path.parent / target).resolve()
        exports = _collect(other, modules, (*trail, path))
        for name in filter(None, (part.strip() for part in names.split(","))):
            if name not in exports:
                raise ValueError(f"{_short(path)} imports {name}, which {_short(other)} does not export")
    body = modules[path] = _IMPORT.sub("", source)
    if wrong := _REFUSED.search(body):
        raise ValueError(
            f"{_short(path)} has {wrong[0]!r}; write import {{ name }} from a file, or export before a declaration"
        )
    return {name for export, name in _TOP_LEVEL.findall(body) if export}


def _declarations(path, body):
    """Return (name, text) of each top-level declaration; a module holds nothing else."""
    starts = list(_TOP_LEVEL.finditer(body))
    first = body[: starts[0].start()] if starts else body
    if first.strip():
        raise ValueError(
            f"{_short(path)} begins with {first.strip()[:60]!r}; a module holds only declarations"
        )
    ends = [match.start() for match in starts[1:]] + [len(body)]
    for match, end in zip(starts, ends, strict=True):
        if match[2] in "[{":
            raise ValueError(
                f"{_short(path)} takes a value apart at top level; give each name its own declaration"
            )
        yield match[2], body[match.start() : end].removeprefix("export ").strip()


def _squeeze(text):
    """Drop indentation, comments after code, line ends and spaces around marks.

    Lines with a regular expression keep their spaces; line ends go where a mark makes them needless.
    """
    lines = (_uncomment(line.strip()) for line in text.splitlines())
    lines = [line if re.search(r"/(?! )", line) else _squeeze_line(line) for line in lines if line]
    return _JOINED.sub(r"\1", "\n".join(lines))


def _uncomment(line):
    for mark in re.finditer(r" +// ", line):
        code = line[: mark.start()]
        if not any(code.count(quote) % 2 for quote in "\"'`"):  # else the mark stands in a text
            return code
    return line


def _squeeze_line(line):
    if line.count("`") % 2:
        raise ValueError(f"a template goes over more than one line at {line[:60]!r}; join pieces instead")
    parts = _STRING.split(line)
    if any(part.count("${") > part.count("}") for part in parts[1::2]):
        raise ValueError(f"a template stands in a template at {line[:60]!r}; give the inner one a name")
    return "".join(
        part if i % 2 else _SPACED.sub(r"\1", _SIGNED.sub(r"\1", part)) for i, part in enumerate(parts)
    )


def _rename(text, names):
    """Give $-names to the top-level declarations of which no use can be a property's name or stands in a text."""
    parts = _STRING.split(text)
    quoted = "\n".join(parts[1::2])
    words = set(_NAME.findall(_HOLE.sub("", quoted)))
    code = "\n".join([*parts[::2], *_HOLE.findall(quoted)])
    short = {}
    for name in names:
        word = rf"(?<![\w$]){re.escape(name)}(?![\w$])"
        doubtful = rf"\.{word}|{word}[:,}}]|[{{,]{word}=|[{{,]{word}\([^()]*\)\{{"
        if len(name) > 3 and name not in words and not re.search(doubtful, code):
            short[name] = f"${len(short):x}"
    if not short:
        return text
    pattern = re.compile(r"(?<![\w$])(" + "|".join(map(re.escape, short)) + r")(?![\w$])")

    def shorten(part):
        return pattern.sub(lambda match: short[match[1]], part)

    for i, part in enumerate(parts):
        parts[i] = _HOLE.sub(lambda hole: shorten(hole[0]), part) if i % 2 else shorten(part)
    return "".join(parts)


def _reachable(names, parts):
    """Return the names whose text is used, directly or not."""
    used, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += set(_NAME.findall(parts[name])) & parts.keys()
    return used


def _read(path, trail=()):
    if not path.exists():
        raise ValueError(
            f"{_short(trail[-1]) if trail else 'the bundle'} imports {_short(path)}, which does not exist"
        )
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _short(path):
    return f"{path.parent.name}/{path.name}"
