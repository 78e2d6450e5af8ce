"""Checks what promtool cannot know about deploy/prometheus/rules.yml: each alert has a test in which it fires and one in which it
does not, and each metric in an expression is one that a service describes. `scripts/check-prometheus` runs this.

Prints each violation, and exits with 1 if there is one.
"""

import pathlib
import re
import sys

FOLDER = pathlib.Path("deploy/prometheus")
# Prometheus records this metric itself.
OWN_METRICS = {"up"}


def expressions(rules):
    """Yields the name and the expression of each alert."""
    for block in re.split(r"^ +- alert: ", rules, flags=re.MULTILINE)[1:]:
        name = block.split(maxsplit=1)[0]
        yield name, re.search(r"expr:(.*?)\n +(?:for|annotations):", block, re.DOTALL).group(1)


def metrics(expression):
    """The names of metrics in an expression: the words that are neither labels nor functions."""
    bare = re.sub(r"\{[^}]*\}|\b(?:by|without) *\([^)]*\)|\[[^]]*\]", " ", expression)
    return set(re.findall(r"[a-z][a-z0-9_]*(?![a-z0-9_]| *\()", bare)) - {"and", "or", "unless"}


def described_metrics():
    """The names of the metrics that the sources describe: the keys of dictionaries of help texts."""
    names = set()
    for folder in ("Shared", "Services"):
        for file in pathlib.Path(folder).rglob("*.swift"):
            text = file.read_text()
            if "describe([" in text or "static let descriptions" in text:
                names |= set(re.findall(r'^ *"([a-z][a-z0-9_]*)":', text, re.MULTILINE))
    return names


def violations():
    tests = (FOLDER / "rules.test.yml").read_text()
    known = described_metrics() | OWN_METRICS
    alerts = list(expressions((FOLDER / "rules.yml").read_text()))
    if not alerts:
        yield "there is no alert"
    for name, expression in alerts:
        for metric in sorted(metrics(expression) - known):
            yield f"{name}: no service has the metric {metric}"
        if f"alertname: {name}, exp_alerts: []" not in tests:
            yield f"{name}: no test shows that it does not fire too early"
        if not re.search(rf"alertname: {name}\n +exp_alerts:\n", tests):
            yield f"{name}: no test shows that it fires"


found = list(violations())
for violation in found:
    print(f"{FOLDER}/rules.yml: {violation}", file=sys.stderr)
sys.exit(bool(found))
