"""Checks docs/articles.md: every row of the articles names what shows it, and that exists. `scripts/check` runs this.

A row begins with a line `**12. Title**`. Its items say what shows it, why it is declined, or what is missing:

    - Test: `Tests/JWTTests/ClaimTests.swift`: a token has expired at the time in exp and later
    - Page: [A walk through the system](walkthrough.md#look-inside)
    - Script: `scripts/test-compose`
    - Declined: This system responds with 404, because 403 would tell that the order exists.
    - Open: The service `compare` will show it.

A test of a service that scripts/remove-service has removed need not exist. An item may continue on indented lines. The page
also states how many rows there are of each verdict. Prints each violation with its line, and exits with 1 if there is one.
"""

import collections
import os
import re
import sys

import services

PAGE = "docs/articles.md"
ROWS = 96

ROW = re.compile(r"\*\*(\d+)\. \S.*")
ITEM = re.compile(r"- (Test|Page|Script|Declined|Open): (.+)")
TEST = re.compile(r"`(Tests/\S+)`: (.+)")
SCRIPT = re.compile(r"`(scripts/[\w-]+)`")
LINK = re.compile(r"\[[^]]+\]\(([\w./-]*\.md)?(?:#([\w-]+))?\)")
COUNT = re.compile(r"Of the (\d+) rows, (\d+) are shown, (\d+) are declined with a reason, and (\d+) are open\.")


def paragraphs(lines):
    """Yields the number and the text of each line, joined with the indented lines after it."""
    start, text = 0, ""
    for number, line in enumerate(lines, 1):
        if line.startswith("  ") and text:
            text += " " + line.strip()
            continue
        if text:
            yield start, text
        start, text = number, line
    if text:
        yield start, text


def anchors(path):
    """The anchors of the headings of a page, as GitHub makes them."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem_of(kind, text):
    """What an item names and does not exist; None if all is well."""
    if kind == "Test":
        match = TEST.fullmatch(text)
        if not match:
            return "is not written as `FILE`: NAME"
        if not os.path.isfile(match[1]):
            removed = {f"Tests/{name.capitalize()}Tests" for name in services.removed_services()}
            return None if os.path.dirname(match[1]) in removed else f"names {match[1]}, which does not exist"
        with open(match[1], encoding="utf-8") as file:
            if f"func `{match[2]}`" not in file.read():
                return f"names a test that {match[1]} does not have: {match[2]}"
    if kind == "Script":
        match = SCRIPT.fullmatch(text)
        if not match or not os.access(match[1], os.X_OK):
            return "does not name a script"
    if kind == "Page":
        match = LINK.fullmatch(text)
        if not match:
            return "is not one link"
        path = os.path.join("docs", match[1]) if match[1] else PAGE
        if not os.path.isfile(path):
            return f"names {path}, which does not exist"
        if match[2] and match[2] not in anchors(path):
            return f"names a heading that {path} does not have: {match[2]}"
    if kind in ("Declined", "Open") and not text.endswith("."):
        return "is not a sentence"
    return None


def verdict(kinds):
    """A row is open if something is missing, declined if the system does otherwise, and shown if not."""
    if "Open" in kinds:
        return "open"
    return "declined" if "Declined" in kinds else "shown"


def check(lines):
    """Yields a line number and a sentence for each violation."""
    rows, kinds, stated = [], {}, None
    for number, text in paragraphs(lines):
        if match := COUNT.search(text):
            stated = (number, tuple(map(int, match.groups())))
        if match := ROW.match(text):
            rows.append((number, int(match[1])))
            kinds[int(match[1])] = []
        elif match := ITEM.fullmatch(text):
            if not rows:
                continue
            kinds[rows[-1][1]].append(match[1])
            if problem := problem_of(match[1], match[2]):
                yield number, f"an item of row {rows[-1][1]} {problem}"
        elif text.startswith("- ") and rows:
            yield number, "an item begins with none of Test, Page, Script, Declined and Open"
    if [row for _, row in rows] != list(range(1, ROWS + 1)):
        yield 1, f"the rows are not 1 to {ROWS}, each once and in this order"
    for number, row in rows:
        if not kinds[row]:
            yield number, f"row {row} has nothing that shows it"
    counts = collections.Counter(map(verdict, kinds.values()))
    true = (len(rows), counts["shown"], counts["declined"], counts["open"])
    if stated is None:
        yield 1, "the page does not state the number of rows of each verdict"
    elif stated[1] != true:
        yield stated[0], "the true numbers are {}: {} shown, {} declined, {} open".format(*true)


def main():
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().split("\n")
    violations = [f"{PAGE}:{number}: {problem}" for number, problem in check(lines)]
    if violations:
        explanation = "Every row of the articles names the tests and headings that show it, or a reason."
        print("\n".join(violations), f"^ {explanation}\n", sep="\n", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
