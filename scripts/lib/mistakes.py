"""Checks docs/oauth.md: every mistake names the code that rejects it and the tests that show it, and both exist.
`scripts/check` runs this.

A mistake begins with a line `**Title**` in the section "The code that rejects each". Its items are those of
`articles.py`, and of a second kind:

    - Code: `Services/Login/Authorization/CodeChallenge.swift`: `parameters.value(of: "code_challenge_method") == "S256"`

The file must have the text in one of its lines. Prints each violation with its line, and exits with 1 if there is one.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
import articles

PAGE = "docs/oauth.md"
SECTION = "## The code that rejects each"

MISTAKE = re.compile(r"\*\*(.+)\*\*")
ITEM = re.compile(r"- (Code|Test): (.+)")
CODE = re.compile(r"`((?:Services|Shared)/\S+)`: `(.+)`")


def problem_of_code(text):
    """What an item of the kind Code names and does not exist; None if all is well."""
    match = CODE.fullmatch(text)
    if not match:
        return "is not written as `FILE`: `TEXT`"
    if not os.path.isfile(match[1]):
        return f"names {match[1]}, which does not exist"
    with open(match[1], encoding="utf-8") as file:
        if not any(match[2] in line and not line.lstrip().startswith("//") for line in file):
            return f"names code that {match[1]} does not have: {match[2]}"
    return None


def check(lines):
    """Yields a line number and a sentence for each violation."""
    kinds, title, inside = {}, None, False
    for number, text in articles.paragraphs(lines):
        if text.startswith("## "):
            inside = text == SECTION
        elif inside and (match := MISTAKE.fullmatch(text)):
            title = match[1]
            kinds[title] = (number, set())
        elif inside and text.startswith("- "):
            item = ITEM.fullmatch(text)
            if not item or title is None:
                yield number, "an item begins with neither Code nor Test, or belongs to no mistake"
                continue
            kinds[title][1].add(item[1])
            problem = problem_of_code(item[2]) if item[1] == "Code" else articles.problem_of("Test", item[2])
            if problem:
                yield number, f"an item of '{title}' {problem}"
    if not kinds:
        yield 1, f"the page has no mistakes in a section '{SECTION}'"
    for title, (number, found) in kinds.items():
        for kind in {"Code", "Test"} - found:
            yield number, f"'{title}' names no {kind}"


def main():
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().split("\n")
    violations = [f"{PAGE}:{number}: {problem}" for number, problem in check(lines)]
    if violations:
        explanation = "Every mistake names the code that rejects it and the tests that show it."
        print("\n".join(violations), f"^ {explanation}\n", sep="\n", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
