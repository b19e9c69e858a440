"""Carry the values of Odoo properties from one definition to another, by label."""

OPTION_KEYS = {"selection": "selection", "tags": "tags"}


def match(source, target, values):
    """Split ``values`` into what ``target`` can hold and what would be lost.

    A property is the same when its technical name or else its label and type agree;
    an option of a selection or tag likewise by key, else by label.

    :param source: the definition the values belong to, a list of dicts.
    :param target: the definition they should fit, a list of dicts.
    :param values: ``{technical name: value}``.
    :return: ``({technical name in target: value}, [(label, value as read)])``

    >>> old = [{"name": "a1", "string": "Colour", "type": "selection",
    ...         "selection": [["r", "Red"], ["b", "Blue"]]},
    ...        {"name": "a2", "string": "Doors", "type": "integer"}]
    >>> new = [{"name": "z9", "string": "colour ", "type": "selection",
    ...         "selection": [["x", "Red"]]}]
    >>> match(old, new, {"a1": "r", "a2": 5})
    ({'z9': 'x'}, [('Doors', 5)])
    >>> match(old, new, {"a1": "b", "a2": False})
    ({}, [('Colour', 'Blue')])
    >>> match(old, old, {"a1": "b", "a2": 3})
    ({'a1': 'b', 'a2': 3}, [])
    """
    by_name = {item["name"]: item for item in target}
    by_label = {_key(item): item for item in reversed(target)}
    kept, lost = {}, []
    for item in source:
        value = values.get(item["name"])
        if item["type"] == "separator" or value in (None, False, "", []):
            continue
        other = by_name.get(item["name"]) or by_label.get(_key(item))
        if other and other["type"] != item["type"]:
            other = None
        fit, rest = (
            _convert(item, other, value) if other else (None, _readable(item, value))
        )
        if fit not in (None, []):
            kept[other["name"]] = fit
        if rest not in (None, [], ""):
            lost.append((item.get("string") or item["name"], rest))
    return kept, lost


def _key(item):
    return (item.get("string") or "").strip().casefold(), item["type"]


def _options(item):
    return {
        option[0]: option[1] for option in item.get(OPTION_KEYS[item["type"]]) or []
    }


def _convert(source, target, value):
    """``(value in the target's words, what of it has no place there)``."""
    if source["type"] not in OPTION_KEYS:
        same_model = source.get("comodel") == target.get("comodel")
        return (value, None) if same_model else (None, value)
    labels, places = _options(source), _options(target)
    by_label = {label.strip().casefold(): key for key, label in places.items()}
    fit, rest = [], []
    for key in value if source["type"] == "tags" else [value]:
        label = str(labels.get(key, key))
        place = key if key in places else by_label.get(label.strip().casefold())
        (rest if place is None else fit).append(label if place is None else place)
    if source["type"] == "tags":
        return fit, ", ".join(rest)
    return (fit[0] if fit else None), ", ".join(rest)


def _readable(item, value):
    if item["type"] == "tags":
        labels = _options(item)
        return ", ".join(str(labels.get(key, key)) for key in value)
    if item["type"] == "selection":
        return _options(item).get(value, value)
    return value
