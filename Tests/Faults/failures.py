"""Calls of the system that fail: one after the other, for want of room, of memory, of rights."""
import collections, errno, os, resource, subprocess, sys
from harness import FIXTURES, contents, fill
from interruptions import counts

KINDS = ["open", "read", "pwrite", "fsync", "rename", "link", "unlink", "ftruncate", "mmap", "lock"]


def failing_calls(faults, cases):
    """EIO at the nth call of each kind; of kinds with many calls, at some."""
    for without in ("", "tmpfile,exchange"):
        counted = {case.name: counts(faults, case, WITHOUT=without) for case in cases}
        for kind in KINDS:
            outcomes = collections.Counter()
            for case in cases:
                numbers = range(1, counted[case.name][kind] + 1)
                for number in faults.some(numbers, faults.rounds // 25 if faults.is_long else 1):
                    case.fill()
                    status, error = faults.run(
                        case.arguments, preload=True, FAULT=f"{kind}:{number}:{errno.EIO}", WITHOUT=without)
                    # What can't be removed is left, and the next command removes it.
                    outcomes[case.judge(status, error, leaves_hidden=kind in ("unlink", "rename"))] += 1
            faults.report(f"EIO from {kind}" + (f", no {without}" if without else ""), outcomes)


def limits(faults, cases):
    def limited(name, kind, values, ends=(2,), **options):
        outcomes = collections.Counter()
        for case in cases:
            for value in values:
                case.fill()
                status, error = faults.run(
                    case.arguments, setup=lambda: resource.setrlimit(kind, (value, value)), **options)
                outcomes[case.judge(status, error, ends)] += 1
        faults.report(name, outcomes)
    limited("files of at most 100 B, 100 kB, 1 MB (ulimit -f)", resource.RLIMIT_FSIZE, [100, 10**5, 10**6])
    limited("address space of 64 MB to 2 GB (ulimit -v)", resource.RLIMIT_AS,
            [n << 20 for n in (64, 96, 128, 192, 256, 384, 512, 1024, 2048)], ends=(2, 127))
    limited("4 to 16 open files (ulimit -n)", resource.RLIMIT_NOFILE, [4, 5, 6, 8, 16], ends=(2, 127))
    if os.geteuid() == 0:
        os.chmod(faults.work, 0o755)
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        outcomes = collections.Counter()
        for case in cases:
            case.fill()
            allow(case.folder)
            status, error = faults.run(case.arguments, through=[*nobody, "prlimit", "--nproc=1"])
            outcomes[case.judge(status, error)] += 1
        faults.report("no new threads (ulimit -u)", outcomes)


def allow(folder):
    for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
        os.chown(path, 65534, 65534)


def small_disks(faults, cases):
    """tmpfs without room, and without inodes. Only the administrator can mount one."""
    disk = faults.path("out")
    def on_disk(name, options):
        outcomes = collections.Counter()
        for case in cases:
            fill(disk, case.template)
            size = sum(os.path.getsize(os.path.join(disk, name)) for name in os.listdir(disk))
            for option in options:
                os.makedirs(disk, exist_ok=True)
                if subprocess.run(["mount", "-t", "tmpfs", "-o", option(size, len(os.listdir(disk))), "tmpfs", disk],
                                  stderr=subprocess.DEVNULL).returncode: return
                try:
                    subprocess.run(["cp", "-a", case.template + "/.", disk], check=True)
                    status, error = faults.run(case.arguments)
                    outcomes[case.judge(status, error)] += 1
                finally:
                    subprocess.run(["umount", disk], check=True)
        faults.report(name, outcomes)
    if os.geteuid() != 0: return
    pages = lambda size: size // 4096 + 64
    on_disk("full disk (tmpfs)", [lambda size, n, more=more: f"size={(pages(size) + more) * 4}k"
                                  for more in (0, 10, 100, 400, 800)])
    on_disk("no inodes (tmpfs)", [lambda size, n, more=more: f"size=100m,nr_inodes={1 + n + more}"
                                  for more in (1, 2, 3, 4)])


def without_proc(faults, cases):
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode: return
    outcomes = collections.Counter()
    for case in cases:
        case.fill()
        status, error = faults.run(
            case.arguments, through=["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh"])
        outcomes[case.judge(status, error)] += 1
    faults.report("no /proc", outcomes)


def full_output(faults, cases):
    for name, shell in (("full", ">/dev/full"), ("closed", ">&-"), ("both streams closed", ">&- 2>&-")):
        outcomes = collections.Counter()
        for case in cases:
            for options in ([], ["--json"]):
                case.fill()
                status, error = faults.run(
                    case.arguments + options, through=["sh", "-c", f'exec "$@" {shell}', "sh"])
                outcomes[case.judge(status, error or "dbn-convert: error: unseen")] += 1
        faults.report(f"standard output {name}", outcomes)
