"""Record the detector of the chapter on modern detectors: three changes, and more depth, trained for longer.

    python tools/record/modern_detector.py             # 10,000 steps of 32 scenes: about eight minutes of one core
    python tools/record/modern_detector.py --steps 60  # a short run, to see it work

Kill it and start it again, and it goes on from the last checkpoint. It sees 320,000 pictures, as many as the detector
of the chapter on YOLO (tools/record/detector.py): 20,000 scenes, the first of the stream that one learns from, sixteen
times, mirrored or not. Its changes are those of tools/record/modern_detectors.py named below, with seven blocks in
place of three. They and the rate were chosen while the recording of the changes was half done, by validation scenes;
no other rate was tried at this length. It writes d2lite/data/weights/modern_detector.npz, which
`d2lite.models.pretrained_modern_detector` reads: the weights in 8 bits, batch norm folded in. Measured once, at the
end, on the 500 scenes of test items with which the chapter on YOLO measures, as stored.
"""

import argparse
import time
from pathlib import Path

import modern_detectors as rows
import torch

from d2lite.datasets import scenes
from d2lite.models import pretrained_modern_detector, save_modern_detector, weights

ROW, LR, NUM_BLOCKS = "residual blocks + CIoU loss + dynamic owners", 0.01, 7
NUM_SCENES, NUM_STEPS, BATCH, SEED = 20_000, 10_000, 32, 0
EVERY = 250  # steps between checkpoints, and that a kept loss is the mean of
NUM_FIRST = 5  # steps whose losses are kept one by one, so that a test can take them again


def train(num_steps, checkpoint=None, num_scenes=NUM_SCENES, stop=None):
    """Return the trained detector, each step's losses and the seconds, going on from the checkpoint if there is one."""
    settings, train_scenes = rows.settings_of(ROW), scenes(num_scenes, 0)[0]
    detector = rows.make_detector(settings, SEED, num_blocks=NUM_BLOCKS).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(detector.parameters(), LR, weight_decay=rows.WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, num_steps, pct_start=0.1)
    parts = {"detector": detector, "optimizer": optimizer, "schedule": schedule}
    losses, seconds, start = [], 0.0, time.process_time()
    if checkpoint is not None and checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        losses, seconds = saved["losses"], saved["seconds"]
    per_pass = num_scenes // BATCH
    while len(losses) < (num_steps if stop is None else stop):
        step = len(losses)
        order = torch.randperm(num_scenes, generator=torch.Generator().manual_seed(step // per_pass))
        batch = order[step % per_pass * BATCH :][:BATCH].tolist()
        torch.manual_seed(step)  # of augmentation: a step depends on its number alone
        changed = rows.augment(*rows.take(train_scenes, batch), settings)
        terms = rows.train_step(detector, optimizer, schedule, *changed, settings)
        losses.append([term.item() for term in terms.values()])
        if checkpoint is not None and (len(losses) % EVERY == 0 or len(losses) == num_steps):
            seconds, start = seconds + time.process_time() - start, time.process_time()
            state = {name: part.state_dict() for name, part in parts.items()}
            part = checkpoint.with_suffix(".part")
            torch.save({**state, "losses": losses, "seconds": seconds}, part)
            part.replace(checkpoint)
            means = torch.tensor(losses[-EVERY:]).mean(dim=0).tolist()
            print(len(losses), [round(mean, 3) for mean in means], f"{seconds:.0f} s of one core", flush=True)
    return detector.eval(), losses, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=NUM_STEPS, help=f"steps ({NUM_STEPS})")
    parser.add_argument("--checkpoint", type=Path, default=Path("_build/modern_detector.pt"))
    parser.add_argument("--out", type=Path, default=weights.FOLDER / "modern_detector.npz")
    options = parser.parse_args()
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    detector, losses, seconds = train(options.steps, options.checkpoint)
    means = torch.tensor(losses)[: len(losses) // EVERY * EVERY].unflatten(0, (-1, EVERY)).mean(1)
    record = {
        "command": f"python tools/record/modern_detector.py --steps {options.steps}",
        "row": ROW,
        "lr": LR,
        "steps": options.steps,
        "scenes": options.steps * BATCH,
        "seed": SEED,
        "seconds": round(seconds),
        "every": EVERY,
        "losses": [[round(value, 4) for value in each] for each in means.tolist()],
        "first_losses": [[round(value, 6) for value in each] for each in losses[:NUM_FIRST]],
        "versions": {"torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    test = scenes(0, rows.NUM_TEST)[1]
    whole = rows.measure(rows.predict(detector, test), test)[:2]
    save_modern_detector(options.out, detector, {**record, "map_50": None, "merged_map_50": None})
    stored = rows.measure(rows.predict(pretrained_modern_detector(options.out)[0], test), test)[:2]
    measured = {
        "map_50": round(stored[0], 4),
        "merged_map_50": round(stored[1], 4),
        "unrounded_map_50": round(whole[0], 4),
    }
    save_modern_detector(options.out, detector, {**record, **measured})
    print(measured, options.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
