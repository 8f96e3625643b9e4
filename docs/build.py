"""Builds the documentation with DocC: `make docs` calls it after `swift build`.

    python3 docs/build.py BUILD_FOLDER OUTPUT

Each page exists once. Guides and overviews of modules are articles in the catalogs (`Sources/*/*.docc`), reference
pages are `docs/*.md`, and the Python package has its own; all are plain Markdown with relative links, which a forge
shows as they are. Here they are put together: links between pages become DocC's, and links to other files of the
repository become their names. A link that leads nowhere, and every warning of DocC, is an error.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UMBRELLA = "DBNConvert"
# Pages that stand elsewhere under a title of their own: DocC's names and titles of them.
ELSEWHERE = {ROOT / "Python/README.md": ("InPython", "In Python")}
LINK = re.compile(r"(!?)\[([^]\n]*)\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
PICTURE = re.compile(r"<picture>.*?src=\"([^\"]*)\" alt=\"([^\"]*)\".*?</picture>")


def modules() -> list[str]:
    """The modules with a catalog, each after the modules that it may link to."""
    named = re.findall(r"\bmodule\(\s*\"(\w+)\"", (ROOT / "Package.swift").read_text())
    return [name for name in named if catalog(name).exists()]


def catalog(module: str) -> Path:
    return ROOT / "Sources" / module / f"{module}.docc"


def pages() -> dict[Path, str]:
    """Every page, by its file, and DocC's name of it."""
    found = {path: path.stem for path in (ROOT / "docs").glob("*.md")}
    found |= {path: name for path, (name, _) in ELSEWHERE.items()}
    for module in modules():
        found |= {path: path.stem for path in catalog(module).glob("*.md")}
    return found


def headings(page: Path) -> dict[str, str]:
    """DocC's fragments of a page's headings, by a forge's."""
    found = {}
    for line in re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE):
        text = line.replace("`", "")
        forge = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found[forge] = re.sub(r"[^\w]+", "-", text.replace("'", "")).strip("-")
    return found


class Assembly:
    """Copies pages into catalogs for DocC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = pages()
        self.faults: list[str] = []

    def make(self, module: str) -> Path:
        copy = self.folder / f"{module}.docc"
        copy.mkdir(parents=True)
        sources = sorted(catalog(module).iterdir())
        if module == UMBRELLA:
            sources += sorted((ROOT / "docs").glob("*.md")) + list(ELSEWHERE)
        for source in sources:
            if source.suffix == ".md":
                (copy / f"{self.pages[source]}.md").write_text(self.converted(source, copy))
            else:
                shutil.copy(source, copy)
        return copy

    def converted(self, page: Path, copy: Path) -> str:
        """The page with DocC's links, outside code."""
        text = page.read_text()
        if page in ELSEWHERE:
            text = re.sub(r"^# .*", f"# {ELSEWHERE[page][1]}", text, count=1)
        parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
        for index in range(0, len(parts), 2):
            prose = PICTURE.sub(r"![\2](\1)", parts[index])
            parts[index] = LINK.sub(lambda link: self.link(link, page, copy), prose)
        return "".join(parts)

    def link(self, link: re.Match[str], page: Path, copy: Path) -> str:
        is_image, text, path, fragment = link.groups()
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            self.faults.append(f"{page.relative_to(ROOT)}: there is no {path}")
        if is_image:
            return self.image(text, target, copy)
        if target not in self.pages:
            return text if text.startswith("`") else f"{text} (`{os.path.relpath(target, ROOT)}`)"
        name = f"doc:{self.pages[target]}"
        if fragment:
            if fragment not in headings(target):
                self.faults.append(f"{page.relative_to(ROOT)}: {path} has no heading #{fragment}")
            name += f"#{headings(target).get(fragment, fragment)}"
        return f"[{text}]({name})" if not text.endswith(".md") else f"<{name}>"

    def image(self, text: str, target: Path, copy: Path) -> str:
        shutil.copy(target, copy)
        dark = target.with_name(f"{target.stem}-dark{target.suffix}")
        if dark.exists():
            shutil.copy(dark, copy / f"{target.stem}~dark{target.suffix}")
        return f"![{text}]({target.name})"


def symbol_graph(module: str, built: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    # Modules in Swift, and C modules: the system's libraries, and those of this package's own C.
    maps = [*(ROOT / "Sources").glob("*/module.modulemap"), *built.glob("*.build/module.modulemap")]
    includes = [built / "Modules", *(path.parent for path in maps)]
    libraries = output("pkg-config", "--cflags-only-I", "hdf5").split()
    target = re.search(r'"triple"\s*:\s*"([^"]*)"', output("swift", "-print-target-info"))
    assert target
    run(
        "swift", "symbolgraph-extract", "-module-name", module, "-target", target[1],
        "-minimum-access-level", "public", "-skip-synthesized-members", "-emit-extension-block-symbols",
        "-output-dir", folder, *(f"-I{include}" for include in includes),
        *(word for library in libraries for word in ("-Xcc", library)),
    )  # fmt: skip


def output(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}failed: {' '.join(words[:2])}")


def main(built: Path, result: Path) -> None:
    docc = Path(shutil.which(os.environ.get("SWIFT", "swift")) or "swift").resolve().parent / "docc"
    work = result.parent / f"{result.name}.work"
    for folder in (work, result):
        shutil.rmtree(folder, ignore_errors=True)
    assembly = Assembly(work / "catalogs")
    archives: list[Path] = []
    for module in modules():
        symbol_graph(module, built, work / "symbols" / module)
        archive = work / "archives" / f"{module}.doccarchive"
        archive.parent.mkdir(exist_ok=True)
        copy = assembly.make(module)
        if assembly.faults:
            sys.exit("\n".join(assembly.faults))
        # Parameters are documented where their names do not say it all, so not every one is.
        run(
            docc, "convert", copy, "--additional-symbol-graph-dir", work / "symbols" / module,
            "--fallback-display-name", module, "--fallback-bundle-identifier", f"dbn-convert.{module}",
            "--output-path", archive, "--warnings-as-errors", "--disable-parameters-and-returns-validation",
            "--enable-experimental-external-link-support", "--transform-for-static-hosting",
            *(word for made in archives for word in ("--dependency", made)),
        )  # fmt: skip
        archives.append(archive)
    run(
        docc, "merge", *reversed(archives), "--output-path", result, "--synthesized-landing-page-name", "dbn-convert",
        "--synthesized-landing-page-kind", "Documentation", "--synthesized-landing-page-topics-style", "list",
    )  # fmt: skip
    shutil.rmtree(work)
    first = f"documentation/{UMBRELLA.lower()}/"
    (result / "index.html").write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={first}">\n')
    print(f"{len(archives)} modules and {len(pages())} pages in {result.name}: serve them with")
    print(f"python3 -m http.server --directory {result.name}")


main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
