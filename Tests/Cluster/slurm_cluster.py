"""A Slurm cluster on this machine: its daemons in a temporary folder, each node in processes of its own."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

NEEDED = ["slurmctld", "slurmd", "munged", "sbatch", "unshare"]

CONFIGURATION = """
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job begins again as soon as this is over.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmctldPort={port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# A node that is silent for this time is down.
SlurmdTimeout=6
MessageTimeout=3
TCPTimeout=1
# Seconds between looks at what waits; by default, half a minute.
SchedulerParameters=sched_interval=1,bf_interval=1
# A node that comes back is used again.
ReturnToService=2
NodeName=n[1-{count}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs={cores}
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def unavailable():
    """Why there can be no cluster here; None if there can."""
    if os.geteuid() != 0:
        return "it needs root here"
    missing = [name for name in NEEDED if not path(name)]
    if missing:
        return "there is no " + ", ".join(missing)
    alone = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    if subprocess.run(alone, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "no process namespaces may be made here"
    return None


def path(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


class Node:
    """A slurmd as the first process of its own namespace: if it is killed, so are the node's tasks, at once."""

    def __init__(self, name, environment):
        self.name, self.environment, self.process = name, environment, None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [path("unshare"), "--pid", "--fork", "--kill-child", "--mount-proc",
             path("slurmd"), "-D", "-c", "-N", self.name],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Cluster:
    """Call `close` at the end, whatever happens."""

    def __init__(self, folder, count):
        self.folder, self.closing = folder, contextlib.ExitStack()
        self.environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        (folder / "state").mkdir(parents=True)
        try:
            self.configure(count)
            self.start_munge()
            self.start(path("slurmctld"), "-D", "-c")
            self.nodes = {f"n{number}": self.add_node(f"n{number}") for number in range(1, count + 1)}
            self.wait_until(lambda: self.states() == {"idle": count}, 60)
        except BaseException:
            self.close()
            raise

    def configure(self, count):
        ports = free_ports(count + 1)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], folder=self.folder, cores=os.cpu_count(),
            count=count, port=ports[0], first=ports[1], last=ports[-1]))

    def start_munge(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {name: self.folder / f"munge.{name}" for name in ["socket", "pid", "seed", "log"]}
        # Forced: the folder is a temporary one, in which others may make files.
        self.start(path("munged"), "--foreground", "--force", f"--key-file={key}",
                   f"--socket={files['socket']}", f"--pid-file={files['pid']}",
                   f"--seed-file={files['seed']}", f"--log-file={files['log']}")
        self.wait_until(files["socket"].exists, 30)

    def start(self, *command):
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.closing.callback(process.wait)
        self.closing.callback(process.kill)

    def add_node(self, name):
        node = Node(name, self.environment)
        self.closing.callback(node.kill)
        return node

    def close(self):
        self.closing.close()

    def run(self, *command, check=True):
        return subprocess.run(command, env=self.environment, check=check, text=True,
                              stdout=subprocess.PIPE).stdout

    def states(self):
        """How many nodes are in which state."""
        words = self.run("sinfo", "--noheader", "--Node", "--format=%T", check=False).split()
        return {word: words.count(word) for word in words}

    def submit(self, *arguments):
        """Returns the job's number."""
        return self.run("sbatch", "--parsable", *arguments).strip()

    def task_states(self, job):
        """Of all tasks of an array, or of one."""
        text = self.run("scontrol", "show", "job", "--oneliner", job, check=False)
        return set(re.findall(r"JobState=(\w+)", text))

    def wait_until(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"Slurm: {self.states()}; see {self.folder}")
            time.sleep(0.1)


def free_ports(count):
    """Numbers in a row that nobody listens at now."""
    for first in range(20000 + os.getpid() % 8000, 32000, count):
        ports = list(range(first, first + count))
        with contextlib.ExitStack() as stack:
            try:
                for port in ports:
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return ports
    raise OSError("no free ports")
