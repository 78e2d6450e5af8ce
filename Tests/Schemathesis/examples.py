"""Checks that every example in an OpenAPI document conforms to its schema. Usage: examples.py URL"""

import sys

import jsonschema_rs
import requests


def resolved(document, node):
    """The node that a chain of local references leads to."""
    while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
        target = document
        for name in node["$ref"][2:].split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def examples(document, node):
    """The examples of a media type, a parameter, a header or a schema."""
    if "example" in node:
        yield node["example"]
    listed = node.get("examples", [])
    if isinstance(listed, dict):
        yield from (resolved(document, example)["value"] for example in listed.values())
    else:
        yield from listed


def check(document, node, path=()):
    """Checks all examples below a node and returns their number."""
    if isinstance(node, list):
        return sum(check(document, item, (*path, str(index))) for index, item in enumerate(node))
    if not isinstance(node, dict):
        return 0
    count = 0
    is_schema = "schemas" in path[:-1]
    schema = node if is_schema else node.get("schema")
    if schema is not None and not (is_schema and path[-2] != "schemas"):
        for example in examples(document, node):
            validator = jsonschema_rs.Draft202012Validator(
                {**schema, "components": document["components"]}, validate_formats=True
            )
            if not validator.is_valid(example):
                error = next(validator.iter_errors(example))
                sys.exit(f"The example at {'/'.join(path)} does not conform to its schema: {error}")
            count += 1
    return count + sum(
        check(document, child, (*path, name)) for name, child in node.items() if name not in ("example", "examples")
    )


document = requests.get(sys.argv[1], timeout=10).json()
print(check(document, document), "examples conform to their schemas.")
