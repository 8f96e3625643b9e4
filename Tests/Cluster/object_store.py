#!/usr/bin/env python3
"""Runs Examples/Cluster/object_store.sh on a store that speaks S3 (moto, on this machine), and kills a part.

    Tests/Cluster/object_store.py .build/release/dbn-convert
"""
import logging
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boto3
from moto.server import ThreadedMotoServer

import manifests

SCRIPT = pathlib.Path(__file__).parents[2] / "Examples/Cluster/object_store.sh"
PARTS = 3
WORK = [*manifests.SUBCOMMAND, "--to", "hdf5"]
STORE = {"TYPE": "s3", "PROVIDER": "Other", "ACCESS_KEY_ID": "name", "SECRET_ACCESS_KEY": "secret",
         "REGION": "us-east-1"}


class Store:
    """A bucket, and the names of its objects."""

    def __init__(self, inputs):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}".replace("0.0.0.0", "127.0.0.1")
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=STORE["REGION"],
            aws_access_key_id=STORE["ACCESS_KEY_ID"], aws_secret_access_key=STORE["SECRET_ACCESS_KEY"])
        self.client.create_bucket(Bucket="bucket")
        for path in inputs:
            self.client.upload_file(str(path), "bucket", f"in/{path.name}")

    def digests(self):
        """Of the outputs; results are in a folder among them."""
        listing = self.client.list_objects_v2(Bucket="bucket", Prefix="out/", Delimiter="/")
        keys = [item["Key"] for item in listing.get("Contents", [])]
        return {key.removeprefix("out/"): manifests.digest(
            self.client.get_object(Bucket="bucket", Key=key)["Body"].read()) for key in keys}

    def start_part(self, part, command, folder):
        variables = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in STORE.items()}
        variables |= {"RCLONE_CONFIG_STORE_ENDPOINT": self.endpoint, "BATCH": "5",
                      "AWS_CA_BUNDLE": "", "RCLONE_LOG_LEVEL": "ERROR",
                       "TMPDIR": str(folder), "DBN_CONVERT": os.path.abspath(command)}
        return subprocess.Popen(
            [SCRIPT, "store:bucket/in", "store:bucket/out", f"{part}/{PARTS}", *WORK],
            env=os.environ | variables, stdout=subprocess.DEVNULL,
            start_new_session=True)


def run(command, folder):
    inputs = manifests.make_checkpoints(folder, 60, seed=5)
    (folder / "undisturbed").mkdir()
    subprocess.run([command, *WORK, *inputs, "--output-dir", folder / "undisturbed", "--quiet"],
                   check=True)
    reference = manifests.digests(folder / "undisturbed")
    store = Store(inputs)
    parts = [store.start_part(part, command, folder) for part in range(PARTS)]
    while not store.digests() and all(part.poll() is None for part in parts):
        time.sleep(0.05)
    time.sleep(random.uniform(0, 0.5))
    # The script and what it has started, as when its machine fails.
    os.killpg(parts[0].pid, signal.SIGKILL)
    killed = parts[0].wait() != 0
    before = len(store.digests())
    # The engine starts it again.
    parts[0] = store.start_part(0, command, folder)
    good = killed and all(part.wait() == 0 for part in parts)
    digests = store.digests()
    store.server.stop()
    torn = sum(digests.get(name, digest) != digest for name, digest in reference.items())
    lost = len(reference.keys() - digests.keys())
    print(f"Object store: {PARTS} parts, 1 killed after {before} outputs: files {len(digests)}, "
          f"lost {lost}, torn {torn}")
    return not good or torn or lost or len(digests) != len(reference)


if __name__ == "__main__":
    if not shutil.which("rclone"):
        sys.exit(print("*** SKIPPED: object store: rclone is not installed"))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(bool(run(sys.argv[1], pathlib.Path(name))))
