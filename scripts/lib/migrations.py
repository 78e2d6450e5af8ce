"""Writes the migrations of the services as SQL files for squawk: migrations.py FOLDER [SCHEMA…]

A database on PostgreSQL got the migrations up to the first version with PostgreSQL in one transaction, so they are one
file. Each later migration is a file, because it changes tables that have rows and that older replicas use.
"""

import pathlib
import re
import sys
import textwrap

# The last migration of the first version with PostgreSQL.
LAST_OF_FIRST_VERSION = {
    "Catalog": "reservations", "Compare": "notes", "Inbox": "messages", "Login": "known clients",
    "Orders": "outbox by kind",
}
# What each session sets before it migrates: PostgreSQLURL and PostgreSQLEngine.
SETTINGS = "SET lock_timeout = '4s';\nSET statement_timeout = '0';\n"
MIGRATION = re.compile(r'Migration\(\s*"([^"]+)",\s*(?:"""\n(.*?)\n *"""|"([^"]*)")\)', re.DOTALL)


def migrations(schema):
    """The names and the statements of the migrations in a file of Swift."""
    text = schema.read_text()
    found = [
        (match[1], textwrap.dedent(match[2] or match[3]).rstrip().rstrip(";") + ";\n")
        for match in MIGRATION.finditer(text)
    ]
    if len(found) != text.count("Migration(") or not found:
        sys.exit(f"{schema}: scripts/lib/migrations.py cannot read a migration; write it like the others")
    return found


def write(schema, folder):
    service = schema.parent.name
    found = migrations(schema)
    names = [name for name, _ in found]
    last = LAST_OF_FIRST_VERSION.get(service)
    first_count = names.index(last) + 1 if last in names else 0
    parts = [("first version", "".join(sql for _, sql in found[:first_count]))] if first_count else []
    for number, (name, sql) in enumerate(parts + found[first_count:]):
        file = f"{service} {number:02} {name}.sql".replace(" ", "-").lower()
        (folder / file).write_text(SETTINGS + sql)


target = pathlib.Path(sys.argv[1])
for path in map(pathlib.Path, sys.argv[2:] or sorted(pathlib.Path("Services").glob("*/Schema.swift"))):
    write(path, target)
