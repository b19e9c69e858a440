"""Why a lead or deal changed its stage, as it travels in the context of one call."""

from typing import NamedTuple

CONTEXT_KEY = "crm_stage_reason"


class StageReason(NamedTuple):
    """Only code of this process can make one: a remote caller's context holds plain
    lists and strings, so that nobody can pretend an automatic or a permitted move.

    >>> given({CONTEXT_KEY: StageReason("automatic", "Order S00042 was confirmed")}).kind
    'automatic'
    >>> given({CONTEXT_KEY: ["override", "I may"]}).kind
    'manual'
    """

    kind: str = "manual"
    text: str = ""


def given(context):
    """The reason ``context`` carries, or that of a move by hand."""
    reason = context.get(CONTEXT_KEY)
    return reason if isinstance(reason, StageReason) else StageReason()
