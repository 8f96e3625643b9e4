"""The rows of running statistics that a layout keeps, and what each merge rule makes of them.

A BatchNorm of C features on V devices keeps V rows of C means and C variances. Where they are is all that a layout is.
"""

from fractions import Fraction

import torch

# Below the BatchNorm's name; all others have their statistics right there.
INNER = {"nested": ".bn", "sub": ".split_bn"}
RULES = ("first", "mean", "pooled")


def batchnorm_names(state_dict: dict, layout: str) -> list[str]:
    suffix = INNER.get(layout, "") + ".running_mean"
    return [key.removesuffix(suffix) for key in state_dict if key.endswith(suffix) and ".aux_bn." not in key]


def parameter(state_dict: dict, layout: str, name: str, key: str) -> torch.Tensor:
    return state_dict[f"{name}{'.bn' if layout == 'nested' else ''}.{key}"]


def rows(state_dict: dict, layout: str, name: str, key: str) -> torch.Tensor:
    """[V, C]: `running_mean` or `running_var`, a row per device."""
    whole = state_dict[f"{name}{INNER.get(layout, '')}.{key}"]
    if layout == "split":
        auxiliary = [value for other, value in state_dict.items() if is_auxiliary(other, name, key)]
        return torch.stack([whole, *auxiliary])
    return whole.reshape(-1, len(parameter(state_dict, layout, name, "weight")))


def counters(state_dict: dict, name: str) -> list[int]:
    """All num_batches_tracked of the BatchNorm, in the order of the state dict."""
    found = [value for key, value in state_dict.items() if key.startswith(f"{name}.") and key.endswith("_tracked")]
    return [count for value in found for count in value.reshape(-1).tolist()]


def is_auxiliary(other: str, name: str, key: str) -> bool:
    return other.startswith(f"{name}.aux_bn.") and other.endswith(f".{key}")


def merge(rule: str, means: list[float], variances: list[float]) -> tuple[float, float]:
    """One feature's mean and variance: computed exactly, rounded once to float64.

    `pooled` is the law of total variance: the mean of the variances and the variance of the means.
    """
    exact_means, exact_variances = [Fraction(value) for value in means], [Fraction(value) for value in variances]
    if rule == "first":
        return means[0], variances[0]
    mean, variance = sum(exact_means) / len(means), sum(exact_variances) / len(means)
    if rule == "pooled":
        variance += sum((value - mean) ** 2 for value in exact_means) / len(means)
    return float(mean), float(variance)


def statistics(state_dict: dict, layout: str, name: str, rule: str) -> tuple[list[float], list[float]]:
    """The means and the variances of all features."""
    means, variances = (rows(state_dict, layout, name, key).T.tolist() for key in ("running_mean", "running_var"))
    merged = [merge(rule, *feature) for feature in zip(means, variances)]
    return [mean for mean, _ in merged], [variance for _, variance in merged]


def describe_batchnorms(state_dict: dict, layout: str) -> list[dict]:
    """For expected.json: every BatchNorm with its merged statistics as `float.hex`."""
    described = []
    for name in batchnorm_names(state_dict, layout):
        devices, features = rows(state_dict, layout, name, "running_mean").shape
        row = {"name": name, "devices": devices, "features": features, "counters": counters(state_dict, name)}
        for rule in RULES:
            means, variances = statistics(state_dict, layout, name, rule)
            row[rule] = {"mean": [value.hex() for value in means], "var": [value.hex() for value in variances]}
        described.append(row)
    return described
