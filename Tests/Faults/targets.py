"""Inputs and outputs that change or go meanwhile, and outputs that are no plain files."""
import collections, os, re, shutil, stat, subprocess, time
from harness import contents, conversions, fill, is_one_error


def shortened_inputs(faults):
    """The input is cut while it is mapped: one line names it, and nothing is left."""
    outcomes, folder = collections.Counter(), faults.path("out")
    commands = [["convert", "IN.safetensors", "OUT.h5", "--force"], ["convert", "IN.safetensors", "OUT.h5", "--force", "--compress", "gzip:1"],
                ["convert", "IN.safetensors", "OUT.safetensors", "--shard-size", "100MB", "--force"],
                ["check", "IN.safetensors"], ["diff", "IN.safetensors", "IN2.safetensors"]]
    for without in ("", "tmpfile"):
        for number in range(max(5, faults.rounds // 25)):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            for name in ("IN", "IN2"): make_large(f"{folder}/{name}.safetensors")
            old = b"old" if number % 2 else None
            if old: open(f"{folder}/OUT.h5", "wb").write(old)
            arguments = [word if not word.isupper() and "." not in word else f"{folder}/{word}"
                         if word.startswith(("IN", "OUT")) else word for word in commands[number % len(commands)]]
            process = faults.start(arguments, preload=bool(without), WITHOUT=without)
            wait_until_mapped(process, f"{folder}/IN.safetensors")
            time.sleep(faults.random.uniform(0, 0.05))
            os.truncate(f"{folder}/IN.safetensors", 4096)
            error = process.communicate()[1].decode(errors="replace")
            left = [name for name in os.listdir(folder) if not name.startswith("IN") and not (old and name == "OUT.h5")]
            if process.returncode == 0: result = "done before"
            elif process.returncode != 2: result = f"WRONG: status {process.returncode} {error[:100]!r}"
            elif not is_one_error(error) or "IN.safetensors" not in error: result = f"WRONG: {error[:200]!r}"
            elif old and open(f"{folder}/OUT.h5", "rb").read() != old: result = "WRONG: the old file is lost"
            else: result = "an error that names it" + (f", WRONG: left {left}" if left else "")
            outcomes[result] += 1
    faults.report("input shortened while it is mapped", outcomes)


def make_large(path, count=300 << 20):
    """A file of zeros that takes no room."""
    import json, struct
    text = json.dumps({"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + count)


def wait_until_mapped(process, path):
    while process.poll() is None:
        try:
            if path in open(f"/proc/{process.pid}/maps").read(): return
        except OSError: pass
        time.sleep(0.0005)


def odd_targets(faults):
    """Links, folders, pipes, devices, inputs: refused or replaced, and nothing beside them changes."""
    folder, source = faults.path("out"), faults.path("src", "new.pth")
    def check(name, make, target, expected, changed=(), nobody=False, options=("--force",)):
        outcomes = collections.Counter()
        for extension in (".h5", ".pth", ".safetensors"):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            shutil.copy(source, f"{folder}/in.pth")
            make(extension)
            before = contents(folder)
            arguments = ["convert", f"{folder}/in.pth", target if target.startswith("/") else f"{folder}/{target}{extension}",
                         *(("--to", "hdf5") if target.startswith("/") else ()), *options]
            through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if nobody else []
            if nobody: allow_all(folder)
            status, error = faults.run(arguments, through=through, timeout=60)
            now = contents(folder)
            differing = {name for name in {*before, *now} if before.get(name) != now.get(name)}
            allowed = {name + extension for name in changed}
            good = status == expected and differing <= allowed and (expected == 0 or is_one_error(error))
            outcomes["refused" if status == 2 else "replaced" if status == 0 else f"status {status}"] += good
            if not good: outcomes[f"WRONG: {extension} status {status}, changed {sorted(differing)}, {error[:200]!r}"] += 1
        faults.report(name, outcomes)
    file = lambda name: lambda extension: open(f"{folder}/{name}{extension}", "w").write("old")
    def link(to): return lambda extension: os.symlink(to + extension, f"{folder}/l{extension}")
    def both(*makes): return lambda extension: [make(extension) for make in makes]
    nothing = lambda extension: None
    check("output is a link to a file", both(file("real"), link("real")), "l", 0, ["real"])
    check("output is a link to nothing", link("real"), "l", 0, ["l", "real"])
    check("output is a link to itself", link("l"), "l", 0, ["l"])
    check("output is a folder", lambda extension: os.mkdir(f"{folder}/o{extension}"), "o", 2)
    check("output is a FIFO", lambda extension: os.mkfifo(f"{folder}/o{extension}"), "o", 2)
    for device in ("/dev/null", "/dev/full", "/dev/stdout"):
        check(f"output is {device}", nothing, device, 2)
    check("output's folder is missing", nothing, "no/o", 2)
    check("output is a hard link of the input", lambda extension: os.link(f"{folder}/in.pth", f"{folder}/o{extension}"), "o", 2)
    check("output is a link to the input", lambda extension: os.symlink("in.pth", f"{folder}/o{extension}"), "o", 2)
    check("output exists, no --force", file("o"), "o", 2, options=())
    if os.geteuid() != 0: return
    def protect(path, mode): return lambda extension: os.chmod(f"{folder}/{path}{extension if path else ''}", mode)
    check("output is read-only", both(file("o"), protect("o", 0o444)), "o", 2, nobody=True)
    check("output's folder is read-only", both(file("o"), protect("", 0o555)), "o", 2, nobody=True)
    check("input cannot be read", lambda extension: os.chmod(f"{folder}/in.pth", 0), "o", 2, nobody=True)


def allow_all(folder):
    for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
        os.chown(path, 65534, 65534, follow_symlinks=False)


def folders_that_go(faults, cases):
    """The output's folder gets another name. What is then left in it, as if the command had been killed,
    the next command there undoes or removes: the command itself knows the folder by its old name only."""
    outcomes = collections.Counter()
    for number in range(max(len(cases), faults.rounds // 10)):
        case = cases[number % len(cases)]
        case.fill()
        shutil.rmtree(faults.path("aside"), ignore_errors=True)
        process = faults.start(case.arguments)
        time.sleep(case.seconds * faults.random.uniform(0.1, 1))
        os.rename(case.folder, faults.path("aside"))
        error = process.communicate()[1].decode(errors="replace")
        os.rename(faults.path("aside"), case.folder)
        outcomes[case.judge(process.returncode, error, leaves_hidden=True)] += 1
    faults.report("output's folder is renamed meanwhile", outcomes)


#: What two writers' exit statuses come to.
ENDS = {(0, 0): "both done, one after the other", (0, 2): "one wins, the other is an error", (2, 2): "both are errors"}


def two_writers(faults, names):
    """Two commands write different models to the same names: the folder has one of them, whole."""
    folder, commands = faults.path("out"), conversions(faults)
    for name in names:
        if name == "one file over shards": continue
        template, outcomes = faults.path("template two " + name), collections.Counter()
        os.makedirs(template)
        whole = []
        for is_over in (False, True):
            for model in ("old", "new"):
                # A page shows its command line, so one without --force is another.
                for arguments in (commands[name](model, folder)[:-1], commands[name](model, folder)):
                    fill(folder, template)
                    faults.run(arguments)
                    whole.append(contents(folder))
            shutil.rmtree(template)
            fill(template, folder)
        for options in ([], ["--force"]):
            for number in range(faults.rounds // 20 if faults.is_long else 3):
                is_over = options and number % 2
                shutil.rmtree(folder, ignore_errors=True)
                fill(folder, template) if is_over else os.makedirs(folder)
                processes = [faults.start(commands[name](model, folder)[:-1] + options) for model in ("old", "new")]
                errors = [process.communicate()[1].decode(errors="replace") for process in processes]
                statuses = sorted(process.returncode for process in processes)
                now = contents(folder)
                written = editionless(now) in map(editionless, whole)
                good = written and statuses in ([0, 2], [0, 0]) if statuses[0] == 0 else not any(name.startswith(".") for name in now)
                outcomes[ENDS.get(tuple(statuses), f"statuses {statuses}") if good else
                         f"WRONG: {statuses} {sorted(now)} {errors}"] += 1
        faults.report(f"two at once: {name}", outcomes)


def editionless(files):
    """Shards have other names if the usual ones are taken; the index then differs only in these."""
    return {re.sub(r"~\d+", "", name): text for name, text in files.items() if not name.endswith(".index.json")}
