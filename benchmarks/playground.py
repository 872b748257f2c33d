"""A frame of the network playground beside one of TensorFlow Playground: an epoch, and each unit at 100 x 100 places.

    git clone https://github.com/tensorflow/playground
    python benchmarks/playground.py playground

Both at the largest network there is (seven inputs, six layers of eight) and on the same 500 points, half of them for
training in batches of 10; by node, in turns, in one process, drawing left out on both sides (playground.js).
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder):
    """Bundle both with esbuild and run them."""
    from d2lite.widgets._bundle import install_esbuild
    from d2lite.widgets._preview import node_path

    theirs = Path(folder, "src", "nn.ts").resolve()
    with tempfile.TemporaryDirectory() as name:
        built = Path(name, "frame.mjs")
        script = Path(__file__).with_suffix(".js")
        command = [
            install_esbuild(),
            script,
            "--bundle",
            "--format=esm",
            "--log-level=error",
            f"--outfile={built}",
        ]
        subprocess.run([*map(str, command), f"--alias:theirs={theirs}"], check=True)
        return subprocess.run([node_path(), str(built)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
