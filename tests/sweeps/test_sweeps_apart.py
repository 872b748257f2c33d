"""A run depends on nothing that another run, or the process it is done in, has changed."""

import pytest

import d2lite


def sweep(train, grid, seeds, folder, **options):
    return d2lite.sweep(train, grid, seeds, path=folder, progress=False, **options)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_train_that_changes_its_arguments_changes_no_other_run(tmp_path, n_jobs):
    def train(hidden, seed):
        hidden.append(10)
        hidden[0].append(1)
        return {"layers": len(hidden), "first": len(hidden[0])}

    grid = {"hidden": [[[64], 32], [[8]]]}
    for result in (sweep(train, grid, (0, 1, 2), tmp_path, n_jobs=n_jobs) for _ in range(2)):  # run, and read
        assert result.axes == {"hidden": [[[64], 32], [[8]]]}
        assert [run["layers"] for run in result] == [3, 3, 3, 2, 2, 2]
        assert {run["first"] for run in result} == {2}
