"""What the faults have in common: inputs, commands, folders before and after, and the table."""
import collections, hashlib, json, os, random, shutil, signal, struct, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "Fixtures")


class Faults:
    """The command under test, a folder to work in, and what was found."""

    def __init__(self, command, work, seed, rounds):
        self.command, self.work = os.path.abspath(command), os.path.abspath(work)
        self.random, self.rounds = random.Random(seed), rounds
        self.tried, self.wrong, self.rows = 0, 0, []
        self.is_long = rounds >= 100
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.path("src"))
        self.shim = self.path("shim.so")
        subprocess.run(
            [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", self.shim, f"{HERE}/shim.c",
             "-ldl"], check=True)
        make_inputs(self)

    def path(self, *names):
        return os.path.join(self.work, *names)

    def run(self, arguments, preload=False, through=(), stdout=subprocess.DEVNULL, setup=None, timeout=120,
            **environment):
        """Runs the command to its end. Its status, negative for a signal, and its errors."""
        process = self.start(arguments, preload, through, stdout, setup, **environment)
        try:
            error = process.communicate(timeout=timeout)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return "endless", process.communicate()[1].decode(errors="replace")
        return process.returncode, error.decode(errors="replace")

    def start(self, arguments, preload=False, through=(), stdout=subprocess.DEVNULL, setup=None,
              **environment):
        environment = {**os.environ, **{k: str(v) for k, v in environment.items()}}
        def prepare():
            # Ignored in the background of a shell, and under nohup.
            for number in (signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)
            if setup: setup()
        if preload: environment["LD_PRELOAD"] = self.shim
        return subprocess.Popen(
            [*through, self.command, *arguments], stdout=stdout, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env=environment, preexec_fn=prepare)

    def some(self, numbers, most):
        """All of them, or a random choice of at most `most`."""
        numbers = list(numbers)
        return numbers if len(numbers) <= most else sorted(self.random.sample(numbers, most))

    def report(self, fault, outcomes):
        """Adds a row to the table: outcomes is a Counter of texts; those with "WRONG" are faults."""
        wrong = [text for text in outcomes if "WRONG" in text]
        texts = [(count, text) for text, count in outcomes.items() if count and text not in wrong]
        if wrong: texts.append((sum(outcomes[text] for text in wrong), "**wrong**"))
        self.wrong += sum(outcomes[text] for text in wrong)
        self.tried += sum(outcomes.values())
        row = "; ".join(f"{count} {text}" for count, text in sorted(texts, reverse=True))
        self.rows.append(f"| {fault} | {sum(outcomes.values())} | {row} |")
        print(self.rows[-1], flush=True)
        for text in wrong[:5]: print(f"  {outcomes[text]} {text}", file=sys.stderr, flush=True)


def make_inputs(faults):
    """Two models of the same names and shapes and different numbers, as a user would have them."""
    source = faults.path("src")
    for model in ("old", "new"):
        tensors = {}
        for layer in range(6):
            tensors[f"l{layer}.conv.weight"] = ([128, 128, 3, 3], faults.random.randbytes(128 * 128 * 36))
            for name in ("weight", "bias", "running_mean", "running_var"):
                numbers = [faults.random.random() + 0.5 for _ in range(128)]
                tensors[f"l{layer}.bn.{name}"] = ([128], struct.pack("<128f", *numbers))
        write_safetensors(f"{source}/{model}.safetensors", tensors)
        run = lambda *arguments: subprocess.run(
            [faults.command, *arguments], check=True, stdout=subprocess.DEVNULL)
        run("convert", f"{source}/{model}.safetensors", f"{source}/{model}.pth")
        run("to-distributed", f"{source}/{model}.pth", f"{source}/{model}-dist.pth", "--world-size", "4")
        run("scatter", f"{source}/{model}-dist.pth", f"{source}/{model}-%d.pth")
        run("convert", f"{source}/{model}.pth", f"{source}/{model}-shards.safetensors", "--shard-size", "1MB")
        images = [faults.random.random() for _ in range(8 * 64)]
        write_safetensors(f"{source}/{model}-x.safetensors", {"x": ([8, 1, 8, 8], struct.pack("<512f", *images))})


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, (shape, data) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors.values()))


def conversions(faults):
    """The commands that write, by name: what is run for a model in a folder, with --force."""
    source, digits = faults.path("src"), os.path.join(FIXTURES, "torch", "digits-shards")
    def commands(model, folder):
        std, dist, shards = f"{source}/{model}.pth", f"{source}/{model}-dist.pth", "--shard-size"
        return {
            "convert .h5": ["convert", std, f"{folder}/o.h5"],
            "convert .pth": ["convert", f"{source}/{model}.safetensors", f"{folder}/o.pth"],
            "convert .safetensors": ["convert", std, f"{folder}/o.safetensors"],
            "convert --compress": ["convert", std, f"{folder}/o.h5", "--compress", "gzip:1"],
            "convert --shard-size": ["convert", std, f"{folder}/o.safetensors", shards, "1MB"],
            "one file over shards": ["convert", std, f"{folder}/o.safetensors"],
            "to-distributed": ["to-distributed", std, f"{folder}/o.h5", "--world-size", "4", "--verify"],
            "to-standard": ["to-standard", dist, f"{folder}/o.pth", "--statistics", "pooled"],
            "gather": ["gather", *(f"{source}/{model}-{k}.pth" for k in range(4)), "--output",
                       f"{folder}/o.h5"],
            "scatter": ["scatter", dist, f"{folder}/r-%d.pth"],
            "run --save-state": ["run", f"{digits}/model.pt2", "--input",
                                 f"{source}/{model}-x.safetensors", "--output", f"{folder}/y.h5",
                                 "--save-state", f"{folder}/s.h5", "--mode", "train"],
            "info --report": ["info", std, "--report", f"{folder}/page.html"],
        }
    return {name: (lambda model, folder, name=name: commands(model, folder)[name] + ["--force"])
            for name in commands("new", "")}


def contents(folder):
    """The files of a folder, hidden ones too, by their contents."""
    result = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.islink(path): result[name] = "-> " + os.readlink(path)
        elif os.path.isfile(path): result[name] = hashlib.sha1(open(path, "rb").read()).hexdigest()
        else: result[name] = "no file"
    return result


def fill(folder, template):
    """Makes the folder a copy of the template."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, symlinks=True)


class Case:
    """A command over nothing, or over what it wrote for another model: the folder before and after."""

    def __init__(self, faults, name, make, is_over):
        self.faults, self.make = faults, make
        self.name = name + (" over old files" if is_over else "")
        self.template, self.folder = faults.path("template " + self.name), faults.path("out")
        os.makedirs(self.template)
        if name == "one file over shards": make = conversions(faults)["convert --shard-size"]
        if is_over: self.must(make("old", self.template))
        self.before = contents(self.template)
        fill(self.folder, self.template)
        start = time.time()
        self.must(self.arguments)
        self.seconds, self.after = time.time() - start, contents(self.folder)

    def must(self, arguments):
        status, error = self.faults.run(arguments)
        if status != 0: sys.exit(f"{self.name} fails without a fault: {error}")

    @property
    def arguments(self): return self.make("new", self.folder)

    def fill(self): fill(self.folder, self.template)

    def judge(self, status, error, ends=(2,), leaves_hidden=False):
        """What a run that met a fault came to. `leaves_hidden`: it could not clean up itself."""
        now = contents(self.folder)
        hidden, end = [name for name in now if name.startswith(".")], "error" if status == 2 else "killed"
        visible = {name: text for name, text in now.items() if name not in hidden}
        if status == 0: result = "done" if visible == self.after else "WRONG: exit status 0, not written"
        elif status not in ends: result = f"WRONG: status {status} {error[:150]!r}"
        elif status == 2 and not is_one_error(error): result = f"WRONG: not one line: {error[:300]!r}"
        elif ".dbn-convert-" in error or "/proc/self" in error: result = f"WRONG: names a hidden file: {error[:200]!r}"
        elif visible == self.before: result = f"{end}, all as before"
        elif not leaves_hidden: result = f"WRONG: status {status} and changed {sorted(visible)}"
        elif visible == self.after: result = f"{end}, all new"
        else: result = self.mixture(visible) or f"{end}, some new"
        if hidden and not leaves_hidden: result += f", WRONG: left {hidden}"
        if leaves_hidden: result += self.cleared(now)
        return result

    def mixture(self, visible):
        """Ended between two names: what can be read must be old or new, never both."""
        indexes = [name for name in visible if name.endswith(".index.json")]
        for index in indexes:
            # An empty file claims the name where a file system has no other means: it can't be read.
            if os.path.getsize(f"{self.folder}/{index}") == 0: continue
            names = json.load(open(f"{self.folder}/{index}"))["weight_map"].values()
            files = {index: visible[index], **{name: visible.get(name) for name in names}}
            if not (files.items() <= self.before.items() or files.items() <= self.after.items()):
                return f"WRONG: a mixture can be read: {sorted(visible)}"
        if not indexes and any(name.startswith("r-") for name in visible):
            ranks = [f"{self.folder}/r-{k}.pth" for k in range(4)]
            status, _ = self.faults.run(["gather", *ranks, "--output", self.faults.path("gathered.h5"), "--force"])
            if status == 0: return "WRONG: a mixture can be gathered"
        return None

    def cleared(self, now):
        """After the next command that writes into the folder, it must be all old or all new."""
        if now in (self.before, self.after): return ""
        digits = os.path.join(FIXTURES, "torch", "digits-standard", "checkpoint.pth")
        status, error = self.faults.run(["convert", digits, f"{self.folder}/other.h5"])
        if status != 0: return f", WRONG: the next command fails: {error[:200]!r}"
        os.unlink(f"{self.folder}/other.h5")
        left = contents(self.folder)
        if left == self.before: return ", the next command restores all"
        if left == self.after: return ", the next command completes all"
        return f", WRONG: the next command leaves {sorted(left)}"


def is_one_error(text):
    """Whether it is one line, after notes."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("dbn-convert: note: ")]
    return len(lines) == 1 and lines[0].startswith("dbn-convert: error: ")


def cases(faults, only=None):
    return [Case(faults, name, make, is_over) for name, make in conversions(faults).items()
            for is_over in (False, True) if (only is None or name in only)
            and (is_over or name != "one file over shards")]
