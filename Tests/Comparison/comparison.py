"""Measures the four mechanisms of the service compare on the same resource, on clusters that it starts itself.

The arguments are the folder of the executables, the folder for the results, and `--short` for few requests and no
plots. It prints tables and writes comparison.json. Each number of requests a second a core is the number of requests
divided by the processor time that compare and login used, so the speed of this program has no influence on it.
"""

import argparse
import json
import pathlib

import report
from measurements import measure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("executables", type=pathlib.Path)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    if not arguments.short:
        # Fail before the measurements, not after them.
        import matplotlib  # noqa: F401
    result = measure(arguments.executables.resolve(), arguments.short)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "comparison.json").write_text(json.dumps(result, indent=2) + "\n")
    print(report.text(result))
    if not arguments.short:
        report.plot(result, arguments.results)


if __name__ == "__main__":
    main()
