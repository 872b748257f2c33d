"""Lines between shapes, as dense points: straight, bent around corners, or curved; braces."""

import numpy as np

STEP = 0.02  # units between two points of a line
_CORNER = 0.15  # radius of a bent line's corner


def dense(points):
    """Return (M, 2) points at most a step apart along the line through (N, 2) points."""
    points = np.asarray(points, float)
    lengths = np.hypot(*np.diff(points, axis=0).T)
    counts = np.maximum(np.ceil(lengths / STEP).astype(int), 1)
    pieces = [np.linspace(a, b, n + 1)[:-1] for a, b, n in zip(points, points[1:], counts, strict=False)]
    return np.concatenate([*pieces, points[-1:]])


def bent(points):
    """Return dense points of a line through (N, 2) points, rounded at its corners."""
    points = np.asarray(points, float)
    pieces = [points[:1]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        ends = []
        for other in (before, after):
            away = other - corner
            length = np.hypot(*away)
            ends.append(corner + away * min(_CORNER, length / 2) / max(length, 1e-9))
        pieces.append(bezier(ends[0], corner, ends[1]))
    return dense(np.concatenate([*pieces, points[-1:]]))


def arc(start, end, curve):
    """Return dense points from start to end that bulge to the left of the way by curve times the distance."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    across = np.array([-(end - start)[1], (end - start)[0]])
    return dense(bezier(start, (start + end) / 2 + 2 * curve * across, end))


def bezier(start, control, end, count=41):
    """Return (count, 2) points of a quadratic Bezier curve."""
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end


def between(path, start, end, gap):
    """Return the part of a path from the border of one shape to a gap before that of another; None is no shape."""
    first, last = 0, len(path)
    if start is not None:
        first = int(np.max(np.flatnonzero(start.contains(path)), initial=-1)) + 1
    if end is not None:
        inside = np.flatnonzero(end.contains(path[first:]))
        last = first + int(np.min(inside, initial=len(path) - first))
        far = np.hypot(*(path[first:last] - path[min(last, len(path) - 1)]).T) >= gap
        last = first + int(np.max(np.flatnonzero(far), initial=-1)) + 1
    return path[first:last]


def head(path, length, width):
    """Return the path without the room of its head, and the (3, 2) corners of the head at its end."""
    tip = path[-1]
    far = np.flatnonzero(np.hypot(*(path - tip).T) >= length)
    base = int(np.max(far, initial=0))
    way = (tip - path[base]) / max(np.hypot(*(tip - path[base])), 1e-9)
    foot, across = tip - way * length, np.array([-way[1], way[0]]) * width / 2
    return np.concatenate([path[: base + 1], [foot + way * length * 0.2]]), np.array(
        [tip, foot + across, foot - across]
    )


def brace(start, end, depth):
    """Return dense points of a curly brace from start to end whose tip lies by depth to the left of the way."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    length = np.hypot(*(end - start))
    along = (end - start) / length
    across = np.array([-along[1], along[0]]) * np.sign(depth)
    half, r = length / 2, min(abs(depth) / 2, length / 4)
    quarter = np.linspace(0, np.pi / 2, 12)
    rise = np.column_stack([r * (1 - np.cos(quarter)), r * np.sin(quarter)])
    tip = np.column_stack([half - r + r * np.sin(quarter), r + r * (1 - np.cos(quarter))])
    left = np.concatenate([rise, tip])
    points = np.concatenate([left, left[::-1] * [-1, 1] + [length, 0]])
    return dense(start + points[:, :1] * along + points[:, 1:] * across)


def thin(path, most=60):
    """Return every so many points of a dense path, the ends always, and all of a bend: a small file, the same look."""
    keep = [0]
    for i in range(1, len(path) - 1):
        ahead, since = path[i + 1] - path[i], path[i] - path[keep[-1]]
        turn = abs(ahead[0] * since[1] - ahead[1] * since[0])
        if turn > 2e-5 * most / 60 and np.hypot(*since) > STEP:
            keep.append(i)
    return path[[*keep, len(path) - 1]]
