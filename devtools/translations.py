"""``make i18n``: re-export every .pot, bring uk.po and ru.po up to it, report gaps."""

import subprocess
import sys

from . import database, testing
from .paths import ADDONS, LOGS, PYTHON, ROOT
from .ui import python_env, run, say, step

LANGUAGES = ("uk", "ru")


def export(modules=()):
    """Export, merge and report; 1 when a term is not translated.

    :param modules: addons to do; empty means all of ours.
    """
    testing.ensure_all(browser=False)
    template = database.ensure_installed()
    name = database.free_name("i18n")
    database.clone(template, name)
    modules = list(modules) or database.our_modules()
    try:
        conf = database.write_conf(f"i18n_{name}")
        for module in modules:
            (ADDONS / module / "i18n").mkdir(exist_ok=True)
        with step(f"terms of {len(modules)} modules"):
            run(
                [
                    PYTHON,
                    "-m",
                    "odoo",
                    "i18n",
                    "export",
                    "-c",
                    conf,
                    "-d",
                    name,
                    *modules,
                ],
                what="export the terms",
                log=LOGS / "i18n.log",
                env=python_env(),
            )
    finally:
        database.drop(name)
    merge = [PYTHON, "-m", "devtools.translations", *modules]
    return subprocess.run(
        [str(part) for part in merge], cwd=ROOT, check=False
    ).returncode


def merge_all(modules):
    """Merge each .pot into its .po files; runs where polib is (the host's Python)."""
    import polib

    missing = 0
    for module in modules:
        folder = ADDONS / module / "i18n"
        template = folder / f"{module}.pot"
        if not template.exists():
            continue
        pot = polib.pofile(str(template))
        _drop_dates(pot)
        pot.save()
        for language in LANGUAGES:
            missing += _merge(polib, pot, folder / f"{language}.po", language)
    say(
        f"{missing} terms without translation"
        if missing
        else "Every term is translated."
    )
    return 1 if missing else 0


def _drop_dates(catalogue):
    for key in ("POT-Creation-Date", "PO-Revision-Date"):
        catalogue.metadata.pop(key, None)


def _merge(polib, pot, path, language):
    if path.exists():
        catalogue = polib.pofile(str(path))
    else:
        catalogue = polib.POFile()
        catalogue.metadata = dict(pot.metadata)
    catalogue.metadata["Language"] = language
    catalogue.metadata["Plural-Forms"] = (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
        "(n%100<10 || n%100>=20) ? 1 : 2);"
    )
    _drop_dates(catalogue)
    catalogue.merge(pot)
    for entry in catalogue.obsolete_entries():
        catalogue.remove(entry)
    for entry in catalogue:
        if "fuzzy" in entry.flags:
            entry.flags.remove("fuzzy")
            entry.msgstr = ""
    catalogue.save(str(path))
    gaps = [entry for entry in catalogue if not entry.msgstr]
    if gaps:
        say(
            f"  {path.relative_to(ROOT)}: {len(gaps)} of {len(catalogue)} without translation"
        )
        for entry in gaps[:5]:
            say(f"      {entry.msgid[:90]!r}")
    return len(gaps)


if __name__ == "__main__":
    sys.exit(merge_all(sys.argv[1:]))
