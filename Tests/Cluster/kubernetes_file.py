#!/usr/bin/env python3
"""Checks Examples/Cluster/kubernetes_job.yaml against Kubernetes' schema, and does what its pods would do.

    Tests/Cluster/kubernetes_file.py .build/release/dbn-convert

No cluster is run: the container's arguments, with the variable in them replaced as Kubernetes does, are
given to the command once for each index, as processes on this machine.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

import manifests

FILE = pathlib.Path(__file__).parents[2] / "Examples/Cluster/kubernetes_job.yaml"


def main(command):
    job = yaml.safe_load(FILE.read_text())
    kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)
    spec = job["spec"]
    arguments = spec["template"]["spec"]["containers"][0]["args"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        inputs = manifests.make_checkpoints(folder, 60, seed=4)
        reference, _ = manifests.Manifest(folder / "undisturbed", inputs).undisturbed(command)
        manifest = manifests.Manifest(folder / "data", inputs)
        for index in range(spec["completions"]):
            variables = {"JOB_COMPLETION_INDEX": str(index)}
            own = [argument.replace("$(JOB_COMPLETION_INDEX)", str(index)) for argument in arguments]
            subprocess.run([pathlib.Path(command).resolve(), *own], cwd=folder / "data", check=True,
                           env=os.environ | variables, stdout=subprocess.DEVNULL)
        outcome = manifests.Outcome(manifest, reference)
        parts = len(list(manifest.results.iterdir()))
    print(f"Kubernetes' file, {parts} parts: {outcome.summary(retried=0)}")
    sys.exit(bool(outcome.faults) or parts != spec["completions"])


if __name__ == "__main__":
    main(*sys.argv[1:])
