"""Copies one SQLite file of a service into a PostgreSQL database. `scripts/move-to-postgres` runs this.

    move.py FILE COMMAND…

The environment variable DATABASE_URL names the target. COMMAND creates its tables. All rows are copied in one transaction,
which commits only when the rows read back from PostgreSQL have the number and the SHA-256 of those in the file. The file is
opened for reading only. A target that has the same rows already stays as it is; one with other rows is refused.

Both sides are compared in the text format of COPY, each table in the order of its primary key. PostgreSQL must sort text by
its bytes for this, as a service requires at its start.
"""

import hashlib
import os
import sqlite3
import subprocess
import sys

try:
    import psycopg2
except ImportError:
    sys.exit("Python needs psycopg2: install it, on Debian with apt-get install python3-psycopg2")

# The rows that migrations insert. A target with no other rows counts as empty.
ROWS_OF_MIGRATIONS = {"feed": b"1\t1\tfirst\n"}
ESCAPES = str.maketrans(
    {"\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"})


class MoveError(Exception):
    """A sentence about why the data cannot be moved."""


class Digest:
    """The number and the SHA-256 of rows. psycopg2 writes the output of COPY to it."""

    def __init__(self):
        self.count = 0
        self.hash = hashlib.sha256()

    def write(self, data):
        # A row has no other line end, because COPY escapes those of its values.
        self.count += data.count(b"\n")
        self.hash.update(data)

    def __eq__(self, other):
        return (self.count, self.hash.digest()) == (other.count, other.hash.digest())


class Table:
    """A table of the target, with its columns and the columns of its primary key in their order."""

    def __init__(self, name, columns, key):
        self.name, self.columns, self.key = name, columns, key
        self.list = ", ".join(f'"{column}"' for column, _ in columns)
        self.order = ", ".join(f'"{column}"' for column in key)

    def encoded(self, value, kind):
        """The value as COPY writes it."""
        if value is None:
            return r"\N"
        match kind, value:
            case "bigint", int():
                return str(value)
            case "boolean", 0 | 1:
                return "t" if value else "f"
            case "text", str() if "\0" not in value:
                return value.translate(ESCAPES)
            case "bytea", bytes():
                return r"\\x" + value.hex()
        raise MoveError(f"the table {self.name} has a value that PostgreSQL cannot store as {kind}")

    def rows(self, source):
        """Yields the rows of the file as COPY writes them."""
        for row in source.execute(f'SELECT {self.list} FROM "{self.name}" ORDER BY {self.order}'):
            fields = (self.encoded(value, kind) for value, (_, kind) in zip(row, self.columns))
            yield ("\t".join(fields) + "\n").encode()

    def digest_of_target(self, cursor):
        digest = Digest()
        cursor.copy_expert(
            f'COPY (SELECT {self.list} FROM "{self.name}" ORDER BY {self.order}) TO STDOUT', digest)
        return digest


class Rows:
    """The rows of a table as a file that psycopg2 reads, and the digest of what it has read."""

    def __init__(self, rows):
        self.rows, self.rest, self.digest = rows, b"", Digest()

    def read(self, size):
        parts, length = [self.rest], len(self.rest)
        while length < size and (row := next(self.rows, None)) is not None:
            parts.append(row)
            length += len(row)
        data = b"".join(parts)
        data, self.rest = data[:size], data[size:]
        self.digest.write(data)
        return data


def open_source(path):
    """Opens the file for reading only. Without a log, SQLite need not create files beside it either."""
    # The log is beside the file, not beside a link to it.
    path = os.path.realpath(path)
    logs = [path + "-wal", path + "-journal"]
    has_log = any(os.path.exists(log) and os.path.getsize(log) > 0 for log in logs)
    mode = "mode=ro" if has_log else "immutable=1"
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{quoted}?{mode}", uri=True, isolation_level=None)


def state_of(path):
    """The sizes and times of the file and of its log, which tell whether somebody has written to them."""
    files = [os.path.realpath(path) + suffix for suffix in ("", "-wal", "-journal")]
    states = [os.stat(file) for file in files if os.path.exists(file)]
    return [(state.st_ino, state.st_size, state.st_mtime_ns) for state in states]


def user_of(path):
    """The id of another process that has the file open; None if there is none that this user can see."""
    target = os.stat(path)
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            for name in os.listdir(f"/proc/{process}/fd"):
                found = os.stat(f"/proc/{process}/fd/{name}")
                if (found.st_dev, found.st_ino) == (target.st_dev, target.st_ino):
                    return process
        except OSError:
            continue
    return None


def tables_of_target(cursor):
    """The tables of the target. A table comes after those that it refers to, because it was created after them."""
    cursor.execute("""
        SELECT relname, ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS part (number, position)
            JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = number ORDER BY position)
        FROM pg_class LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
        WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY pg_class.oid""")
    tables = []
    for name, key in cursor.fetchall():
        cursor.execute(
            """SELECT column_name, data_type FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position""", [name])
        tables.append(Table(name, cursor.fetchall(), key))
    return tables


def migrations_of(execute):
    return [name for (name,) in execute("SELECT name FROM schema_migrations ORDER BY place")]


def check_schema(path, source, cursor, tables):
    """Raises an error unless both sides have the same migrations, tables and columns."""
    def of_target(sql):
        cursor.execute(sql)
        return cursor.fetchall()

    here = migrations_of(source.execute)
    if here != migrations_of(of_target):
        raise MoveError(
            f"{path} has the tables of another version. Start and stop that file's services once with this version: "
            "scripts/up, then scripts/down")
    names = {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if names != {table.name for table in tables}:
        raise MoveError(f"{path} and the target have different tables")
    for table in tables:
        columns = {row[1] for row in source.execute(f'PRAGMA table_info("{table.name}")')}
        if columns != {column for column, _ in table.columns}:
            raise MoveError(f"the table {table.name} has different columns in {path} and in the target")


def digest_of(data):
    digest = Digest()
    for part in data:
        digest.write(part)
    return digest


def move(path, source, cursor):
    """Copies the rows and returns their number; None if the target has them already."""
    tables = tables_of_target(cursor)
    check_schema(path, source, cursor, tables)
    tables = [table for table in tables if table.name != "schema_migrations"]
    cursor.execute("SET LOCAL lock_timeout = 5000")
    for table in tables:
        cursor.execute(f'LOCK TABLE "{table.name}" IN ACCESS EXCLUSIVE MODE')
    found = {table.name: table.digest_of_target(cursor) for table in tables}
    if all(found[table.name] == digest_of(table.rows(source)) for table in tables):
        return None
    for table in tables:
        rows = ROWS_OF_MIGRATIONS.get(table.name)
        if found[table.name] != digest_of([rows] if rows else []):
            raise MoveError(
                f"the table {table.name} of the target has rows that are not in {path}. Name an empty database; to "
                "empty the private server, stop the services and remove the folder data/postgres")
        cursor.execute(f'DELETE FROM "{table.name}"')
    count = 0
    for table in tables:
        rows = Rows(table.rows(source))
        cursor.copy_expert(f'COPY "{table.name}" ({table.list}) FROM STDIN', rows, 1 << 20)
        if table.digest_of_target(cursor) != rows.digest:
            raise MoveError(f"PostgreSQL returns other rows of the table {table.name} than it was given")
        count += rows.digest.count
    return count


def run(path, command):
    if process := user_of(path):
        raise MoveError(f"the process {process} has {path} open. Stop it")
    state = state_of(path)
    source = open_source(path)
    target = psycopg2.connect(os.environ["DATABASE_URL"])
    # With another encoding of the environment or the role, PostgreSQL would take the bytes of one letter for several, and return
    # the same bytes for them.
    target.set_client_encoding("UTF8")
    with target, target.cursor() as cursor:
        tables = tables_of_target(cursor)
        if tables and not any(table.name == "schema_migrations" for table in tables):
            raise MoveError("the target has tables of another program. Name an empty database")
    if subprocess.run(command, check=False).returncode != 0:
        raise MoveError("the tables cannot be created; the lines above say why")
    with target, target.cursor() as cursor:
        count = move(path, source, cursor)
        if state_of(path) != state:
            raise MoveError("it changed meanwhile. Stop the service that uses it")
    if count is None:
        print(f"{path}: PostgreSQL has the same rows already.")
    else:
        print(f"{path}: moved {count} rows; their checksums agree.")


def main():
    path, *command = sys.argv[1:]
    try:
        run(path, command)
    except MoveError as error:
        sys.exit(f"{path} was not moved: {error}.")
    except (sqlite3.Error, psycopg2.Error) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        sys.exit(f"{path} was not moved: {lines[0]}")


main()
