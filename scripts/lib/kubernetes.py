"""Checks the resources that kustomize has rendered: the restrictions and probes of every pod, and that the network policies
allow exactly the calls that exist. `scripts/check-kubernetes` runs this.

Reads the resources from standard input. The argument is their folder, for the messages. Prints each violation, and exits with
1 if there is one.
"""

import sys

import yaml

import services

NAME = "app.kubernetes.io/name"
SERVICES = {service.name for service in services.read_services() if not service.is_optional}
# Which service calls which. All follow login's feed; orders calls catalog and inbox.
CALLS = {(caller, "login") for caller in SERVICES - {"login"}} | {
    (caller, called) for caller, called in [("orders", "catalog"), ("orders", "inbox")] if {caller, called} <= SERVICES}
# The default of MAX_CONNECTIONS.
MAXIMUM_CONNECTIONS = 12_000
# A pod that ends before its migration does begins it again.
MIGRATION_SECONDS = 600


def pod_violations(pod):
    """Yields the rules that a pod violates."""
    (container,) = pod["containers"]
    context = pod["securityContext"] | container["securityContext"]
    expected = {
        "runAsNonRoot": True, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    for key, value in expected.items():
        if context.get(key) != value:
            yield f"{key} is not {value}"
    if pod.get("automountServiceAccountToken") is not False:
        yield "the pod gets a token of Kubernetes"
    if container["readinessProbe"]["httpGet"]["path"] != "/readyz":
        yield "the readiness probe does not ask /readyz"
    if container["livenessProbe"]["httpGet"]["path"] != "/healthz":
        yield "the liveness probe does not ask /healthz, so an outage of the database would restart the pod"
    startup = container["startupProbe"]
    if startup["periodSeconds"] * startup["failureThreshold"] < MIGRATION_SECONDS:
        yield f"the startup probe gives a migration less than {MIGRATION_SECONDS} seconds"
    if "memory" not in container["resources"]["limits"]:
        yield "the memory has no limit"
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    if not any(
            mount["mountPath"] == "/data" and not mount.get("readOnly") and "emptyDir" in volumes[mount["name"]]
            for mount in mounts.values()):
        yield "no writable folder is mounted at /data, where a service saves its revocations"
    for volume in pod["volumes"]:
        if "sizeLimit" not in volume.get("emptyDir", {"sizeLimit": None}):
            yield f"the folder {volume['name']} has no limit of its size"
    if mounts.get("database", {}).get("mountPath") != "/database" or not volumes["database"].get("configMap", {}).get("optional"):
        yield "the certificate of the databases' authority cannot be mounted at /database"
    if "subPath" in mounts["keys"]:
        yield "the key file is mounted instead of its folder, so a rotation does not arrive"
    if {spread["topologyKey"] for spread in pod["topologySpreadConstraints"]} != {
            "kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
        yield "the pods are not spread over nodes and zones"


def names(peers):
    return {peer["podSelector"]["matchLabels"][NAME] for peer in peers if "podSelector" in peer}


def allowed_calls(policies):
    """The calls between services that both sides allow."""
    incoming, outgoing = set(), set()
    for policy in policies:
        spec = policy["spec"]
        service = (spec["podSelector"].get("matchLabels") or {}).get(NAME)
        for rule in spec.get("ingress", []):
            incoming |= {(caller, service) for caller in names(rule["from"])}
        for rule in spec.get("egress", []):
            outgoing |= {(service, called) for called in names(rule["to"])}
    return incoming, outgoing


def violations(resources):
    by_kind = {}
    for resource in resources:
        by_kind.setdefault(resource["kind"], []).append(resource)
    for kind in ["Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"]:
        if (found := {resource["metadata"]["name"] for resource in by_kind.get(kind, [])}) != SERVICES:
            yield f"the resources of the kind {kind} are {sorted(found)}"
    for deployment in by_kind["Deployment"]:
        for violation in pod_violations(deployment["spec"]["template"]["spec"]):
            yield f"{deployment['metadata']['name']}: {violation}"
    (settings,) = [resource["data"] for resource in by_kind["ConfigMap"]]
    if int(settings.get("MAX_CONNECTIONS_PER_NETWORK", 0)) < MAXIMUM_CONNECTIONS:
        yield f"MAX_CONNECTIONS_PER_NETWORK is below {MAXIMUM_CONNECTIONS}, but all connections come from the ingress controller"
    policies = by_kind["NetworkPolicy"]
    if not any(
            policy["spec"]["podSelector"] == {} and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
            and not {"ingress", "egress"} & policy["spec"].keys() for policy in policies):
        yield "no network policy denies everything else"
    for direction, calls in zip(["ingress", "egress"], allowed_calls(policies)):
        if calls != CALLS:
            yield f"the {direction} rules allow {sorted(calls)}, but the calls are {sorted(CALLS)}"


found = [f"{sys.argv[1]}: {violation}." for violation in violations(yaml.safe_load_all(sys.stdin))]
if found:
    sys.exit("\n".join(found))
