"""Each department alone: installs over the hub, and leaves nothing when it goes."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database

ROOT = Path(__file__).resolve().parent.parent
SPOKES = ["crm_callcenter", "crm_marketing", "crm_reports"]
needs_template = pytest.mark.skipif(
    not os.environ.get("CRM_TEST_TEMPLATE"), reason="runs under `make test` only"
)


def _odoo(name, *steps):
    command = [sys.executable, ROOT / "tests" / "departments.py"]
    command += [os.environ["CRM_CONF"], name, *steps]
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr[-4000:]
    assert " ERROR " not in done.stderr, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def _difference(before, after):
    """{part: ([appeared], [disappeared])} of two snapshots."""
    return {
        part: (
            sorted(set(after[part]) - set(before[part])),
            sorted(set(before[part]) - set(after[part])),
        )
        for part in before
        if before[part] != after[part]
    }


@pytest.fixture(scope="module")
def story():
    """What one process saw: {step: result}.

    The hub comes to the bare host, each spoke comes to the hub and goes, the hub goes.
    """
    name = database.free_name("alone")
    database.clone(os.environ["CRM_TEST_TEMPLATE"], name)
    plan = [("host", "snapshot"), ("", "install:crm_relations"), ("hub", "snapshot")]
    for spoke in SPOKES:
        plan += [
            ("", f"install:{spoke}"),
            (f"{spoke} installed", "installed"),
            ("", f"traces:{spoke}"),
            ("", f"uninstall:{spoke}"),
            (f"{spoke} gone", "snapshot"),
            (f"{spoke} leads", "leads"),
            (f"{spoke} activities", "activities"),
        ]
    plan += [("", "traces:crm_relations"), ("", "uninstall:crm_relations")]
    plan += [("crm_relations gone", "snapshot"), ("crm_relations leads", "leads")]
    plan += [("crm_relations activities", "activities")]
    try:
        results = _odoo(name, *(step for _key, step in plan))
    finally:
        database.drop(name)
    return dict(zip([key for key, _step in plan if key], results, strict=True))


@needs_template
@pytest.mark.parametrize("spoke", SPOKES)
def test_spoke_comes_alone_and_leaves_nothing(story, spoke):
    installed = set(story[f"{spoke} installed"])
    assert installed & set(SPOKES) == {spoke}, "a department needs no other"
    assert _difference(story["hub"], story[f"{spoke} gone"]) == {}
    _assert_leads_went_to_the_nearest_host_stage(story, spoke)
    _assert_only_our_activities_went(story, spoke)


@needs_template
def test_hub_leaves_the_host_as_it_was(story):
    assert _difference(story["host"], story["crm_relations gone"]) == {}
    _assert_leads_went_to_the_nearest_host_stage(story, "crm_relations")
    _assert_only_our_activities_went(story, "crm_relations")


def _assert_leads_went_to_the_nearest_host_stage(story, module):
    leads = [
        lead for lead in story[f"{module} leads"] if lead[0].startswith(f"{module} ")
    ]
    assert [(name, stage, state) for name, stage, state, _values in leads] == [
        (f"{module} lost", "Qualified", "lost"),
        (f"{module} open", "Qualified", "pending"),
        (f"{module} won", "Won", "won"),
    ]
    assert leads[1][3] == {"own_note": "keep"}, "our property is gone, the other stays"


def _assert_only_our_activities_went(story, module):
    activities = [
        activity
        for activity in story[f"{module} activities"]
        if activity[1] in (f"{module} open", f"Customer of {module}")
    ]
    assert activities == [
        ["crm.lead", f"{module} open", "Call"],
        ["res.partner", f"Customer of {module}", "To-Do"],
    ]


# ---- a module names only what it depends on ---------------------------------


def _manifests():
    folders = [ROOT / "addons", *map(Path, database.host.addons_path().split(",")[1:])]
    return {
        path.parent.name: ast.literal_eval(path.read_text())
        for folder in folders
        for path in folder.glob("*/__manifest__.py")
    }


@pytest.fixture(scope="module")
def manifests():
    return _manifests()


def _closure(module, manifests):
    found, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += manifests[name].get("depends", ["base"])
    return found | {"base"}


def _named_modules(path, known):
    """Modules that a file of an addon names in external ids and imports."""
    text = path.read_text()
    if path.suffix == ".py":
        names = re.findall(r"odoo\.addons\.(\w+)", text)
        names += re.findall(r"""env\.ref\(\s*["'](\w+)\.""", text)
        names += re.findall(r"""has_groups?\(\s*["'](\w+)\.""", text)
    else:
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        names = re.findall(
            r"""(?:ref|groups|parent|action|inherit_id)="!?(\w+)\.""", text
        )
        names += re.findall(r"""ref\(['"](\w+)\.""", text)
        names += re.findall(r"(?:^|,)(\w+)\.\w+(?=,)", text, flags=re.MULTILINE)
        names += re.findall(r"""groups="[^"]*,!?(\w+)\.""", text)
    return {name for name in names if name in known}


@pytest.mark.parametrize("module", database.our_modules())
def test_module_names_only_what_it_depends_on(module, manifests):
    allowed = _closure(module, manifests)
    foreign = {}
    for path in sorted((ROOT / "addons" / module).rglob("*")):
        if path.suffix in (".py", ".xml", ".csv"):
            names = _named_modules(path, manifests) - allowed
            if names:
                foreign[path.relative_to(ROOT).as_posix()] = names
    assert foreign == {}


@pytest.mark.parametrize("module", database.our_modules())
def test_module_has_what_every_module_has(module, manifests):
    folder, manifest = ROOT / "addons" / module, manifests[module]
    assert manifest["version"].startswith("19.0.")
    assert (manifest["author"], manifest["license"]) == ("CRM Departments", "LGPL-3")
    assert manifest["summary"] and manifest["category"]
    icon = (folder / "static/description/icon.png").read_bytes()
    assert int.from_bytes(icon[16:20]) == int.from_bytes(icon[20:24]) == 128, "pixels"
    assert (folder / "static/description/icon.svg").exists()
    for part in ("DESCRIPTION", "CONFIGURE", "USAGE", "DEVELOP"):
        assert (folder / "readme" / f"{part}.md").read_text().strip()
    assert bool(manifest.get("application")) == (module in SPOKES)


def test_no_spoke_depends_on_a_spoke(manifests):
    for spoke in SPOKES:
        assert _closure(spoke, manifests) & set(SPOKES) == {spoke}
