"""Working seconds between two moments, for many pairs over one list of intervals."""

from bisect import bisect_right


class WorkingTime:
    """Sorted, disjoint ``(start, end)`` pairs; numbers or datetimes, all of one kind.

    >>> day = WorkingTime([(8, 12), (13, 17)])
    >>> day.between(9, 14)
    4
    >>> day.between(12, 13), day.between(0, 99), day.between(14, 9)
    (0, 8, 0)
    >>> WorkingTime([]).between(1, 5)
    0
    """

    def __init__(self, intervals, zero=0):
        self._intervals = list(intervals)
        self._starts = [start for start, _end in self._intervals]
        self._zero = zero
        self._before = [zero]  # work done before each interval starts, then in total
        for start, end in self._intervals:
            self._before.append(self._before[-1] + (end - start))

    def until(self, moment):
        """Work from the beginning of the list until ``moment``."""
        index = bisect_right(self._starts, moment)
        if not index:
            return self._zero
        start, end = self._intervals[index - 1]
        return self._before[index - 1] + (min(moment, end) - start)

    def between(self, start, end):
        """Work from ``start`` to ``end``; nothing when they are the wrong way round."""
        return max(self._zero, self.until(end) - self.until(start))
