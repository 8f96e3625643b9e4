"""Writes the table of error codes in docs/errors.md from the sources, where each code has one sentence of documentation.

    python docs/errors.py [--check]     --check: only fail if the page is not as the sources are
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"
MARK = "<!-- The table is written by docs/errors.py. -->\n"
CODE = re.compile(r"((?: *///[^\n]*\n)+) *(?:public |package |fileprivate )?static let \w+(?:: \S+)? = (?:Self|CheckpointError\.Code)\(\s*\"([a-z0-9-]+)\"\)")


def codes() -> list[tuple[str, str]]:
    found = {}
    for source in sorted((ROOT / "Sources").rglob("*.swift")):
        for comment, code in CODE.findall(source.read_text()):
            text = " ".join(line.strip().removeprefix("///").strip() for line in comment.strip().splitlines())
            assert code not in found, f"two errors have the code {code}"
            found[code] = text.replace("|", "\\|")
    return sorted(found.items())


def main() -> None:
    head = PAGE.read_text().split(MARK)[0]
    table = "| code | meaning |\n|---|---|\n" + "".join(f"| `{code}` | {text} |\n" for code, text in codes())
    page = head + MARK + "\n" + table
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text() != page and "docs/errors.md is not as the sources are: run python docs/errors.py")
    PAGE.write_text(page)


main()
