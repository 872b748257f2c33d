"""The book's contents: its pages in order, its parts and their chapters, the numbers before titles."""

from sphinx import addnodes


def pages_in_order(env):
    """Return the names of the book's pages as the contents have them."""
    toctrees = env.tocs[env.config.root_doc].findall(addnodes.toctree)
    return [name for toctree in toctrees for name in toctree["includefiles"]]


def parts_of(env):
    """Return (caption, names of its chapters) for the parts of the book that hold chapters."""
    found = []
    for part in env.external_site_map.root.subtrees:
        names = [str(item) for item in part.items if str(item).startswith("chapters/")]
        if names:
            found.append((part.caption, names))
    return found


def numbered_title(title):
    """Return a page's title, after its number if it has one."""
    number = ".".join(map(str, title.get("secnumber") or ()))
    return f"{number}. {title.astext()}" if number else title.astext()
