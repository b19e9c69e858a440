"""What becomes of alarms when the records they watch were looked at. Pure Python.

>>> def show(found, known, now=1000, **options):
...     got = plan(found, known, now, **options)
...     return {name: value for name, value in got._asdict().items() if value}
>>> waits = {7: Found(7, 900)}
>>> show(waits, {})
{'opened': [Found(id=7, start=900, ...)]}
>>> show(waits, {}, valid_from=950)
{}
>>> show({}, {7: [Known(1, 7, "running", 900)]})
{'closed': {1: None}}
>>> show(waits, {7: [Known(1, 7, "running", 900)]})
{}

A pause comes and goes, a new salesperson is noted:

>>> show({7: Found(7, 900, True)}, {7: [Known(1, 7, "running", 900)]})
{'paused': [1]}
>>> show(waits, {7: [Known(1, 7, "paused", 900)]})
{'resumed': [1]}
>>> show({7: Found(7, 900, user=5)}, {7: [Known(1, 7, "running", 900, user=4)]})
{'changed': {1: Found(id=7, ...)}}

A moved date counts from there; once somebody was told, in a new alarm:

>>> moved = {7: Found(7, 960)}
>>> show(moved, {7: [Known(1, 7, "running", 900)]}, follow=True)
{'restarted': {1: 960}}
>>> sorted(show(moved, {7: [Known(1, 7, "running", 900, 60)]}, follow=True))
['closed', 'opened']

It left and came back at once: the old alarm goes on. Answered once, it does not
start again until the record has left:

>>> gone = Known(1, 7, "stopped", 900, bounced_at=950)
>>> show({7: Found(7, 990)}, {7: [gone]}, bounce=100)
{'reopened': [1]}
>>> show({7: Found(7, 990, True)}, {7: [gone]}, bounce=100)
{'reopened': [1], 'paused': [1]}
>>> sorted(show({7: Found(7, 990)}, {7: [gone]}, bounce=10))
['opened']
>>> show(waits, {7: [Known(1, 7, "stopped", 900, spent=True)]})
{}
>>> show({}, {7: [Known(1, 7, "stopped", 900, spent=True)]})
{'forgotten': [1]}
"""

from typing import NamedTuple

from .alarm_steps import Climb


class Found(NamedTuple):
    """A record that must not wait; ``start``: seconds, a date, or None for now."""

    id: int
    start: object = None
    paused: bool = False
    company: int | None = None
    user: int | None = None
    team: int | None = None
    customer: int | None = None
    lead: int | None = None
    calendar: int | None = None


class Known(NamedTuple):
    """An alarm of the rule: open, or closed and still remembered.

    ``spent``: it was answered while the record goes on matching, so it must not start
    again by itself; ``bounced_at``: it stopped then because the record left.
    """

    id: int
    res_id: int
    state: str
    start: int
    reached: int = -1
    resumed: int | None = None
    company: int | None = None
    user: int | None = None
    team: int | None = None
    customer: int | None = None
    lead: int | None = None
    calendar: int | None = None
    spent: bool = False
    bounced_at: int | None = None
    rule: int = 0
    version: int = 0
    consumed: int = 0
    held: int = 0
    hold: int | None = None
    level: int = 0
    step: int | None = None
    repeat_no: int = 0
    fired: int | None = None
    next_at: int | None = None
    broken: bool = False
    severity: str = "1"

    def climb(self):
        return Climb(
            self.start if self.resumed is None else self.resumed,
            self.consumed, self.reached, self.repeat_no, self.fired, self.held,
            self.hold,
        )  # fmt: skip

    def waited(self, clock, moment):
        """Seconds of its clock from the start until ``moment``, pauses left out."""
        running = 0 if self.resumed is None else clock.worked(self.resumed, moment)
        return self.consumed + running

    def found(self, start):
        """The record of this alarm, as it would start again."""
        return Found(
            self.res_id, start, self.state == "paused", self.company, self.user,
            self.team, self.customer, self.lead, self.calendar,
        )  # fmt: skip


class Plan(NamedTuple):
    """``opened``: Found. The rest: ``closed`` {alarm id: reason or None for "look"},
    ``restarted`` {alarm id: new start}, ``changed`` {alarm id: Found}, lists of ids."""

    opened: list
    closed: dict
    reopened: list
    paused: list
    resumed: list
    changed: dict
    restarted: dict
    forgotten: list


PEOPLE = ("user", "team", "customer", "lead", "calendar")


def plan(found, known, now, *, valid_from=None, bounce=0, follow=False):
    """Compare what was found with what is known.

    :param found: {record id: Found with ``start`` in seconds}
    :param known: {record id: [Known, the newest first]}
    :param valid_from: seconds; what began before is left alone
    :param bounce: seconds within which a closed alarm goes on
    :param follow: whether a moved date starts the clock anew
    """
    result = Plan([], {}, [], [], [], {}, {}, [])
    for res_id, alarms in known.items():
        if res_id not in found:
            _let_go(result, alarms)
    for res_id, row in found.items():
        alarms = known.get(res_id, [])
        current = next((alarm for alarm in alarms if alarm.state != "stopped"), None)
        if current:
            _compare(result, row, current, follow)
        elif not _is_spent(row, alarms, follow):
            _start(result, row, alarms, now, valid_from, bounce)
    return result


def _let_go(result, alarms):
    """The record waits no longer."""
    for alarm in alarms:
        if alarm.state != "stopped":
            result.closed[alarm.id] = None
        elif alarm.spent:
            result.forgotten.append(alarm.id)


def _compare(result, row, alarm, follow):
    """The record still waits: what of it has changed?"""
    moved = follow and row.start != alarm.start
    left = row.company and row.company != alarm.company
    if left or (moved and alarm.reached >= 0):
        result.closed[alarm.id] = "company" if left else "moved"
        result.opened.append(row)
        return
    if moved:
        result.restarted[alarm.id] = row.start
    if row.paused and alarm.state != "paused":
        result.paused.append(alarm.id)
    elif not row.paused and alarm.state == "paused":
        result.resumed.append(alarm.id)
    if any(getattr(row, name) != getattr(alarm, name) for name in PEOPLE):
        result.changed[alarm.id] = row


def _is_spent(row, alarms, follow):
    return any(
        alarm.spent and not (follow and row.start > alarm.start) for alarm in alarms
    )


def _start(result, row, alarms, now, valid_from, bounce):
    for alarm in alarms:
        if alarm.bounced_at is not None and alarm.bounced_at > now - bounce:
            result.reopened.append(alarm.id)
            if row.paused:
                result.paused.append(alarm.id)
            return
    if valid_from is None or row.start >= valid_from:
        result.opened.append(row)
