"""Write d2lite/data/penguins.csv again: python tools/record/penguins.py palmerpenguins-0.1.6-py3-none-any.whl

`pip download palmerpenguins==0.1.6 --no-deps` fetches it. The file is the package's data/penguins-raw.csv, to the bit;
what is not, to the bit, the file that was looked at is refused.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "d2lite" / "data" / "penguins.csv"
SHA256 = "144f623143c9360fd77322a4f86acb06dc198814dbd2669724c63e6457b907bd"


def main():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        content = wheel.read("palmerpenguins/data/penguins-raw.csv")
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise SystemExit(f"penguins-raw.csv has the sum {found}: expected {SHA256}")
    TARGET.write_bytes(content)
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
