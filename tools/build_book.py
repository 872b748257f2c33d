"""Execute the notebooks and build the site into _build/html.

    python tools/build_book.py                 what changed since the last build
    python tools/build_book.py --from-empty    every page anew, as CI does; what ran already is not run again
    python tools/build_book.py --output DIR    build into DIR/_build instead

Notebooks run in parallel, each in a process of its own. Their outputs are kept, in _build/.jupyter_cache, keyed on the
notebook's code and on the modules and data of d2lite that it reaches: what ran once in this state is not run again,
and CI may carry the folder from run to run. A warning, a failed cell or a broken reference fails the build.
No network is used.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from d2lite_book import execution  # noqa: E402 (it stands in the book's folder)

from d2lite._utils.files import make_writable, user_path  # noqa: E402


def files_of(toc):
    """Return the files that a table of contents (the content of _toc.yml) names, in order, without suffix."""
    files = [toc[key] for key in ("root", "file") if key in toc]
    for key in ("parts", "chapters", "sections"):
        for entry in toc.get(key, []):
            files += files_of(entry)
    return files


def source_of(name):
    """Return the source of a page named in the table of contents, or None."""
    return next((path for suffix in (".ipynb", ".md") if (path := ROOT / (name + suffix)).exists()), None)


def is_cached(notebook, folder):
    """Tell whether a notebook's outputs are in its folder of the cache."""
    if not folder.is_dir():
        return False
    try:
        get_cache(str(folder)).match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def execute(notebook, path, timeout):
    """Run a notebook and return its result; a kernel that dies (out of memory) or never starts fails as a cell does."""
    options = {"allow_errors": False, "extra_arguments": ["--IPKernelApp.log_level=40"]}  # errors alone
    start = time.perf_counter()
    try:
        return single_nb_execution(notebook, str(path.parent), timeout, **options)
    except (NoSuchKernel, RuntimeError) as error:  # nbclient's own: it died, or did not answer
        seconds = time.perf_counter() - start
        why = "out of memory, or a crash" if isinstance(error, DeadKernelError) else "expected one that runs"
        return ExecutionResult(notebook, str(path.parent), seconds, error, f"{error}: {why}")


@contextlib.contextmanager
def cancelling(pool):
    """Start nothing more once something has gone wrong, such as Ctrl+C: what runs already ends."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def execute_all(paths, build_folder, timeout, jobs):
    """Run the notebooks whose outputs are not cached, a few at a time, and cache what they give.

    Args:
        paths: the notebooks.
        build_folder: folder that holds the cache.
        timeout: seconds a cell may take.
        jobs: notebooks run at a time.

    Returns:
        The number of notebooks that failed.
    """
    notebooks = {path: execution.read(path) for path in paths}
    folders = {
        path: execution.cache_folder(notebook, ROOT, build_folder) for path, notebook in notebooks.items()
    }
    pending = [path for path in paths if not is_cached(notebooks[path], folders[path])]
    failed = 0
    with ThreadPoolExecutor(jobs) as pool, cancelling(pool):  # each notebook's kernel is a process
        runs = {pool.submit(execute, notebooks[path], path, timeout): path for path in pending}
        for run in as_completed(runs):
            path, result = runs[run], run.result()
            print(
                f"  {path.relative_to(ROOT)}: {'FAILED' if result.err else 'ran'} in {result.time:.1f} s",
                flush=True,
            )
            if result.err:
                failed += 1
                print(result.exc_string, file=sys.stderr)
            else:
                bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
                cache = get_cache(str(folders[path]))
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    used = [folder for folder in folders.values() if folder.is_dir()]
    for folder in used:
        execution.mark_used(folder)
    if used:
        execution.forget_oldest(used[0].parent, used)
    print(f"notebooks: {len(pending) - failed} ran, {failed} failed, {len(paths) - len(pending)} unchanged")
    return failed


def build(output, from_empty):
    """Run Jupyter Book, with every warning an error; return its exit status."""
    if from_empty:
        for name in ("html", ".doctrees", "jupyter_execute"):
            shutil.rmtree(output / "_build" / name, ignore_errors=True)
    # Without that package, jsonschema spends 1.2 s less on grammars of formats that nothing here has.
    start = "import sys; sys.modules['rfc3987_syntax'] = None; from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(ROOT)]
    command += ["--path-output", str(output), "-W", "--keep-going", "-n", "-q"]
    status = subprocess.run(command, cwd=ROOT).returncode
    if status:  # Sphinx would not read these pages again, and so not warn again
        shutil.rmtree(output / "_build" / ".doctrees", ignore_errors=True)
    else:
        write_start_page(output / "_build" / "html")
    return status


def write_start_page(site):
    """Send readers of the site's root on to the first page, in place of Jupyter Book's bare redirect."""
    root = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["root"]
    base = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
    (site / "index.html").write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>d2lite</title>\n'
        f'<meta http-equiv="refresh" content="0; url={root}.html">\n<link rel="canonical" href="{base}{root}.html">\n'
        f'</head>\n<body><p><a href="{root}.html">d2lite</a></p></body>\n</html>\n',
        encoding="utf-8",
    )


def main():
    """Execute, build, and say how long each took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from-empty", action="store_true", help="write every page anew")
    parser.add_argument(
        "--output", type=user_path, default=ROOT, help="folder that gets _build (default: the repository)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="notebooks executed at a time")
    options = parser.parse_args()
    if options.jobs is not None and options.jobs < 1:  # where Python cannot count the cores, it is None
        parser.error(f"jobs is {options.jobs}: expected 1 or more")
    try:
        make_writable(options.output / "_build", "output")  # known before the first notebook has run
    except OSError as error:
        parser.error(str(error))
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}  # one notebook, one core

    start = time.perf_counter()
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    paths = [path for name in files_of(toc) if (path := source_of(name)) and execution.read(path)]
    failed = execute_all(paths, options.output / "_build", config["execute"]["timeout"], options.jobs)
    executed = time.perf_counter()
    if failed:
        print("the site was not built")
        return 1
    status = build(options.output.resolve(), options.from_empty)
    done = time.perf_counter()
    print(f"notebooks {executed - start:.1f} s, pages {done - executed:.1f} s, total {done - start:.1f} s")
    print(f"the site is in {options.output / '_build' / 'html'}" if status == 0 else "the build failed")
    return status


if __name__ == "__main__":
    sys.exit(main())
