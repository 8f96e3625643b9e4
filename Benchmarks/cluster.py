"""A million checkpoints on 1 to 1,000 nodes, simulated: where the processors, the file system's bandwidth, its metadata
or the manifest become the limit.

Service times are measured (see docs/speed.md), the file systems' speeds are assumptions. Every job takes, in this order,
a core, the metadata server for its calls, the file system's bandwidth for its bytes, and its processor time; servers
serve one request after the other, the bandwidth is shared by serving bytes in the order of requests.

    python Benchmarks/cluster.py [--jobs 1000000] [--megabytes 100] [--seconds 0.1] [--calls 12]
"""

import argparse
import heapq

# Name, bytes a second, metadata calls a second.
FILE_SYSTEMS = [("one NFS server, 10 Gbit/s", 1.2e9, 20_000), ("Lustre, 100 GB/s", 100e9, 50_000)]


def simulate(nodes: int, cores: int, jobs: int, job_bytes: float, job_seconds: float, calls: int,
             bandwidth: float, metadata_rate: float, start: float, manifest_bytes: float) -> dict[str, float]:
    """Hours, and the share of the time for which each resource is busy."""
    # Every process reads the whole manifest first.
    data_free = nodes * manifest_bytes / bandwidth
    metadata_free = 0.0
    cores_free = [(start + data_free, worker) for worker in range(nodes * cores)]
    heapq.heapify(cores_free)
    end = 0.0
    for _ in range(jobs):
        now, worker = heapq.heappop(cores_free)
        metadata_free = max(metadata_free, now) + calls / metadata_rate
        data_free = max(data_free, metadata_free) + job_bytes / bandwidth
        now = data_free + job_seconds
        end = max(end, now)
        heapq.heappush(cores_free, (now, worker))
    return {
        "hours": end / 3600, "processors": jobs * job_seconds / (nodes * cores) / end,
        "bandwidth": jobs * job_bytes / bandwidth / end, "metadata": jobs * calls / metadata_rate / end,
        "manifest": (start + nodes * manifest_bytes / bandwidth) / end,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--cores", type=int, default=2, help="of each node")
    parser.add_argument("--megabytes", type=float, default=100, help="of a checkpoint; as many are written")
    parser.add_argument("--seconds", type=float, required=True, help="processor time of a job")
    parser.add_argument("--calls", type=int, required=True, help="calls to the file system's metadata, of a job")
    parser.add_argument("--line", type=float, required=True, help="seconds for a line of the manifest, of another part")
    arguments = parser.parse_args()
    print("| file system | nodes | hours | processors | bandwidth | metadata | manifest |")
    print("|---|---|---|---|---|---|---|")
    for name, bandwidth, metadata_rate in FILE_SYSTEMS:
        for nodes in (1, 10, 100, 1000):
            found = simulate(
                nodes, arguments.cores, arguments.jobs, 2e6 * arguments.megabytes, arguments.seconds, arguments.calls,
                bandwidth, metadata_rate, arguments.jobs * arguments.line, 120 * arguments.jobs)
            shares = [f"{100 * found[key]:.0f} %" for key in ("processors", "bandwidth", "metadata", "manifest")]
            print(f"| {name} | {nodes} | {found['hours']:.2f} | " + " | ".join(shares) + " |")


if __name__ == "__main__":
    main()
