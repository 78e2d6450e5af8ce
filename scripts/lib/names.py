"""The rules about names and documentation comments that a machine can check. `scripts/check` runs them.

Prints each violation with its file, line and rule, and exits with 1 if there is one. The sources are formatted by
`swift format`, so one declaration stands on a line and indentation shows what is inside of what.
"""

import os
import re
import sys

FOLDERS = ["Services", "Shared", "Tools", "Tests", "Benchmarks/Sources", "Fuzz/Sources/JWTFuzz"]

# Files that need not be named after a type, each with its reason.
FILE_NAME_EXCEPTIONS = {
    "App.swift": "the type with @main is named after its service, the file after its role",
    "App+build.swift": "Hummingbird's templates give this name to the file that assembles the application",
    "Package.swift": "the package manager takes this name for a manifest",
    "main.swift": "the compiler takes this name for a program without @main",
    "JWTFuzz.swift": "libFuzzer calls a C function, so there is no type",
}

# Metaphors that have a common term in the field.
BANNED_WORDS = {"door", "bell", "ear", "desk", "visit", "place", "reply", "frame", "fault"}
PLURALS = {word + "s": word for word in BANNED_WORDS} | {"replies": "reply"}

# A test's name is a sentence, so it begins with a noun and its article. Without a dictionary, a name is rejected when
# it has fewer than three words, begins with a word of this list (a preposition, a conjunction, a verb in the third
# person, or a pronoun without a noun), or has neither a verb of the second list nor a word that ends in -s or -ed.
NO_BEGINNING = set(
    "about after along also although and as at because before behind below beside between beyond but by despite during "
    "for from if in inside into nor of off on or outside over since so than that through to too toward under unless "
    "until up upon when whenever where wherever while with within without "
    "what whatever who whoever whose whom which it its "
    "accepts adds answers are asks becomes can cannot comes costs could deletes denies did does ends expires finds "
    "gives goes had has have holds is keeps leaves lets lives loses makes may might must needs passes puts refuses "
    "rejects removes returns says sees should shows stays stops takes tells waits was were will works would "
    "damaged erased".split())
VERBS = set(
    "are can cannot could did do does end fail get give had has have hold is keep leave make may might must pass share "
    "should stay take was were will work would".split())

# `swift format` wraps code at 120 characters. A comment may be a little longer, so a changed word needs no new wrap.
LONGEST_COMMENT_LINE = 132

TYPE = re.compile(
    r"^ *(?:@\w+(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))? +)*(?:[a-z]\w*(?:\(\w+\))? +)*?"
    r"(?P<kind>struct|class|enum|actor|protocol|typealias|extension) +(?P<name>`[^`]+`|\[?[A-Z][\w.]*)")
FUNCTION = re.compile(r"(?:@\w+ )*(?:public )?func (\w+)")
TEST = re.compile(r"^ *(?:@Test\b.*)?\bfunc (?P<name>`[^`]+`)")
REQUIREMENT = re.compile(r"(?:static |mutating |@\w+ )*(?:func|var|init|subscript|associatedtype)\b")


def swift_files():
    """Yields each Swift file's path and lines, the lines of multi-line strings emptied."""
    for top in FOLDERS:
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith(".swift"):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        yield path, without_text(file.read().split("\n"))


def without_text(lines):
    """Empties the lines of strings in three quotation marks, which may hold anything."""
    inside = False
    kept = []
    for line in lines:
        kept.append("" if inside else line)
        if line.count('"""') % 2 == 1:
            inside = not inside
    return kept


def words_of(name):
    """The words of a sentence, or of a name in camel case, in lower case and the singular."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return [PLURALS.get(word.lower(), word.lower()) for word in found]


def banned_word(name):
    return next((word for word in words_of(name) if word in BANNED_WORDS), None)


def check_file_names(path, lines):
    """`Type.swift` declares or extends Type, and so does `Type+Topic.swift`. A file may also be named after its function,
    and `…Tests.swift` hold a suite whose name is a sentence."""
    file = os.path.basename(path)
    if file in FILE_NAME_EXCEPTIONS:
        return
    stem, plus, topic = file.removesuffix(".swift").partition("+")
    names = [match["name"] for match in map(TYPE.match, lines) if match]
    functions = [match[1] for match in map(FUNCTION.match, lines) if match]
    is_suite = stem.endswith("Tests") and any(name.startswith("`") for name in names)
    is_named = any(stem in [name.strip("["), *name.strip("[").split(".")] for name in names)
    if not (is_suite or is_named or stem.lower() in (function.lower() for function in functions)):
        yield 1, f"declares no {stem}"
    if plus and not topic[:1].isupper():
        yield 1, "the topic after the + begins with a capital"


def check_words(path, lines):
    if word := banned_word(os.path.basename(path)):
        yield 1, f"the file's name has the word '{word}'"
    for number, line in enumerate(lines, 1):
        if (match := TYPE.match(line)) and match["kind"] != "extension":
            name = match["name"]
        elif match := TEST.match(line):
            # To place an order is the shop's own term.
            name = re.sub(r"\bplaces? (?:\w+ )?orders?\b", "", match["name"])
        else:
            continue
        if word := banned_word(name):
            yield number, f"{match['name']} has the word '{word}'"


def check_test_names(path, lines):
    if not path.startswith("Tests/"):
        return
    for number, line in enumerate(lines, 1):
        if re.match(r" *@Test\b.*\bfunc \w", line):
            yield number, "a test's name is a sentence in backticks"
        if match := TEST.match(line):
            if problem := problem_of_sentence(match["name"].strip("`")):
                yield number, f"{match['name']} {problem}"


def problem_of_sentence(name):
    words = name.split()
    if len(words) < 3:
        return "has fewer than three words"
    if words[0] in NO_BEGINNING:
        return f"begins with '{words[0]}', so it continues another sentence"
    if not any(word in VERBS or re.search(r"(?:[a-z]s|ed)\W?$", word) for word in words):
        return "seems to have no verb"
    return None


def check_documentation(path, lines):
    """Cases of public enumerations and requirements of public protocols, which `swift format` does not look at."""
    container = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        if container and line.strip() and indent <= container[0] and not line.strip().startswith(("//", "{")):
            container = None
        match = TYPE.match(line)
        if match and re.match(r"(?:@\S+ )*public\b", line.strip()) and match["kind"] in ("enum", "protocol"):
            container = (indent, match["kind"])
            continue
        if container and indent == container[0] + 4:
            pattern = r"(?:indirect )?case\b" if container[1] == "enum" else REQUIREMENT
            if re.match(pattern, line.strip()) and not is_documented(lines, number - 1):
                yield number, f"no documentation comment above '{line.strip()}'"


def check_comment_lines(path, lines):
    """Lines of comments, which `swift format` does not wrap."""
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("//") and len(line) > LONGEST_COMMENT_LINE:
            yield number, f"a comment line of {len(line)} characters"


def is_documented(lines, index):
    while index > 0 and lines[index - 1].strip().startswith("@"):
        index -= 1
    return index > 0 and lines[index - 1].strip().startswith("///")


RULES = {
    "file": (check_file_names, "A file is named after its main type; scripts/lib/names.py lists the exceptions."),
    "word": (check_words, "No type, file or test is named by a metaphor: use the term of the field."),
    "test": (check_test_names, "A test's name is a whole sentence that makes sense without its suite."),
    "documentation": (check_documentation, "Public declarations are documented."),
    "comment": (check_comment_lines, f"A comment line has at most {LONGEST_COMMENT_LINE} characters."),
}


def main():
    files = list(swift_files())
    has_failed = False
    for rule, (check, explanation) in RULES.items():
        violations = [
            f"{path}:{line}: {problem}"
            for path, lines in files
            for line, problem in check(path, lines)]
        if violations:
            has_failed = True
            print("\n".join(violations), f"^ {explanation}\n", sep="\n", file=sys.stderr)
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
