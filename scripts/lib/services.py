"""The services of the project. `Services/services.txt` lists them, and this module keeps every other file in agreement with it.

    services.py check                prints each part of a file that disagrees, and exits with 1 if there is one
    services.py update               writes those parts
    services.py add NAME [PORT]      adds a service from scripts/lib/service-template, and updates
    services.py remove NAME          removes a service, and updates

The current folder is the folder of the project.
"""

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

LIST = pathlib.Path("Services/services.txt")
TEMPLATE = pathlib.Path(__file__).parent / "service-template"
# Every other service needs login.
PERMANENT = "login"
# The pages of docs/ and the scripts give these ports to other programs.
TAKEN_PORTS = {4318, 8085, 8090}
KEYWORDS = set(
    "actor any as associatedtype async await borrowing break case catch class consume consuming continue convenience copy "
    "default defer deinit didset discard distributed do dynamic each else enum extension fallthrough false fileprivate final "
    "for func get guard if import in indirect infix init inout internal is isolated lazy left let macro module mutating nil "
    "none nonisolated open operator optional override package postfix precedence prefix private protocol public repeat "
    "required rethrows return right self sending set some static struct subscript super swift switch throw throws true try "
    "type typealias unowned unsafe var weak where while willset yield".split())
# Words that YAML reads as other values.
YAML_VALUES = {"false", "no", "null", "off", "on", "true", "yes"}
# Types of the modules that a service and its tests import, because the type of the service would hide them.
TYPES = set(
    "application array atomic attachment bool bug bundle cache calendar character clock codable collection comment "
    "comparable configuration confirmation cookie cookies counter data date decimal decodable decoder dictionary dimension "
    "double duration encodable encoder environment equatable error executor expression float formatter gauge hashable hasher "
    "host identifiable index instant int issue iterator locale lock logger measurement meter metrics mirror mutex never "
    "notification numeric operation parameters parser pipe port predicate process progress range recorder regex repeated "
    "request response result router scanner sendable sequence server service set slice stream strideable string substring "
    "suite tag task test thread timer trait unicode unit unmanaged url uuid void".split())
# Databases of every PostgreSQL server, names of this machine, prefixes of variables (WXAPP_URL), a service of docs/, and words
# of the scripts and the tests.
OTHER_NAMES = set(
    "all databases drills localhost names postgres shop standard template0 template1 wishlist wxapp".split())
INTERRUPTIONS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
# The folder in which a command prepares its changes, and the file in it while the command makes them.
FOLDER_PREFIX, CHANGING = ".services-", "changing"
COMPOSE_FILES = [pathlib.Path("docker-compose.yml"), pathlib.Path("compose.scale.yml")]


@dataclasses.dataclass(frozen=True)
class Service:
    name: str
    port: int
    is_optional: bool = False

    @property
    def title(self):
        """The name of its folder and of its main type."""
        return self.name.capitalize()

    def render(self, text):
        """Fills in a template of this module or a file of the folder `service-template`."""
        return text.replace("@name@", self.name).replace("@Name@", self.title).replace("@port@", str(self.port))


def read_services():
    """The services in the order of the list."""
    text, services = LIST.read_text(), []
    if not text.endswith("\n"):
        sys.exit(f"{LIST} must end with a line break.")
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        match = re.fullmatch(r"([a-z][a-z0-9]*) +([0-9]+)(?: +(optional))?", line)
        if not match:
            sys.exit(f"{LIST}:{number} must have a name, a port and perhaps the word optional: {line}")
        services.append(Service(match[1], int(match[2]), bool(match[3])))
    for values in [[service.name for service in services], [service.port for service in services]]:
        if len(set(values)) < len(values):
            sys.exit(f"{LIST} has a name or a port twice.")
    return services


# Which services a part of a file lists.
def every(service):
    return True


def standard(service):
    return not service.is_optional


def optional(service):
    return service.is_optional


def standard_but_login(service):
    return not service.is_optional and service.name != PERMANENT


@dataclasses.dataclass(frozen=True)
class Words:
    """A list inside of a line or of a paragraph: the first group of a pattern that matches once."""

    pattern: str
    item: str = "@name@"
    separator: str = " "
    lists: object = every
    empty: str = ""

    def updated(self, text, services):
        matches = list(re.finditer(self.pattern, text, re.MULTILINE))
        if len(matches) != 1:
            raise ValueError(
                f"has {len(matches)} of these, but scripts/lib/services.py looks for one: {self.pattern}")
        words = self.separator.join(service.render(self.item) for service in services if self.lists(service))
        return text[: matches[0].start(1)] + (words or self.empty) + text[matches[0].end(1) :]


@dataclasses.dataclass(frozen=True)
class Blocks:
    """One piece of text for each service, in the order of the list. A pattern with the group `name` or `Name` matches a
    piece. A new service gets the template. Existing pieces stay as they are, and must be complete and have the required
    text."""

    pattern: str
    template: str
    lists: object = every
    required: str = ""

    def updated(self, text, services):
        wanted = [service for service in services if self.lists(service)]
        matches = list(re.finditer(self.pattern, text, re.MULTILINE))
        if not matches:
            raise ValueError(f"has nothing like this, which scripts/lib/services.py looks for: {self.pattern}")
        found = {}
        for match in matches:
            check_complete(text, match)
            found.setdefault(name_of(match), match)
        names = {service.name for service in wanted}
        for service in wanted:
            required = service.render(self.required)
            if service.name in found and required not in found[service.name][0]:
                raise ValueError(f"the part about {service.name} must have: {required.strip()}")
        # The position after the piece of the service before, or before the first piece.
        position, insertions = matches[0].start(), {}
        for service in wanted:
            if service.name in found:
                position = found[service.name].end()
            else:
                insertions[position] = insertions.get(position, "") + service.render(self.template)
        result, copied = "", 0
        for match in matches:
            result += text[copied : match.start()] + insertions.pop(match.start(), "")
            result += match[0] if name_of(match) in names else ""
            copied = match.end()
            result += insertions.pop(copied, "")
        return result + text[copied:]


@dataclasses.dataclass(frozen=True)
class References:
    """Pieces of text that name a service, written by hand. Those of a service that does not exist are removed."""

    pattern: str

    def updated(self, text, services):
        names = {service.name for service in services}

        def kept(match):
            if name_of(match) in names:
                return match[0]
            check_complete(text, match)
            return ""

        return re.sub(self.pattern, kept, text, flags=re.MULTILINE)


def name_of(match):
    groups = match.groupdict()
    return (groups.get("name") or groups.get("Name") or groups["NAME"]).lower()


def check_complete(text, match):
    """Raises an error if a piece of text ends before its last line: if a bracket is open, or if the next line is indented."""
    bare = re.sub(r"(^|\s)(#|//).*", "", match[0], flags=re.MULTILINE)
    are_closed = all(bare.count(opening) == bare.count(closing) for opening, closing in ["()", "[]", "{}"])
    if not are_closed or indentation(text[match.end() :]) > indentation(match[0]):
        raise ValueError(f"the part about {name_of(match)} differs in its form from the others, so it cannot be changed safely")


def indentation(text):
    """The number of spaces before the first line that is neither empty nor a comment."""
    return len(re.match(r"(?:[ ]*(?:(?:#|//).*)?\n)*([ ]*)", text)[1])


def further_lines(spaces):
    """A pattern of the lines of a piece after its first lines: they have at least this indentation, or are empty."""
    return rf"(?: {{{spaces}}}.*\n|\n(?=\n* {{{spaces}}}))*"


def target_pattern(function):
    """A pattern of the calls of a function of Package.swift."""
    return rf'^        {function}\(\s*"(?P<Name>\w+)"(?:(?! \w+\().)*\n{further_lines(9)}(?:        [\])]+,\n)?'


# What HAProxy does for each service.
PROXY_RULES = """\
    bind :@port@
    server-template @name@- 4 @name@:@port@
    http-request return status 404 if { path,url_dec -m reg ^/+metrics/*$ }
"""
LABEL = r"app\.kubernetes\.io/name"

# The parts of the files that list the services.
PARTS = {
    "Package.swift": [
        Blocks(
            r'^        \.executable\(name: "(?P<name>\w+)", targets: \["\w+Service"\]\),\n',
            '        .executable(name: "@name@", targets: ["@Name@Service"]),\n'),
        Blocks(target_pattern("service"), '        service("@Name@"),\n'),
        Blocks(target_pattern("serviceTests"), '        serviceTests("@Name@"),\n'),
    ],
    "Services/Login/KnownServices.swift": [
        Blocks(r'^        "(?P<name>\w+)": \d+,\n', '        "@name@": @port@,\n', required='"@name@": @port@,'),
        Words(r"^    private static let optional: Set<String> = \[(.*)\]$", '"@name@"', ", ", optional),
    ],
    ".devcontainer/devcontainer.json": [Words(r'"forwardPorts": \[(.*)\]', "@port@", ", ")],
    "docker-compose.yml": [
        Words(r"TOKEN_AUDIENCES: \$\{COMPOSE_PROFILES:\+(.*)\}$"),
        Blocks(
            rf"^(?:  #.*\n)*  (?P<name>\w+):\n    <<: \*service\n{further_lines(4)}\n",
            """\
  @name@:
    <<: *service
    image: hallpass-@name@
    build: { context: ., dockerfile: Services/Dockerfile, args: { SERVICE: @name@ } }
    ports: ["127.0.0.1:@port@:@port@"]
    volumes: [*secrets, "@name@:/data"]

""", required='ports: ["127.0.0.1:@port@:@port@"]'),
        # The volumes; that of Prometheus belongs to no service.
        Blocks(r"^  (?P<name>(?!prometheus:)\w+):\n(?!    )", "  @name@:\n"),
        References(r"^    (?P<NAME>[A-Z]+)_URL: http://\w+:\d+\n"),
        References(r"^      # .*\n      SESSION_READERS: \$\{COMPOSE_PROFILES:\+(?P<name>\w+)\}\n      PASSWORD_CHECKS: .*\n"),
    ],
    "compose.scale.yml": [
        Blocks(
            rf"^  (?P<name>\w+):\n    <<: \*replicas\n{further_lines(4)}\n",
            """\
  @name@:
    <<: *replicas
    ports: !reset []
    environment:
      <<: *environment
      DATABASE_URL: postgres://@name@@postgres/@name@?passfile=/run/passwords/@name@
    volumes: !override
      - *secrets
      - { type: bind, source: ./passwords/@name@, target: /run/passwords/@name@, read_only: true, bind: { create_host_path: false } }

""", standard, required="postgres://@name@@postgres/@name@?passfile=/run/passwords/@name@\n"),
        Words(r'^    ports: \[("127.*)\]$', '"127.0.0.1:@port@:@port@"', ", ", standard),
        References(r"^  (?P<NAME>[A-Z]+)_URL: http://haproxy:\d+\n"),
    ],
    "deploy/compose/databases.sh": [Words(r"^for service in (.*); do$", lists=standard)],
    "deploy/compose/haproxy.cfg": [
        Blocks(
            rf"^\nlisten (?P<name>\w+)\n{further_lines(4)}",
            f"\nlisten @name@\n{PROXY_RULES}", standard, required=PROXY_RULES),
    ],
    "deploy/kubernetes/base/kustomization.yaml": [
        Words(r"^resources: \[(.*)network-policies\.yaml\]$", "@name@.yaml, ", "", standard),
        References(r"^      - (?P<NAME>[A-Z]+)_URL=http://\w+:\d+\n"),
    ],
    "deploy/kubernetes/base/network-policies.yaml": [
        Blocks(
            r"^---\napiVersion: .*\nkind: NetworkPolicy\nmetadata:\n  name: (?P<name>\w+)\nspec:\n  podSelector:\n"
            rf"    matchLabels: \{{ {LABEL}: .*\n{further_lines(2)}",
            """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: @name@
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: @name@ }
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: { hallpass/ingress: "true" }
      ports: [{ protocol: TCP, port: http }]
  egress:
    - to:
        - podSelector:
            matchLabels: { app.kubernetes.io/name: login }
      ports: [{ protocol: TCP, port: http }]
""", standard),
        # Every service follows login's revocation feed.
        Words(
            rf"^    matchLabels: \{{ {LABEL}: login \}}\n  policyTypes: .*\n  ingress:\n    - from:\n"
            rf"        - namespaceSelector:\n.*\n((?:        - podSelector:\n            matchLabels: \{{ {LABEL}: .*\n)*)",
            "        - podSelector:\n            matchLabels: { app.kubernetes.io/name: @name@ }\n", "", standard_but_login),
        References(
            rf"^    - to:\n        - podSelector:\n            matchLabels: \{{ {LABEL}: (?P<name>\w+) \}}\n      ports: .*\n"),
        References(rf"^        - podSelector:\n            matchLabels: \{{ {LABEL}: (?P<name>\w+) \}}\n"),
    ],
    "deploy/kubernetes/overlays/example/kustomization.yaml": [
        Blocks(
            r"^  - \{ name: hallpass-(?P<name>\w+), .*\}\n",
            '  - { name: hallpass-@name@, newName: registry.example/hallpass-@name@, newTag: "1" }\n', standard),
        Words(r"^      - SERVICE_URLS=(.*)$", "@name@=https://@name@.example", " ", standard),
        Blocks(
            rf"^  - target: \{{ kind: Deployment, name: (?P<name>\w+) \}}\n{further_lines(4)}",
            """\
  - target: { kind: Deployment, name: @name@ }
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: { name: PUBLIC_URL, value: "https://@name@.example" }
""", standard),
        References(r"^      - SHOP_(?P<NAME>[A-Z]+)_URL=.*\n"),
    ],
    "deploy/prometheus/prometheus.yml": [
        Blocks(
            r"^      - \{ names: \[(?P<name>\w+)\], .*\}\n", "      - { names: [@name@], type: A, port: @port@ }\n", standard,
            required="names: [@name@], type: A, port: @port@ }"),
    ],
    "deploy/prometheus/rules.yml": [
        Blocks(
            r'^          or absent\(up\{job="hallpass", service="(?P<name>\w+)"\}\)\n',
            '          or absent(up{job="hallpass", service="@name@"})\n', standard),
        References(rf"^      # Only (?P<name>\w+) has this metric\..*\n      - alert: .*\n{further_lines(8)}\n?"),
    ],
    "deploy/prometheus/rules.test.yml": [
        *(
            Words(
                rf"^  - name: {test}\n    interval: .*\n    input_series:\n((?:.*instance=\"[a-z]\w+:\d+\"\}}', values: '1x27' \}}\n)*)",
                "      - { series: 'up{job=\"hallpass\", service=\"@name@\", instance=\"@name@:@port@\"}', values: '1x27' }\n", "",
                standard_but_login)
            for test in ["a service that does not respond", "a service whose containers have stopped"]),
        References(rf"^  # Only (?P<name>\w+) has this metric\.\n  - name: .*\n{further_lines(4)}\n?"),
    ],
    "docs/configuration.md": [
        Words(r"^\| `PORT` \| all \| (.*?) \|", "@port@ @name@", ", "),
        Words(r"^\| `TOKEN_AUDIENCES` \| login \| `(.*?)` \|", lists=standard),
    ],
    "docs/calls.md": [Words(r'"sub":"…","aud":\[(.*?)\],…"username"', '"@name@"', ",", standard)],
    "docs/walkthrough.md": [
        Words(r'^  "aud": \[\n((?:    "\w+",\n)*    "\w+")\n  \],$', '    "@name@"', ",\n", standard),
    ],
    "docs/oauth.md": [Words(r"E, F ───────►  (.*)$", separator=", ", lists=standard_but_login, empty="none")],
}


def files_of(service):
    """The files that a service must have, each with the texts that it must contain."""
    files = {
        f"Services/{service.title}/App+build.swift": ['static let name = "@name@"\n', "static let defaultPort = @port@\n"],
        f"Tests/{service.title}Tests/DescriptionTests.swift": ["DescriptionCheck"]}
    if standard(service):
        files[f"deploy/kubernetes/base/{service.name}.yaml"] = [
            "image: hallpass-@name@\n", "containerPort: @port@ }", "port: @port@, targetPort: http }", "key: @name@ }"]
    return {pathlib.Path(path): [service.render(text) for text in texts] for path, texts in files.items()}


@dataclasses.dataclass
class Changes:
    """The new texts of files, and the files and folders to remove. `apply` makes all of these changes or none."""

    texts: dict = dataclasses.field(default_factory=dict)
    removed: list = dataclasses.field(default_factory=list)

    def text(self, file):
        """The text of a file after the changes; None if there is no such file."""
        if file in self.texts:
            return self.texts[file]
        is_removed = any(file.is_relative_to(path) for path in self.removed)
        return None if is_removed or not file.exists() else file.read_text()

    def apply(self):
        for file in self.texts:
            if file.exists() and not (os.access(file, os.W_OK) and file.stat().st_mode & 0o222):
                sys.exit(f"{file} is read-only, so nothing changed. Make it writable, and run the command again.")
        # On the file system of the project, so a file is replaced in one step.
        folder = pathlib.Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="."))
        changing = folder / CHANGING
        undo = contextlib.ExitStack()
        try:
            for file, text in self.texts.items():
                new, old = folder / "new" / file, folder / "old" / file
                new.parent.mkdir(parents=True, exist_ok=True)
                new.write_text(text)
                old.parent.mkdir(parents=True, exist_ok=True)
                if file.exists():
                    shutil.copymode(file, new)
                    shutil.copy2(file, old)
            # The rest takes milliseconds.
            for number in INTERRUPTIONS:
                signal.signal(number, signal.SIG_IGN)
            changing.touch()
            for path in filter(pathlib.Path.exists, self.removed):
                old = folder / "old" / path
                old.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, old)
                undo.callback(shutil.move, old, path)
            for file in self.texts:
                for parent in reversed([parent for parent in file.parents if not parent.exists()]):
                    parent.mkdir()
                    undo.callback(parent.rmdir)
                if file.exists():
                    undo.callback(os.replace, folder / "old" / file, file)
                else:
                    undo.callback(file.unlink, missing_ok=True)
                os.replace(folder / "new" / file, file)
        except BaseException:
            try:
                undo.close()
            except OSError as error:
                sys.exit(f"Cannot restore the project: {error}. Its files before the command are in {folder}/old.")
            changing.unlink(missing_ok=True)
            shutil.rmtree(folder)
            raise
        changing.unlink()
        shutil.rmtree(folder)


def remove_remains():
    """Removes what a killed command left. Ends the command if that one was changing the project."""
    for folder in pathlib.Path(".").glob(FOLDER_PREFIX + "????????"):
        if (folder / CHANGING).exists():
            sys.exit(f"A command was killed while it changed the project. Its files before that command are in {folder}/old. "
                     f"Restore the project, then remove {folder}.")
        shutil.rmtree(folder)


def update(services, changes):
    """Adds the parts that disagree with the list to the changes. Yields each disagreement that remains."""
    for path, parts in PARTS.items():
        file = pathlib.Path(path)
        text = changes.text(file)
        if text is None:
            yield f"{path}: is missing"
            continue
        updated = text
        for part in parts:
            try:
                updated = part.updated(updated, services)
            except ValueError as error:
                yield f"{path}: {error}"
        if updated != text:
            changes.texts[file] = updated
    titles = {service.title for service in services}
    for folder in sorted(pathlib.Path("Services").iterdir()):
        is_hidden = folder.name.startswith(".")
        if folder.is_dir() and not is_hidden and folder.name not in titles and folder not in changes.removed:
            yield f"{folder}: is not in {LIST}. Remove the folder, or list its service"
    for service in services:
        for file, required in files_of(service).items():
            text = changes.text(file)
            if text is None:
                yield f"{file}: is missing, but {LIST} has the service {service.name}"
                continue
            for part in required:
                if part not in text:
                    yield f"{file}: must have: {part.strip()}"


def disagreements(services):
    """Each disagreement of the files with the list."""
    changes = Changes()
    remaining = list(update(services, changes))
    different = [
        f"{file}:{first_difference(file.read_text(), text)}: does not list the services of {LIST}"
        for file, text in changes.texts.items()]
    return different + remaining


def first_difference(text, other):
    """The number of the first line that differs."""
    lines, others = text.splitlines(), other.splitlines()
    same = next((number for number, pair in enumerate(zip(lines, others)) if pair[0] != pair[1]), min(len(lines), len(others)))
    return same + 1


def template_files():
    return [path for path in sorted(TEMPLATE.rglob("*")) if path.is_file()]


def problem_of_name(name, services):
    """Why a service cannot have this name; None if it can."""
    title = name.capitalize()
    if not re.fullmatch(r"[a-z][a-z0-9]{1,30}", name):
        return "must have 2 to 31 lower-case letters and digits, and begin with a letter"
    if any(service.name == name for service in services):
        return "is the name of a service already"
    if name in KEYWORDS | TYPES | YAML_VALUES | OTHER_NAMES:
        return "has another meaning in Swift or in this project"
    if name in removed_services():
        return "belongs to a service that tests and pages describe; git restores that service"
    if name in names_in([pathlib.Path("Package.swift")], r'\.executable(?:Target)?\(\s*name: "([\w-]+)"'):
        return "is the name of another program of Package.swift"
    if name in names_in(COMPOSE_FILES, r"^  ([\w-]+):\n    (?:<<|image):"):
        return "is the name of another container"
    sources = [file for folder in ["Shared", "Tests", "Tools"] for file in sorted(pathlib.Path(folder).rglob("*.swift"))]
    if name in names_in(sources, r"^(?:\w+ )*import (?:(?:struct|func) )?(\w+)"):
        return f"would hide the module {title}"
    support = [file for file in sources if not file.is_relative_to("Tests") or file.is_relative_to("Tests/Support")]
    if name in names_in(support, r"^public (?:final )?(?:struct|class|enum|actor|protocol|typealias) (\w+)"):
        return f"would hide the type {title}"
    if any(re.search(rf"\b({name}|{title})\b", path.read_text()) for path in template_files() if path.suffix == ".swift"):
        return "is a word of the code of every new service"
    paths = [f"{folder}/{title}" for folder in ["Services", "Shared", "Tests", "Tools"]]
    for path in [*paths, f"Tests/{title}Tests", f"deploy/kubernetes/base/{name}.yaml"]:
        if other := existing(pathlib.Path(path)):
            return f"would collide with {other}"
    return None


def removed_services():
    """The names of the services that tests and pages describe and that do not exist, because somebody has removed them."""
    described = names_in([pathlib.Path("Tests/Support/ServiceName.swift")], r"static let (\w+) = ServiceName\(")
    return described - {service.name for service in read_services()}


def names_in(files, pattern):
    """The names that a pattern finds in files, in lower case."""
    return {name.lower() for file in files for name in re.findall(pattern, file.read_text(), re.MULTILINE)}


def existing(path):
    """The file or folder at this path, in upper or lower case, which are the same on some disks."""
    return next((other for other in path.parent.iterdir() if other.name.lower() == path.name.lower()), None)


def port_for(choice, services):
    """The port of a new service: the chosen one, or the next free one."""
    taken = {service.port for service in services} | TAKEN_PORTS
    taken |= {int(port) for file in COMPOSE_FILES for port in re.findall(r"127\.0\.0\.1:(\d+):", file.read_text())}
    if choice is None:
        after = range(max(service.port for service in services), 65536)
        port = next((port for port in after if port not in taken and not is_in_use(port)), None)
        return port or sys.exit(f"No port after {after.start} is free. Choose one with --port.")
    if not re.fullmatch("[0-9]{1,5}", choice) or not 1024 <= int(choice) <= 65535:
        sys.exit(f"The port {choice!r} must be a number from 1024 to 65535.")
    if int(choice) in taken:
        sys.exit(f"A service, a container or a page of docs/ has port {choice} already. Choose another port, or leave --port out.")
    if is_in_use(int(choice)):
        sys.exit(f"Another program uses port {choice} now. Stop it, choose another port, or leave --port out.")
    return int(choice)


def is_in_use(port):
    """Whether a program listens on this port."""
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        return False


def add(name, port):
    services = read_services()
    if problem := problem_of_name(name, services):
        sys.exit(f"The name {name!r} {problem}. Choose another name.")
    service = Service(name, port_for(port, services))
    stop_on_disagreement(services)
    changes = Changes()
    for path in template_files():
        target = pathlib.Path(service.render(str(path.relative_to(TEMPLATE))))
        changes.texts[target] = service.render(path.read_text())
    changes.texts[LIST] = LIST.read_text() + f"{name:8} {service.port}\n"
    finish(services + [service], changes)
    print(f"Added {name}, which listens on port {service.port}.")


def remove(name):
    services = read_services()
    service = next((service for service in services if service.name == name), None)
    if service is None:
        sys.exit(f"There is no service '{name}'. The services are: {' '.join(service.name for service in services)}")
    if name == PERMANENT:
        sys.exit(f"The other services need {name}, so it cannot be removed.")
    stop_on_disagreement(services)
    if changed := uncommitted_files(service):
        sys.exit(f"Git could not restore {changed[0]}, because it is not committed. Commit it or move it away, then remove the "
                 "service.")
    lines = LIST.read_text().splitlines(keepends=True)
    list_text = "".join(line for line in lines if line.split()[:1] != [name])
    finish([other for other in services if other != service], Changes({LIST: list_text}, own_paths(service)))
    print(f"Removed {name}.")


def own_paths(service):
    """The folders and files that only this service needs."""
    paths = [f"Services/{service.title}", f"Tests/{service.title}Tests", f"deploy/kubernetes/base/{service.name}.yaml"]
    return [pathlib.Path(path) for path in paths]


def uncommitted_files(service):
    """The files of a service that differ from the last commit and from those of a new service."""
    new = {service.render(str(path.relative_to(TEMPLATE))): service.render(path.read_text()) for path in template_files()}

    def is_new(file):
        return str(file) in new and file.is_file() and bare(file.read_text(errors="replace")) == bare(new[str(file)])

    return [file for file in files_outside_of_git(own_paths(service)) if file.exists() and not is_new(file)]


def files_outside_of_git(paths):
    """The files at these paths that differ from the last commit; all files if the project is in no repository."""
    try:
        prefix = subprocess.run(["git", "rev-parse", "--show-prefix"], capture_output=True, text=True)
    except FileNotFoundError:
        prefix = None
    if prefix is None or "not a git repository" in prefix.stderr:
        return [file for path in paths for file in [path, *sorted(path.rglob("*"))] if not file.is_dir()]
    command = ["git", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored", "--", *paths]
    status = subprocess.run(command, stdout=subprocess.PIPE)
    if prefix.returncode != 0 or status.returncode != 0:
        sys.exit("git cannot say which files are committed; the lines above say why.")
    # The paths begin at the folder of the repository.
    start = len(prefix.stdout.removesuffix("\n"))
    return [pathlib.Path(entry[3 + start :]) for entry in os.fsdecode(status.stdout).split("\0") if entry]


def bare(text):
    """A text without what the formatter changes."""
    return re.sub(r"[\s,]", "", text)


def stop_on_disagreement(services):
    """Ends the command if a file disagrees already, because the command would change more than its service."""
    if found := disagreements(services):
        sys.exit("\n".join(found) + f"\nFirst make these agree with {LIST}: python3 scripts/lib/services.py update writes "
                 "what it knows.")


def finish(services, changes):
    """Makes the changes of a command and those of the other files; nothing if a file would disagree with the list then."""
    remaining = list(update(services, changes))
    once = dict(changes.texts)
    remaining += [problem for problem in update(services, changes) if problem not in remaining]
    remaining += [f"{file}: would disagree with {LIST}" for file, text in changes.texts.items() if once.get(file) != text]
    if remaining:
        sys.exit("\n".join(remaining))
    changes.apply()


def write_updates(services):
    changes = Changes()
    remaining = list(update(services, changes))
    changes.apply()
    if remaining:
        sys.exit("\n".join(remaining))


def main(arguments):
    # One command at a time.
    lock = os.open(LIST.parent, os.O_RDONLY)
    if arguments != ["check"]:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_remains()
    match arguments:
        case ["check"]:
            if found := disagreements(read_services()):
                sys.exit("\n".join(found) + f"\n^ {LIST} lists the services; write the rest with: "
                         "python3 scripts/lib/services.py update\n")
        case ["update"]:
            write_updates(read_services())
        case ["add", name, *port] if len(port) <= 1:
            add(name, port[0] if port else None)
        case ["remove", name]:
            remove(name)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        for number in INTERRUPTIONS:
            signal.signal(number, signal.default_int_handler)
        # The scripts block Ctrl-C while Python starts, which would otherwise print a traceback.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTIONS)
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("The command was interrupted, and nothing changed.")
    except OSError as error:
        sys.exit(f"Cannot change the project, so nothing changed: {error}.")
