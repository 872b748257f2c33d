"""The page around the text: what the templates need (buttons, addresses) beyond what the theme gives them."""

import posixpath
from urllib.parse import quote, urlencode


def launch_links(options, pagename, suffix):
    """Return where a notebook can be run.

    Args:
        options: the theme's options: repository_url, repository_branch and launch_buttons of _config.yml.
        pagename: the notebook's path in the repository, without its suffix.
        suffix: its suffix, with the dot.

    Returns:
        List of dicts with text and url; a JupyterHub that is not named in the options has hub instead of url:
        what follows the address of the reader's own.
    """
    buttons = options.get("launch_buttons") or {}
    repository, branch = options["repository_url"].rstrip("/"), options.get("repository_branch") or "main"
    name, path = posixpath.basename(repository), f"{pagename}{suffix}"
    owner = repository.removeprefix("https://github.com/")
    view = {"jupyterlab": "lab/tree", "classic": "tree"}[buttons.get("notebook_interface", "jupyterlab")]
    links = []
    if colab := buttons.get("colab_url", "").rstrip("/"):
        links.append({"text": "Colab", "url": f"{colab}/github/{owner}/blob/{branch}/{path}"})
    if binder := buttons.get("binderhub_url", "").rstrip("/"):
        where = quote(f"{view}/{path}", safe="/")
        links.append({"text": "Binder", "url": f"{binder}/v2/gh/{owner}/{branch}?urlpath={where}"})
    if "jupyterhub_url" in buttons:
        query = urlencode(
            {"repo": repository, "branch": branch, "urlpath": f"{view}/{name}/{path}"}, safe="/"
        )
        link = {"text": "JupyterHub", "hub": f"/hub/user-redirect/git-pull?{query}"}
        if hub := (buttons["jupyterhub_url"] or "").rstrip("/"):
            link = {"text": "JupyterHub", "url": hub + link["hub"]}
        links.append(link)
    return links


def _page_context(app, pagename, templatename, context, doctree):
    suffix = context.get("page_source_suffix") or ""
    context["d2lite_notebook"] = suffix == ".ipynb"
    context["d2lite_launch"] = []
    if suffix == ".ipynb":
        context["d2lite_launch"] = launch_links(app.config.html_theme_options, pagename, suffix)
    context["d2lite_base_path"] = (
        "/" + app.config.html_baseurl.rstrip("/").partition("://")[2].partition("/")[2] + "/"
    )


def _configure(app, config):
    config.html_context.setdefault(
        "default_mode", "light"
    )  # without JavaScript; with it, layout.html decides
    config.html_use_index = False
    config.html_domain_indices = False


def connect(app):
    """Add to every page's context."""
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it; its extension is left out
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _page_context, priority=800)
