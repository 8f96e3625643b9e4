"""Processes that are killed or asked to end, at random moments and at every call that changes names."""
import collections, signal, time

SETS = ["convert --shard-size", "one file over shards", "scatter", "run --save-state"]


def random_kills(faults, cases):
    """SIGKILL at a random moment; half of the time near the end, where names change."""
    for without in ("", "tmpfile"):
        outcomes = collections.Counter()
        for number in range(faults.rounds):
            case = cases[number % len(cases)]
            outcomes[interrupt(faults, case, signal.SIGKILL, without)] += 1
        faults.report("kill -9 at a random moment" + (f", no {without}" if without else ""), outcomes)


def requests_to_end(faults, cases):
    for without in ("", "tmpfile"):
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            outcomes = collections.Counter()
            for number in range(max(faults.rounds // 10, len(cases))):
                case = cases[number % len(cases)]
                outcomes[interrupt(faults, case, getattr(signal, name), without)] += 1
            faults.report(name + " at a random moment" + (f", no {without}" if without else ""), outcomes)


def interrupt(faults, case, number, without):
    case.fill()
    process = faults.start(case.arguments, preload=bool(without), WITHOUT=without)
    start = 0 if faults.random.random() < 0.5 else 0.8
    time.sleep(case.seconds * faults.random.uniform(start, 1.1))
    process.send_signal(number)
    error = process.communicate()[1].decode(errors="replace")
    return case.judge(process.returncode, error, ends=(-number,), leaves_hidden=number == signal.SIGKILL)


def kills_at_calls(faults, cases):
    """SIGKILL before each call that changes names, on file systems with and without each means."""
    for without in ("", "tmpfile", "exchange", "tmpfile,exchange", "tmpfile,exchange,link"):
        outcomes = collections.Counter()
        for case in cases:
            numbers = range(1, counts(faults, case, WITHOUT=without)["any"] + 1)
            for number in faults.some(numbers, 1000 if faults.is_long else faults.rounds // 8):
                case.fill()
                status, error = faults.run(
                    case.arguments, preload=True, FAULT=f"any:{number}:kill", WITHOUT=without)
                outcomes[case.judge(status, error, ends=(-9,), leaves_hidden=True)] += 1
        faults.report("kill -9 before each change of a name" + (f", no {without}" if without else ""), outcomes)


def counts(faults, case, **environment):
    """How many calls of each kind the command makes."""
    path = faults.path("counts")
    case.fill()
    status, error = faults.run(case.arguments, preload=True, COUNTS=path, **environment)
    if status != 0: raise SystemExit(f"{case.name} fails without a fault: {error}")
    return {kind: int(number) for kind, number in map(str.split, open(path))}
