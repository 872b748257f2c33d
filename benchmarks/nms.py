"""Time `d2lite.vision.suppression.nms` on 10,000 boxes against a plain Python loop, and against a loop of torch rows.

Run: python benchmarks/nms.py [number of boxes]
"""

import sys
import time

import torch

from d2lite.vision.boxes import iou
from d2lite.vision.suppression import nms


def plain_loop(boxes, scores, iou_threshold):
    """Greedy suppression on plain numbers, as a textbook writes it."""
    boxes = boxes.tolist()
    kept = []
    for i in scores.argsort(descending=True, stable=True).tolist():
        x1, y1, x2, y2 = boxes[i]
        for j in kept:
            u1, v1, u2, v2 = boxes[j]
            width, height = min(x2, u2) - max(x1, u1), min(y2, v2) - max(y1, v1)
            if width > 0 and height > 0:
                shared = width * height
                union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - shared
                if shared > iou_threshold * union:
                    break
        else:
            kept.append(i)
    return kept


def row_loop(boxes, scores, iou_threshold):
    """One row of IoUs for each kept box."""
    rest, kept = scores.argsort(descending=True, stable=True), []
    while len(rest):
        kept.append(int(rest[0]))
        rest = rest[1:][iou(boxes[rest[:1]], boxes[rest[1:]])[0] <= iou_threshold]
    return kept


def scattered(count, generator):
    """Boxes anywhere: few overlap, most are kept."""
    corners = torch.rand(count, 2, generator=generator) * 1000
    return torch.cat([corners, corners + torch.rand(count, 2, generator=generator) * 100], dim=1)


def heaped(count, generator):
    """What a detector gives: many boxes around each of 300 objects."""
    objects = scattered(300, generator)[torch.randint(300, (count,), generator=generator)]
    return objects + torch.randn(count, 1, generator=generator) * 4


def best_of(function, repeats, *args):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = function(*args)
        times.append(time.process_time() - start)
    return min(times), [int(i) for i in result]


def main(count=10_000):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    print(f"{count} boxes, IoU threshold 0.5, processor time of one thread, torch {torch.__version__}")
    for make in (heaped, scattered):
        boxes = make(count, generator).round()  # whole pixels: every loop computes the same exact areas
        scores = torch.rand(count, generator=generator)
        seconds, kept = best_of(nms, 5, boxes, scores, 0.5)
        print(f"{make.__name__}: {len(kept)} kept, nms {seconds * 1000:.0f} ms")
        for loop in (row_loop, plain_loop):
            slow, expected = best_of(loop, 1, boxes, scores, 0.5)
            assert kept == expected, f"{loop.__name__} and nms differ"
            print(
                f"  {loop.__name__} {slow * 1000:.0f} ms, same boxes: nms is {slow / seconds:.0f} times as fast"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
