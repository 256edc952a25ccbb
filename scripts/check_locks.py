"""Every requirement is locked by version and hash, and no lock names where a package was downloaded from."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENT = re.compile(r"^[a-z0-9][\w.\-]*(\[[\w,\-]+\])?==[^\s\\]+( ; [^\\]+)? \\$", re.IGNORECASE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def main() -> int:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    wrong = [
        f"{lock.relative_to(ROOT)}:{number}: expected a version or a hash: {line}"
        for lock in locks
        for number, line in enumerate(lock.read_text().splitlines(), 1)
        if not (REQUIREMENT.match(line) or HASH.match(line))
    ]
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong or not locks else 0


if __name__ == "__main__":
    sys.exit(main())
