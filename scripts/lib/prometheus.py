"""Checks what promtool cannot know: each alert of deploy/prometheus/rules.yml has a test in which it fires and one in which it
does not, each metric in an expression is one that a service describes, and each metric that a service records is described.
`scripts/check-prometheus` runs this.

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


def sources():
    """The texts of the files of the services."""
    return [file.read_text() for folder in ("Shared", "Services") for file in pathlib.Path(folder).rglob("*.swift")]


def described_metrics():
    """The names of the metrics that the sources describe: the keys of dictionaries of help texts."""
    names = set()
    for text in sources():
        if "describe([" in text or "static let descriptions" in text:
            names |= set(re.findall(r'^ *"([a-z][a-z0-9_]*)":', text, re.MULTILINE))
    return names


def recorded_metrics():
    """The names of the metrics that the sources record, with the ends that PrometheusRegistry adds to them."""
    names = set()
    for text in sources():
        for kind, label in re.findall(r'\b(Counter|Gauge|Meter|Recorder|Timer)\(\s*label: "([^"]+)"', text):
            end = {"Counter": "_total", "Timer": "_seconds"}.get(kind, "")
            names.add(label.replace(".", "_").removesuffix(end) + end)
    return names


def violations():
    tests = (FOLDER / "rules.test.yml").read_text()
    described = described_metrics()
    known = described | OWN_METRICS
    alerts = list(expressions((FOLDER / "rules.yml").read_text()))
    if not alerts:
        yield f"{FOLDER}/rules.yml: there is no alert"
    for metric in sorted(recorded_metrics() - described):
        yield f"{metric}: the metric has no help text; add it to one of the dictionaries of PrometheusRegistry"
    for name, expression in alerts:
        for metric in sorted(metrics(expression) - known):
            yield f"{FOLDER}/rules.yml: {name}: no service has the metric {metric}"
        if f"alertname: {name}, exp_alerts: []" not in tests:
            yield f"{FOLDER}/rules.yml: {name}: no test shows that it does not fire too early"
        if not re.search(rf"alertname: {name}\n +exp_alerts:\n", tests):
            yield f"{FOLDER}/rules.yml: {name}: no test shows that it fires"


found = list(violations())
for violation in found:
    print(violation, file=sys.stderr)
sys.exit(bool(found))
