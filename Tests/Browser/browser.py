"""The three reports in a real browser: they load without a word on the console, fit a phone, have a dark side, and what
they draw is as long and as dark as the numbers of `--json` say. Then the same at the size of a ResNet-50 on 8 devices.

python3 Tests/Browser/browser.py .build/release/dbn-convert [FOLDER]

With a folder, a screenshot of each report is put there. The browser is chromium, or what CHROMIUM names.
"""

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from html import unescape
from pathlib import Path

from resnet50 import drift, write_inputs, write_resnet50

ROOT = Path(__file__).resolve().parents[2]
DIGITS = "Fixtures/torch/digits-shards"
HARNESS = (Path(__file__).parent / "measure.html").read_text()
PHONE, DESK = 360, 1000
# A browser that follows what a name says has been told to.
HOSTILE = "<img src=x onerror=console.error(1)>.h5"


def browser() -> str:
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if found is None:
        sys.exit("no chromium: apt install chromium, or set CHROMIUM")
    return found


class Browser:
    def __init__(self, folder: Path) -> None:
        self.command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                        "--enable-logging=stderr", f"--user-data-dir={folder}/profile"]

    def run(self, page: Path, *flags: str) -> str:
        """The page's DOM; what a page says on the console is an error."""
        result = subprocess.run([*self.command, *flags, page.as_uri()], capture_output=True, text=True, timeout=120)
        said = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        assert result.returncode == 0 and not said, said or result.stderr
        return result.stdout

    def measured(self, page: Path, width: int, dark: bool = False) -> dict:
        """Where the page's shapes are, in a frame of this width."""
        source = json.dumps(page.read_text()).replace("</", "<\\/")
        harness = page.with_suffix(".harness.html")
        harness.write_text(HARNESS.replace("WIDTH", str(width)).replace("PAGE", source))
        dom = self.run(harness, "--dump-dom", "--virtual-time-budget=5000", "--window-size=1200,900",
                       f"--blink-settings=preferredColorScheme={0 if dark else 1}")
        return json.loads(unescape(re.search(r'<pre id="result">(.*?)</pre>', dom, re.S).group(1)))

    def screenshot(self, page: Path, picture: Path, size: str = "480,720", dark: bool = False) -> None:
        self.run(page, f"--screenshot={picture}", f"--window-size={size}", "--force-device-scale-factor=2",
                 f"--blink-settings=preferredColorScheme={0 if dark else 1}")
        assert picture.stat().st_size < 200_000, picture.stat().st_size


def dbn_convert(command: str, *arguments: str, status: int = 0, cwd: Path = ROOT) -> dict:
    result = subprocess.run([command, *map(str, arguments), "--json"], capture_output=True, text=True, cwd=cwd)
    assert result.returncode == status, result.stderr
    return {**json.loads(result.stdout), "arguments": result.args[1:]}


def make_reports(command: str, folder: Path) -> dict:
    """The reports' files, and what the command says of each in JSON."""
    checkpoint, model, test = (f"{DIGITS}/{name}" for name in ("checkpoint.pth", "model.pt2", "test.npz"))
    rules = ("first", "mean", "pooled")
    for rule in rules:
        dbn_convert(command, "to-standard", checkpoint, folder / f"{rule}.h5", "--statistics", rule)
    shutil.copy(folder / "pooled.h5", folder / HOSTILE)
    weights = [argument for name in (*(f"{rule}.h5" for rule in rules), HOSTILE) for argument in ("--weights", folder / name)]
    return {
        "verify": dbn_convert(command, "verify", folder / "pooled.h5", folder / "first.h5", "--model", model,
                              "--report", folder / "verify.html", status=1),
        "info": dbn_convert(command, "info", checkpoint, "--report", folder / "info.html"),
        "eval": dbn_convert(command, "eval", model, "--weights", checkpoint, *weights, "--data", test, "--divide", "16",
                            "--per-class", "--report", folder / "eval.html"),
    }


def take_pictures(command: str, browser: Browser, target: Path) -> None:
    """The reports of files with names as people give them, in both colour schemes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, copy in (("checkpoint.pth", "digits-4gpu.pth"), ("model.pt2", "digits.pt2"), ("test.npz", "test.npz"),
                             ("train.npz", "train.npz")):
            shutil.copy(ROOT / DIGITS / source, folder / copy)

        def run(*arguments: str, status: int = 0) -> None:
            dbn_convert(command, *arguments, status=status, cwd=folder)

        for rule in ("first", "mean", "pooled"):
            run("to-standard", "digits-4gpu.pth", f"{rule}.h5", "--statistics", rule)
        run("recalibrate", "digits.pt2", "--weights", "pooled.h5", "--data", "train.npz", "--divide", "16", "--output",
            "recalibrated.h5")
        weights = [argument for name in ("digits-4gpu.pth", "first.h5", "mean.h5", "pooled.h5", "recalibrated.h5")
                   for argument in ("--weights", name)]
        run("verify", "pooled.h5", "recalibrated.h5", "--model", "digits.pt2", "--report", "verify.html", status=1)
        run("info", "digits-4gpu.pth", "--report", "info.html")
        run("eval", "digits.pt2", *weights, "--data", "test.npz", "--divide", "16", "--report", "eval.html")
        for kind in ("verify", "info", "eval"):
            for suffix, dark in (("", False), ("-dark", True)):
                browser.screenshot(folder / f"{kind}.html", target / f"report-{kind}{suffix}.png", dark=dark)


def near(found: float, expected: float, tolerance: float = 0.004) -> None:
    assert abs(found - expected) <= tolerance, (found, expected)


def check_verify(measured: dict, said: dict) -> None:
    """Zeros are rings, every bar and every mark is where its logarithm says, and the jumps go to the worst layers."""
    errors, relative = ([layer[key] for layer in said["layers"]] for key in ("max_abs", "max_rel"))
    assert [shape["value"] for shape in measured["bars"]] == errors
    assert [mark["value"] for mark in measured["barMarks"]] == list(filter(None, relative))
    assert 0 in errors and max(errors) > 0
    shown = list(filter(None, errors + relative))
    lower = math.ceil(math.log10(min(shown))) - 1
    upper = max(math.ceil(math.log10(max(shown))), lower + 2)
    for shape, error in zip(measured["bars"], errors):
        assert shape["kind"] == ("circle" if error == 0 else "rect")
        if error:
            near(shape["share"], (math.log10(error) - lower) / (upper - lower))
    for mark in measured["barMarks"]:
        near(mark["place"], (math.log10(mark["value"]) - lower) / (upper - lower))
    worst = sorted(filter(lambda layer: layer["max_rel"], said["layers"]), key=lambda layer: -layer["max_rel"])[:10]
    if len(said["layers"]) <= 20:
        worst = []
    check_jumps(measured, [said["first_divergence"]["name"], *(layer["name"] for layer in worst)])


def check_jumps(measured: dict, names: list[str]) -> None:
    """Every link leads to the bars with its name, which are then in view, below the axis."""
    assert [link["name"] for link in measured["links"]] == names, (measured["links"], names)
    for link in measured["links"]:
        assert link["target"] == shortened(link["target"], link["name"]), link
        assert link["axis"] >= -1 and link["axis"] < link["top"] < 800, link


def shortened(shown: str, name: str) -> str:
    """The name as it is shown, if what is shown is that name without its middle."""
    start, dots, end = shown.partition("…")
    return shown if not dots and start == name or dots and name.startswith(start) and name.endswith(end) else name


def check_info(measured: dict, said: dict) -> None:
    """The largest cell of each strip is the drift that is said, the darkest of the whole map the largest."""
    norms = said["batch_norms"]
    devices = norms[0]["world_size"]
    worst = sorted(norms, key=lambda norm: -max(norm["drift"].values()))[:10]
    check_jumps(measured, [norm["name"] for norm in worst])
    for quantity, cells in zip(("mean", "variance"), measured["maps"][2:]):
        assert max(cell["value"] for cell in cells) == max(norm["drift"][quantity] for norm in worst)
    for quantity, cells in zip(("mean", "variance"), measured["maps"]):
        assert len(cells) == len(norms) * devices
        rows = [cells[place:place + devices] for place in range(0, len(cells), devices)]
        assert [max(cell["value"] for cell in row) for row in rows] == [norm["drift"][quantity] for norm in norms]
        largest = max(cell["value"] for cell in cells)
        for cell in cells:
            near(cell["opacity"], cell["value"] / largest)
            near(cell["share"], 1 / devices)
    marks = sorted((math.log(mark["value"]), mark["place"]) for row in measured["marks"] for mark in row)
    assert len(marks) == 3 * len(norms)
    (start, left), (end, right) = marks[0], marks[-1]
    for position, place in marks:
        near(place, left + (right - left) * (position - start) / (end - start))
    assert all(pooled["value"] == 1 for _, _, pooled in measured["marks"])


def check_eval(measured: dict, said: dict) -> None:
    """Bars are as long as accuracies: top-1 and top-5 of every checkpoint, then of every class."""
    shares = [result[key] for result in said["results"] for key in ("top1", "top5")]
    losses = [result["loss"] for result in said["results"]]
    classes = [row["top1"] for result in said["results"] for row in result["classes"]]
    assert [shape["value"] for shape in measured["bars"]] == shares + losses + classes
    for shape, share in zip(measured["bars"], shares):
        near(shape["share"], share)
    longest = max(measured["bars"][len(shares):len(shares + losses)], key=lambda shape: shape["share"])
    assert longest["value"] == max(losses)
    intervals = [bound for result in said["results"] for bound in (result["top1_interval"], result["top5_interval"])]
    for shape, (low, high) in zip(measured["intervals"], intervals):
        assert 0 <= low < high <= 1
        near(shape["place"], low)
        near(shape["share"], high - low)
    correct = [row[3] for row in measured["rows"][:len(said["results"])]]
    assert correct == [str(result["correct"]) for result in said["results"]]


def check_page(browser: Browser, page: Path, check, said: dict) -> None:
    for width in (PHONE, DESK):
        measured = browser.measured(page, width)
        assert measured["width"] <= width, f"{page.name} is {measured['width']} wide on a screen of {width}"
        assert not measured["overlaps"], measured["overlaps"]
        assert measured["smallestText"] >= 11, measured["smallestText"]
        assert measured["images"] == 0 and measured["paint"] == []
        check(measured, said)
        # What a shell makes of the command is the command that was run.
        assert shlex.split(dict(measured["facts"])["Command"])[1:] == said["arguments"]
    dark = browser.measured(page, PHONE, dark=True)
    assert sum(dark["ground"]) < 150 < 600 < sum(measured["ground"]), (dark["ground"], measured["ground"])
    assert min(dark["contrast"], measured["contrast"]) >= 4.5, (dark["contrast"], measured["contrast"])


def check_resnet50(command: str, browser: Browser, folder: Path) -> None:
    """175 layers, 53 BatchNorms, 8 devices."""
    model, trained, inputs = (folder / f"{name}.safetensors" for name in ("resnet50", "trained", "inputs"))
    write_resnet50(model)
    write_inputs(inputs)
    dbn_convert(command, "to-distributed", model, trained, "--world-size", "8")
    drift(trained)
    for rule in ("first", "pooled"):
        dbn_convert(command, "to-standard", trained, folder / f"{rule}.safetensors", "--statistics", rule)
    info, verify = folder / "resnet50-info.html", folder / "resnet50-verify.html"
    said = dbn_convert(command, "info", trained, "--report", info)
    assert len(said["batch_norms"]) == 53
    check_page(browser, info, check_info, said)
    said = dbn_convert(command, "verify", folder / "pooled.safetensors", folder / "first.safetensors", "--model", "resnet50",
                       "--input", inputs, "--report", verify, status=1)
    assert len(said["layers"]) == 175
    check_page(browser, verify, check_verify, said)
    for page in (info, verify):
        assert page.stat().st_size < 1_000_000, page.stat().st_size


def main() -> None:
    command = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browser = Browser(folder)
        said = make_reports(command, folder)
        for kind, check in (("verify", check_verify), ("info", check_info), ("eval", check_eval)):
            page = folder / f"{kind}.html"
            browser.run(page, "--dump-dom")
            check_page(browser, page, check, said[kind])
            print(f"{kind}: loads, fits {PHONE} pixels, has a dark side, and shows what --json says")
        check_resnet50(command, browser, folder)
        print("the same of a ResNet-50 on 8 devices, in less than 1 MB")
        if len(sys.argv) > 2:
            take_pictures(command, browser, Path(sys.argv[2]).resolve())


main()
