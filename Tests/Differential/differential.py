"""Compares the decisions of `jwt verify --batch` and PyJWT about generated tokens, and exchanges tokens with PyJWT and
joserfc in both directions.

    differential.py JWT_COMMAND [COUNT] [SEED]

Both decide each token. A rule in `explained` must justify each difference: the RFCs let a verifier choose, or PyJWT does
not follow them. Every other difference is a failure.
"""

import base64
import json
import random
import subprocess
import sys
import warnings

import joserfc
import joserfc.jwk
import joserfc.jwt
import jwt

NOW = 1_700_000_000
SECRET = bytes(range(64))
ALGORITHMS = ["HS256", "HS384", "HS512"]


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header, payload, algorithm="HS256", secret=SECRET):
    text = segment(header) + "." + segment(payload)
    code = jwt.get_algorithm_by_name(algorithm).sign(text.encode(), secret)
    return text + "." + segment(code)


def random_value(choice, depth=0):
    makers = [
        lambda: choice.randint(-(2**53), 2**53),
        lambda: choice.choice([True, False, None]),
        lambda: "".join(choice.choice('aZ09 "\\/\n\té\u20ac\U0001f600') for _ in range(choice.randint(0, 20))),
        lambda: choice.uniform(-1e6, 1e6),
    ]
    if depth < 3:
        makers.append(lambda: [random_value(choice, depth + 1) for _ in range(choice.randint(0, 4))])
        makers.append(lambda: {f"k{i}": random_value(choice, depth + 1) for i in range(choice.randint(0, 4))})
    return choice.choice(makers)()


def random_claims(choice):
    claims = {}
    if choice.random() < 0.7:
        claims["exp"] = NOW + choice.choice([-3600, -61, -60, -1, 0, 1, 59, 60, 3600, 10**10])
    if choice.random() < 0.4:
        claims["nbf"] = NOW + choice.choice([-3600, -1, 0, 1, 60, 61, 3600])
    if choice.random() < 0.4:
        claims["iat"] = NOW - choice.randint(0, 5000)
    if choice.random() < 0.6:
        claims["iss"] = choice.choice(["login", "Login", "other", ""])
    if choice.random() < 0.6:
        claims["aud"] = choice.choice(["orders", ["orders"], ["inbox", "orders"], "inbox", ["inbox"], []])
    if choice.random() < 0.5:
        claims["sub"] = choice.choice(["a", "é", ""])
    if choice.random() < 0.3:
        claims["jti"] = "j"
    if choice.random() < 0.1:
        claims[choice.choice(["exp", "nbf", "iat", "sub", "jti", "aud", "iss"])] = random_value(choice)
    for index in range(choice.randint(0, 3)):
        claims[f"x{index}"] = random_value(choice)
    return claims


def random_case(choice, index):
    algorithm = choice.choice(ALGORITHMS)
    header = {"alg": algorithm, "typ": "JWT"}
    if choice.random() < 0.1:
        header["crit"] = ["x"]
    claims = random_claims(choice)
    layout = choice.choice([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])
    token = signed(json.dumps(header, **layout).encode(), json.dumps(claims, **layout).encode(), algorithm)
    if choice.random() < 0.3:
        token = mutated(choice, token)
    return {
        "name": str(index),
        "secret_b64": base64.b64encode(SECRET).decode(),
        "token": token,
        "options": {
            "algorithms": choice.choice([[algorithm], ALGORITHMS, [choice.choice(ALGORITHMS)]]),
            "audience": choice.choice([None, "orders"]),
            "issuer": choice.choice([None, "login"]),
            "leeway": choice.choice([0, 60]),
            "now": NOW,
            "required": choice.choice([[], ["exp"], ["sub", "exp"]]),
        },
    }


def mutated(choice, token):
    index = choice.randrange(len(token))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n"
    return choice.choice([
        token[:index] + choice.choice(alphabet) + token[index + 1 :],
        token[:index] + token[index + 1 :],
        token[:index] + choice.choice(alphabet) + token[index:],
        token[:index],
        token + choice.choice([".", "=", "A", "\n", ".e30"]),
    ])


def decide(case):
    """The claims that PyJWT accepts, or None."""
    options = case["options"]
    try:
        return jwt.decode(
            case["token"],
            base64.b64decode(case["secret_b64"]),
            algorithms=options["algorithms"],
            audience=options["audience"],
            issuer=options["issuer"],
            leeway=options["leeway"],
            options={"require": options["required"]},
        )
    except Exception:  # PyJWT's reason does not matter here
        return None


def explained(case, ours, theirs):
    """The reason why the two may differ, or None."""
    if ours["ok"]:
        return None
    parts = case["token"].split(".")
    if any(canonical(part) != part for part in parts):
        return "PyJWT accepts bits after the last byte, padding and characters outside the alphabet"
    if ours["error"] == "invalidClaim":
        return "PyJWT accepts dates as text and claims of other types"
    if ours["error"] == "audience" and theirs.get("aud") == []:
        return "PyJWT treats an empty list as no audience"
    return None


def canonical(part):
    try:
        return segment(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def check_verify(command, count, seed):
    choice = random.Random(seed)
    cases = [random_case(choice, index) for index in range(count)]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    output = subprocess.run([command, "verify", "--batch"], input=text, capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in output.stdout.splitlines()]
    assert [result["name"] for result in results] == [case["name"] for case in cases]
    reasons, failures, accepted = {}, 0, 0
    for case, ours in zip(cases, results):
        theirs = decide(case)
        accepted += ours["ok"]
        if ours["ok"] and theirs is not None and ours["claims"] != theirs:
            failures += 1
            print("different claims:", case, ours, theirs)
        elif ours["ok"] != (theirs is not None):
            reason = explained(case, ours, theirs)
            if reason:
                reasons[reason] = reasons.get(reason, 0) + 1
            else:
                failures += 1
                print("unexplained:", case, ours, theirs)
    print(f"{count} tokens, {accepted} accepted by jwt, {sum(reasons.values())} decided differently by PyJWT for a known reason:")
    for reason, number in sorted(reasons.items()):
        print(f"  {number:6}  {reason}")
    return failures


class PyJWT:
    """PyJWT, which reads and writes a token."""

    @staticmethod
    def read(token, algorithm):
        return jwt.decode(token, SECRET, algorithms=[algorithm], audience="b")

    @staticmethod
    def write(claims, algorithm):
        return jwt.encode(claims, SECRET, algorithm=algorithm)


class Joserfc:
    """joserfc, which reads and writes a token."""

    key = joserfc.jwk.OctKey.import_key(SECRET)

    @classmethod
    def read(cls, token, algorithm):
        token = joserfc.jwt.decode(token, cls.key, algorithms=[algorithm])
        joserfc.jwt.JWTClaimsRegistry(now=NOW, aud={"essential": True, "value": "b"}).validate(token.claims)
        return token.claims

    @classmethod
    def write(cls, claims, algorithm):
        return joserfc.jwt.encode({"alg": algorithm, "typ": "JWT"}, claims, cls.key, algorithms=[algorithm])


def sign(command, claims, algorithm):
    arguments = [command, "sign", "--secret-base64url", segment(SECRET), "--algorithm", algorithm]
    return subprocess.run(arguments, input=json.dumps(claims), capture_output=True, text=True, check=True).stdout.strip()


def verify(command, token, algorithm):
    """The claims that `jwt verify` prints; an error of the command is an exception."""
    arguments = [command, "verify", "--secret-base64url", segment(SECRET), "--algorithms", algorithm]
    arguments += ["--audience", "b", "--now", str(NOW)]
    return json.loads(subprocess.run(arguments, input=token, capture_output=True, text=True, check=True).stdout)


def check_exchange(command, count, seed):
    """Checks that other libraries accept the tokens of `jwt sign`, that `jwt verify` accepts theirs, that both read the
    same claims, and that neither accepts a changed token or another algorithm."""
    choice = random.Random(seed)
    for index in range(count):
        algorithm = ALGORITHMS[index % 3]
        claims = {name: value for name, value in random_claims(choice).items() if name.startswith("x")}
        claims |= {"sub": "é\n", "iat": NOW, "exp": NOW + 10**9, "aud": ["a", "b"]}
        ours = sign(command, claims, algorithm)
        for library in (PyJWT, Joserfc):
            assert library.read(ours, algorithm) == claims, (library, claims)
            theirs = library.write(claims, algorithm)
            assert verify(command, theirs, algorithm) == claims, (library, claims)
            other = ALGORITHMS[(index + 1) % 3]
            changed = ours[:-20] + ("A" if ours[-20] != "A" else "B") + ours[-19:]
            assert all(is_rejected(library.read, *case) for case in [(ours, other), (changed, algorithm)]), library
            changed = theirs[:-20] + ("A" if theirs[-20] != "A" else "B") + theirs[-19:]
            for token, name in [(theirs, other), (changed, algorithm)]:
                assert is_rejected(verify, command, token, name), library
    print(f"{count} tokens of HS256, HS384 and HS512: PyJWT and joserfc read our tokens, and we read theirs")


def is_rejected(read, *arguments):
    try:
        read(*arguments)
    except Exception:  # each library has its own errors
        return True
    return False


def main():
    warnings.simplefilter("ignore")
    command, count, seed = sys.argv[1], int((sys.argv + [0, 0])[2] or 5000), int((sys.argv + [0, 0])[3] or 1)

    class Fixed(jwt.api_jwt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(NOW, tz)

    jwt.api_jwt.datetime = Fixed
    check_exchange(command, 21, seed)
    failures = check_verify(command, count, seed)
    print(f"PyJWT {jwt.__version__}, joserfc {joserfc.__version__}, seed {seed}: {failures} differences without a reason")
    sys.exit(1 if failures else 0)


main()
