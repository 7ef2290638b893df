#!/usr/bin/env python3
"""Fills fuzz/corpus/ with the project's own cases, so that fuzzing begins behind the
first refusals. Needs a built program: DIALFORM names it, or target/debug/dialform is taken."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES, EXAMPLES = ROOT / "tests/cases", ROOT / "examples"
PROGRAM = os.environ.get("DIALFORM", str(ROOT / "target/debug/dialform"))
SEPARATOR = b"\n---\n"
LARGEST = 64 << 10


def keep(target, seed):
    seed = seed.encode() if isinstance(seed, str) else seed
    if len(seed) <= LARGEST:
        folder = ROOT / "fuzz/corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def run(folder, *arguments):
    """Runs the program in a folder; only what it wrote matters here."""
    subprocess.run([PROGRAM, *arguments], cwd=folder, check=False, capture_output=True, timeout=120)


def expressions():
    for case in json.loads((CASES / "expressions.json").read_text()):
        keep("parse", case["expression"])
        values = [str(value) for value in case.get("attributes", {}).values()]
        keep("evaluate", (values[0].splitlines() or [""])[0] + "\n" + case["expression"] if values else "\n" + case["expression"])


def manifests():
    for path in [*CASES.glob("manifest/**/*.yaml"), *EXAMPLES.glob("**/*.yaml")]:
        keep("manifest", path.read_bytes())
    documents = [path.read_bytes() for path in sorted(CASES.glob("import/*.json"))]
    for document in documents:
        keep("import", document)
    for first, second in zip(documents, documents[1:]):
        keep("import", first + SEPARATOR + second)


def files():
    formats = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".yaml": "yaml"}
    folders = [*CASES.glob("files/*"), *EXAMPLES.glob("*")]
    for folder in filter(pathlib.Path.is_dir, folders):
        found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in formats and path.stem != "dialform"}
        people = found.pop("people", None)
        if people is None:
            continue
        kind = formats[people.suffix]
        keep("files", f"{kind}\n".encode() + people.read_bytes())
        for groups in found.values():
            keep("files", f"{kind} {formats[groups.suffix]}\n".encode() + people.read_bytes() + b"\x1e" + groups.read_bytes())


def plans_and_journals():
    for example in ["quickstart", "contact-center", "acme"]:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", f"{EXAMPLES / example}/.", folder], check=True)
            run(folder, "plan", "--out", "plan.json")
            plan = pathlib.Path(folder, "plan.json")
            if plan.exists():
                text = plan.read_text()
                keep("plan_file", text)
                # What the digest is about: the target puts a fitting one around it.
                body = re.search(r'"plan":\s*', text)
                if body:
                    keep("plan_file", text[body.end() :].rstrip().removesuffix("}"))
            if example != "quickstart":
                continue
            run(folder, "apply", "--yes")
            for journal in pathlib.Path(folder).glob(".dialform/*/journal*.jsonl"):
                lines = [line for line in journal.read_text().splitlines() if '"entry":' in line]
                entries = [line.split('"entry":', 1)[1].removesuffix("}") for line in lines]
                for memory in ["", *[path.read_text() for path in pathlib.Path(folder).glob(".dialform/*/memory*.json")]]:
                    with_memory = ["#" + compact(json.loads(memory))] if memory else []
                    keep("journal", "\n".join(["cut", *with_memory, *entries]))
                    keep("journal", "\n".join(["cut", *with_memory, *entries[:6]]))


def answers():
    """SCIM and admin API answers of the sandbox, with what the examples made in it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cp", "-r", f"{EXAMPLES / 'contact-center'}/.", folder], check=True)
        run(folder, "apply", "--yes")
        server = subprocess.Popen(
            [PROGRAM, "sandbox", "--rate", "0", "--listen", "127.0.0.1:0", "--page-limit", "4"],
            cwd=folder,
            env={**os.environ, "DIALFORM_SANDBOX_TOKEN": "fuzz"},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            base = "http://" + re.split(r"[, ]", server.stderr.readline().split("http://")[1])[0].strip().rstrip("/")

            def get(path):
                request = urllib.request.Request(base + path, headers={"Authorization": "Bearer fuzz"})
                try:
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        return answer.read()
                except OSError:
                    return b""

            base = base.removesuffix("/scim")
            for path in ["/scim/Users?count=4", "/scim/Groups?count=2", "/scim/Users?count=0"]:
                keep("scim_answer", get(path))
            api = "/api/v2"

            def first(path):
                try:
                    items = json.loads(get(api + path)).get("items", [])
                except ValueError:
                    items = []
                return items[0]["id"] if items else "1"

            def few(path):
                """A page with three entries, so that seeds stay small."""
                try:
                    page = json.loads(get(api + path))
                except ValueError:
                    return b"{}"
                for name in ("items", "users"):
                    if isinstance(page.get(name), list):
                        page[name] = page[name][:3]
                page.pop("cursor", None)
                return compact(page).encode()

            office, department, center, policy, channel = (
                first(path) for path in ["/offices", "/departments", "/callcenters", "/accesscontrolpolicies", "/channels"]
            )
            operators = few(f"/callcenters/{center}/operators")
            parts = [
                few("/company"),
                few(f"/offices/{office}/available_licenses"),
                b'{"skill_level":50}',
                few(f"/accesscontrolpolicies/{policy}/assignments"),
                few(f"/channels/{channel}/members"),
                few(f"/departments/{department}/operators"),
                operators,
                few("/users"),
                few("/offices"),
                few("/departments"),
                few("/callcenters"),
                few("/accesscontrolpolicies"),
                few("/channels"),
            ]
            keep("admin_answer", SEPARATOR.join(parts))
            paged = [part[:-1] + b',"cursor":"c1"}' if b'"items"' in part else part for part in parts]
            keep("admin_answer", SEPARATOR.join([*paged, *parts[7:]]))
        finally:
            server.terminate()
            server.wait(timeout=10)


def graph():
    store = json.loads((CASES / "entra/small.json").read_text())
    application = store["applications"][0]
    listed = lambda items: compact({"value": items})
    assigned = [{**one, "id": str(at), "resourceId": application["id"]} for at, one in enumerate(next(iter(store["assigned"].values())))]
    users = store["users"][:4]
    kinds = [{**user, "@odata.type": "#microsoft.graph.user"} for user in users[:2]]
    members = [*kinds, store["others"][0], {"@odata.type": "#microsoft.graph.group", **store["groups"][1]}]
    parts = [
        listed(store["organization"]),
        listed(assigned),
        listed([{"id": "dialpad.1", "templateId": "gallery", "schedule": {"state": "Disabled"}, "status": {"code": "NotRun"}}]),
        listed([application]),
        compact(users[1]),
        listed(members),
        listed(members),
        listed([]),
        listed(store["groups"][:2]),
        listed(users),
        "{}",
    ]
    keep("graph_answer", "\n---\n".join(parts))
    single = [*parts]
    single[3] = compact(application)
    single[8], single[9] = compact(store["groups"][0]), compact(users[0])
    keep("graph_answer", "\n---\n".join(single))
    single[2] = '403 {"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}'
    keep("graph_answer", "\n---\n".join(single))


for fill in [expressions, manifests, files, plans_and_journals, answers, graph]:
    fill()
for target in sorted((ROOT / "fuzz/corpus").iterdir()):
    print(f"{target.name}: {sum(1 for _ in target.iterdir())} seeds")
