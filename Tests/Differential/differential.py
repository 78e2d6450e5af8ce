"""Compares `jwt verify --batch` with PyJWT over generated tokens, and PyJWT with what `jwt sign` makes.

    differential.py JWT_COMMAND [COUNT] [SEED]

Each token is decided by both. Where they differ, one of the rules below must explain it: a thing that the RFCs let a
verifier refuse or accept, or that PyJWT does otherwise than they say. Anything else is a failure.
"""

import base64
import json
import random
import subprocess
import sys
import warnings

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
    place = choice.randrange(len(token))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n"
    return choice.choice([
        token[:place] + choice.choice(alphabet) + token[place + 1 :],
        token[:place] + token[place + 1 :],
        token[:place] + choice.choice(alphabet) + token[place:],
        token[:place],
        token + choice.choice([".", "=", "A", "\n", ".e30"]),
    ])


def decide(case):
    """PyJWT's claims, or None."""
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
    except Exception:  # the reason is PyJWT's own affair
        return None


def explained(case, ours, theirs):
    """Why the two may differ; None when there is no reason."""
    if ours["ok"]:
        return None
    parts = case["token"].split(".")
    if any(canonical(part) != part for part in parts):
        return "PyJWT takes bits after the last byte, padding and characters outside of the alphabet"
    if ours["error"] == "invalidClaim":
        return "PyJWT takes dates written as text and claims of other types"
    if ours["error"] == "audience" and theirs.get("aud") == []:
        return "PyJWT takes an empty list for no audience"
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
    answers = [json.loads(line) for line in output.stdout.splitlines()]
    assert [answer["name"] for answer in answers] == [case["name"] for case in cases]
    reasons, faults, accepted = {}, 0, 0
    for case, ours in zip(cases, answers):
        theirs = decide(case)
        accepted += ours["ok"]
        if ours["ok"] and theirs is not None and ours["claims"] != theirs:
            faults += 1
            print("other claims:", case, ours, theirs)
        elif ours["ok"] != (theirs is not None):
            reason = explained(case, ours, theirs)
            if reason:
                reasons[reason] = reasons.get(reason, 0) + 1
            else:
                faults += 1
                print("unexplained:", case, ours, theirs)
    print(f"{count} tokens, {accepted} accepted by jwt, {sum(reasons.values())} decided otherwise by PyJWT for a reason:")
    for reason, number in sorted(reasons.items()):
        print(f"  {number:6}  {reason}")
    return faults


def check_sign(command, count, seed):
    """PyJWT accepts what `jwt sign` makes, and reads the same claims."""
    choice = random.Random(seed)
    for _ in range(count):
        claims = {name: value for name, value in random_claims(choice).items() if name.startswith("x")}
        claims |= {"sub": "é\n", "iat": NOW, "exp": NOW + 10**9, "aud": ["a", "b"]}
        arguments = [command, "sign", "--secret-base64url", segment(SECRET)]
        token = subprocess.run(arguments, input=json.dumps(claims), capture_output=True, text=True, check=True).stdout.strip()
        assert jwt.decode(token, SECRET, algorithms=["HS256"], audience="b") == claims, claims
    print(f"{count} tokens of jwt sign are read by PyJWT as they were meant")


def main():
    warnings.simplefilter("ignore")
    command, count, seed = sys.argv[1], int((sys.argv + [0, 0])[2] or 5000), int((sys.argv + [0, 0])[3] or 1)

    class Fixed(jwt.api_jwt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(NOW, tz)

    jwt.api_jwt.datetime = Fixed
    check_sign(command, 20, seed)
    faults = check_verify(command, count, seed)
    print(f"PyJWT {jwt.__version__}, seed {seed}: {faults} differences without a reason")
    sys.exit(1 if faults else 0)


main()
