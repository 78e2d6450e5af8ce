"""The tables and plots of a comparison."""

from measurements import MECHANISMS, QUICK_MECHANISMS

COLORS = {"basic": "#8a5a00", "session": "#3a5fa8", "token": "#a8443a", "jwt": "#14594a"}


def table(heading, columns, rows):
    """A table in Markdown. A row is a label with its values."""
    lines = [f"| {heading} | " + " | ".join(columns) + " |", "| --- " + "| ---: " * len(columns) + "|"]
    for label, *values in rows:
        texts = [f"{value:,}".removesuffix(".0") if isinstance(value, (int, float)) else value for value in values]
        lines.append(f"| {label} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


def outage(found):
    statuses = ", ".join(
        f"{count} × {status}" if count > 1 else str(status) for status, count in found["statuses"].items())
    return f"{statuses} after {found['milliseconds']:,} ms"


def mechanism_table(result):
    rows = [
        ("requests a second a core", "per_second_a_core"), ("p50, ms", "p50_ms"), ("p99, ms", "p99_ms"),
        ("authentication, µs (median)", "authentication_us"), ("processor time of compare, µs", "cpu_us_of_compare"),
        ("processor time of login, µs", "cpu_us_of_login"), ("calls of login", "calls_of_login"),
        ("queries of login's database", "reads_of_login"), ("queries of compare's database", "reads_of_compare"),
        ("credentials, bytes", "credential_bytes")]
    return table(
        "For each request", MECHANISMS,
        [(label, *(result["mechanisms"][mechanism][name] for mechanism in MECHANISMS)) for label, name in rows])


def user_table(result):
    counts = result["users"]
    found = counts.values()
    rows = [
        (f"{mechanism}, requests a second a core", *(one[mechanism]["per_second_a_core"] for one in found))
        for mechanism in QUICK_MECHANISMS]
    for name in ["login", "compare"]:
        rows += [
            (f"memory of {name}, MB", *(round(one[f"memory_of_{name}"] / 1e6, 1) for one in found)),
            (f"more memory of {name} for each user, bytes", *(one[f"memory_of_{name}_a_user"] for one in found)),
            (f"more disk of {name} for each user, bytes", *(one[f"disk_of_{name}_a_user"] for one in found))]
    return table("Users with sessions", [f"{count:,}" for count in counts], rows)


def replica_table(result):
    counts = result["replicas"]
    rows = []
    for mechanism in QUICK_MECHANISMS:
        found = [count[mechanism] for count in counts.values()]
        rows.append((f"{mechanism}, requests a second", *(one["per_second"] for one in found)))
        rows.append((f"{mechanism}, requests a second a core", *(one["per_second_a_core"] for one in found)))
        rows.append((f"{mechanism}, processor time of login for each, µs", *(one["cpu_us_of_login"] for one in found)))
    for state in ["frozen", "dead"]:
        for mechanism in MECHANISMS:
            rows.append((
                f"{mechanism}, login {state}",
                *(outage(count["outage"][mechanism][state]) for count in counts.values())))
    return table("Replicas of compare", [str(count) for count in counts], rows)


def revocation_table(result):
    rows = []
    for found in result["revocations"]["verification"]:
        entries = "none" if found["entries"] is None else f"{found['entries']:,} entries"
        rows.append((entries, found["nanoseconds"], found["bytes"]))
    return table("List of revocations", ["verification, ns", "memory, bytes"], rows)


def size_table(result):
    rows = [(name.replace("_", " "), count) for name, count in result["bytes"].items()]
    return table("Token", ["bytes"], rows)


def text(result):
    """All tables in Markdown."""
    tables = [mechanism_table, user_table, replica_table, revocation_table, size_table]
    return "\n\n".join([make(result) for make in tables] + [
        f"From the start of login without a database to its first token: {result['first_token_seconds']} s."])


def plot(result, folder):
    """Writes the plots as SVG."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    pyplot.rcParams["svg.hashsalt"] = "comparison"

    def save(figure, axes, name, title):
        axes.set_title(title, loc="left", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(folder / f"comparison-{name}.svg", metadata={"Date": None}, facecolor="white")
        pyplot.close(figure)

    def bars(name, title, values, unit="{:,.0f}"):
        figure, axes = pyplot.subplots(figsize=(6, 3))
        drawn = axes.bar(list(values), list(values.values()), color=[COLORS[mechanism] for mechanism in values])
        axes.bar_label(drawn, fmt=unit)
        axes.set_yscale("log")
        save(figure, axes, name, title)

    def lines(name, title, label, groups):
        figure, axes = pyplot.subplots(figsize=(6, 3))
        for mechanism in QUICK_MECHANISMS:
            axes.plot(
                [f"{key:,}" for key in groups], [group[mechanism]["per_second_a_core"] for group in groups.values()],
                marker="o", label=mechanism, color=COLORS[mechanism])
        axes.set_ylim(bottom=0)
        axes.set_xlabel(label)
        axes.legend(frameon=False)
        save(figure, axes, name, title)

    mechanisms = result["mechanisms"]
    for name, title, value in [
        ("requests", "Requests a second a core (logarithmic)", "per_second_a_core"),
        ("authentication", "Authentication of a request, µs, median (logarithmic)", "authentication_us"),
    ]:
        bars(name, title, {mechanism: mechanisms[mechanism][value] for mechanism in MECHANISMS})
    lines("users", "Requests a second a core, by users with a session", "users", result["users"])
    lines("replicas", "Requests a second a core, by replicas of compare", "replicas", result["replicas"])
