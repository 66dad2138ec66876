"""How much of a node the pods of a namespace ask for."""

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 1e3, "M": 1e6, "G": 1e9, "m": 1e-3}


def number(text):
    """Read an amount of Kubernetes: `100m`, `256Mi`."""
    for unit, factor in UNITS.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)


def requested(pods, resource):
    """Add up what pods that live ask for, in cores or bytes, as the scheduler does."""
    return sum(
        _of_pod(pod["spec"], resource)
        for pod in pods
        if pod["status"]["phase"] in {"Pending", "Running"}
    )


def _of_pod(spec, resource):
    def of(containers):
        return [
            number(each["resources"].get("requests", {}).get(resource, "0")) for each in containers
        ]

    return max([sum(of(spec["containers"])), *of(spec.get("initContainers", []))])
