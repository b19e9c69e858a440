"""Which step of an alarm is due: the whole policy of climbing. Pure Python.

Moments and lengths as in ``alarm_clock``: seconds.

>>> from .alarm_clock import WallClock
>>> clock, hour = WallClock(), 3600
>>> one, two, three = steps = [
...     Step(1, hour), Step(2, 4 * hour, repeat=hour, times=2), Step(3, 8 * hour)]
>>> def decide(now, **values):
...     found = due_steps(Climb(0, **values), steps, clock, round(now * hour))
...     return (found.fire and found.fire.id, found.repeat_no,
...             [step.id for step in found.skipped],
...             found.next_at and found.next_at / hour)

Nothing yet; the first step; after a night of downtime only the highest one:

>>> decide(0.5), decide(1)
((None, 0, [], 1.0), (1, 0, [], 4.0))
>>> decide(9), decide(5)
((3, 0, [1, 2], None), (2, 0, [1], 6.0))

A repeat, also one that is late is told once; then the step above:

>>> decide(5, reached=4 * hour, fired=4 * hour)
(2, 1, [], 6.0)
>>> decide(7.5, reached=4 * hour, fired=4 * hour)
(2, 1, [], 8.0)
>>> decide(7, reached=4 * hour, fired=6 * hour, repeat_no=2)
(None, 2, [], 8.0)

Held: silent until then, and it climbs on from the same step, with the same
distance between the steps:

>>> decide(5, reached=hour, fired=hour, hold=10 * hour)
(None, 0, [], 10.0)
>>> decide(10, reached=hour, fired=hour, hold=10 * hour)
(2, 0, [], 11.0)
>>> decide(14, reached=4 * hour, fired=12 * hour, repeat_no=2, held=6 * hour)
(3, 0, [], None)

What was consumed before a pause counts:

>>> decide(1, consumed=3 * hour)
(2, 0, [1], 2.0)
"""

from typing import NamedTuple


class Step(NamedTuple):
    """``limit``: from the alarm's start. ``repeat``: every so much, ``times`` at most."""

    id: int
    limit: int
    repeat: int = 0
    times: int = 0


class Climb(NamedTuple):
    """How far an alarm has come.

    ``resumed``: since when its clock runs; ``consumed``: what had run before;
    ``reached``: limit of the last step told, -1 for none; ``repeat_no`` of it and
    ``fired``, when; ``held``: by how much the steps above are put off by those who
    acknowledged or snoozed; ``hold``: until when somebody holds it now.
    """

    resumed: int
    consumed: int = 0
    reached: int = -1
    repeat_no: int = 0
    fired: int | None = None
    held: int = 0
    hold: int | None = None


class Decision(NamedTuple):
    """What to do now; ``next_at`` None and not ``broken``: nothing more will come."""

    fire: Step | None = None
    repeat_no: int = 0
    skipped: tuple = ()
    held: int = 0
    next_at: int | None = None
    broken: bool = False
    is_held: bool = False


def due_steps(climb, steps, clock, now):
    """What is due at ``now``; the module's docstring is its specification."""
    if climb.hold and climb.hold > now:
        return Decision(held=climb.held, next_at=climb.hold, is_held=True)
    climb = _release(climb, steps, clock)
    loud = clock.loud(now)
    if loud > now:
        return Decision(held=climb.held, repeat_no=climb.repeat_no, next_at=loud)
    fire, skipped, climb = _climb_on(climb, steps, clock, now)
    next_at, broken = next_moment(climb, steps, clock)
    return Decision(fire, climb.repeat_no, skipped, climb.held, next_at, broken)


def _climb_on(climb, steps, clock, now):
    """(step to tell or None, steps it leaves out, how far the alarm has come then)."""
    elapsed = climb.consumed + clock.worked(climb.resumed, now)
    due = [
        step
        for step in sorted(steps, key=lambda step: step.limit)
        if step.limit > climb.reached and step.limit + climb.held <= elapsed
    ]
    if due:
        *skipped, fire = due
        climb = climb._replace(reached=fire.limit, repeat_no=0, fired=now)
        return fire, tuple(skipped), climb
    again = _next_repeat(climb, steps, clock)
    if again and again[1] <= now:
        climb = climb._replace(repeat_no=climb.repeat_no + 1, fired=now)
        return again[0], (), climb
    return None, (), climb


def _release(climb, steps, clock):
    """A hold that is over puts the steps above off, so that the next one is due then."""
    if not climb.hold:
        return climb
    above = [step.limit for step in steps if step.limit > climb.reached]
    elapsed = climb.consumed + clock.worked(climb.resumed, climb.hold)
    held = max(climb.held, elapsed - min(above)) if above else climb.held
    fired = climb.fired and max(climb.fired, climb.hold)
    return climb._replace(held=held, hold=None, fired=fired)


def _next_repeat(climb, steps, clock):
    """(step, moment) of the next repeat of the step reached, or None."""
    for step in steps:
        if step.limit != climb.reached or climb.fired is None or not step.repeat:
            continue
        if climb.repeat_no >= step.times:
            return None
        moment = clock.add(climb.fired, step.repeat)
        return None if moment is None else (step, moment)
    return None


def next_moment(climb, steps, clock):
    """(when something is due next or None, whether the clock has no answer)."""
    moments = []
    again = _next_repeat(climb, steps, clock)
    if again:
        moments.append(again[1])
    above = [step.limit for step in steps if step.limit > climb.reached]
    if above:
        left = min(above) + climb.held - climb.consumed
        moment = clock.add(climb.resumed, max(0, left))
        if moment is None:
            return None, True
        moments.append(moment)
    return min(moments, default=None), False


def due_moment(climb, step, clock):
    """When a step is due by the clock as it runs now."""
    return clock.add(climb.resumed, max(0, step.limit + climb.held - climb.consumed))


def arm(climb, steps, clock, now):
    """(when the alarm is looked at next or None, whether its clock has no answer).

    >>> from .alarm_clock import WallClock
    >>> arm(Climb(0, hold=50), [Step(1, 10)], WallClock(), 20)
    (50, False)
    >>> arm(Climb(0), [Step(1, 10)], WallClock(), 20), arm(Climb(0), [], WallClock(), 0)
    ((10, False), (None, False))
    """
    if climb.hold and climb.hold > now:
        return climb.hold, False
    return next_moment(_release(climb, steps, clock), steps, clock)


def forecast(climb, steps, clock):
    """When each step above is due, a hold counted: {step id: moment or None}.

    >>> from .alarm_clock import WallClock
    >>> steps = [Step(1, 10), Step(2, 40), Step(3, 80)]
    >>> forecast(Climb(0, reached=10, fired=10), steps, WallClock())
    {2: 40, 3: 80}
    >>> forecast(Climb(0, reached=10, fired=10, hold=60), steps, WallClock())
    {2: 60, 3: 100}
    """
    climb = _release(climb, steps, clock)
    return {
        step.id: due_moment(climb, step, clock)
        for step in steps
        if step.limit > climb.reached
    }
