"""Record a network of 259 weights that Keras trains on the iris table, and what ONNX Runtime says of it.

    python tools/record/keras_iris.py   # a few seconds; needs the extras "keras" and "onnx"

Writes d2lite/data/weights/keras_iris.npz, which `d2lite.models.weights.load("keras_iris")` reads: the weights in
Keras's layout and order before the training (start.0 to start.3) and after it (end.0 to end.3), the probabilities that
Keras (keras) and ONNX Runtime (onnx) give the 30 test flowers, and in the record the training loss of each epoch, the
weights of the edited network, the sizes of the files, and the operations of the ONNX graph. The functions are those of
chapters/09_beyond/frameworks, and its test runs the chapter's own against this file.
"""

import datetime
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from d2lite import datasets
from d2lite.models import weights

EPOCHS, BATCH, LR, SEED = 20, 16, 0.01, 0


def load_keras():
    """Return Keras with torch as its backend."""
    os.environ["KERAS_BACKEND"] = "torch"  # read at the import
    import keras

    return keras


def load_data():
    """Return the training and the test flowers, both scaled by the training flowers."""
    train, test = datasets.tabular("iris").split((0.8, 0.2))
    return train.standardize(), test.standardize(like=train)


def build(keras):
    """Return the network by the functional API."""
    inputs = keras.Input(shape=(4,), name="measurements")
    x = keras.layers.Dense(32, activation="relu")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def train_network(keras, model, train):
    """Train it, the flowers in the order of the table `train`, and return the training loss of each epoch."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=LR),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    one_hot = keras.utils.to_categorical(train.targets, num_classes=3)
    history = model.fit(
        train.inputs.numpy(), one_hot, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0
    )
    return history.history["loss"]


def edit(keras, path):
    """Return the model that was saved in a file, kept as it is but for a new last layer of two classes."""
    model = keras.models.load_model(path)
    model.trainable = False
    outputs = keras.layers.Dense(2, activation="softmax")(model.layers[-2].output)
    return keras.Model(model.inputs, outputs)


def to_torch(arrays):
    """Return the network in torch, with probabilities at its end, from Keras's list of arrays."""
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3), nn.Softmax(1))
    with torch.no_grad():
        for layer, (kernel, bias) in zip((net[0], net[2]), (arrays[:2], arrays[2:]), strict=True):
            layer.weight.copy_(torch.as_tensor(kernel).T)
            layer.bias.copy_(torch.as_tensor(bias))
    return net


def run_onnx(net, inputs, path):
    """Write a network as ONNX and return the Runtime's outputs, the operations of the file, and its size in bytes."""
    import onnx
    import onnxruntime

    rows = torch.export.Dim("rows")
    program = torch.onnx.export(
        net,
        (inputs,),
        dynamo=True,
        dynamic_shapes=({0: rows},),
        input_names=["measurements"],
        output_names=["probabilities"],
        verbose=False,
    )
    program.save(path)
    operations = [node.op_type for node in onnx.load(path).graph.node]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"measurements": inputs.numpy()})
    return outputs, operations, os.path.getsize(path)


def record_network():
    """Train, run and return the tensors and the record of the file."""
    keras, began = load_keras(), time.perf_counter()
    train, test = load_data()
    keras.utils.set_random_seed(SEED)
    model = build(keras)
    start = [np.array(array) for array in model.get_weights()]
    losses = train_network(keras, model, train)
    end = [np.array(array) for array in model.get_weights()]
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "iris.keras"))
        keras_bytes = os.path.getsize(Path(folder, "iris.keras"))
        edited = edit(keras, Path(folder, "iris.keras"))
        trained = sum(int(np.prod(part.shape)) for part in edited.trainable_weights)
        ran, operations, onnx_bytes = run_onnx(
            to_torch(end).eval(), test.inputs, str(Path(folder, "iris.onnx"))
        )
    import onnx
    import onnxruntime

    tensors = {
        f"{name}.{i}": part
        for name, list_ in (("start", start), ("end", end))
        for i, part in enumerate(list_)
    }
    tensors |= {"keras": np.array(model.predict(test.inputs.numpy(), verbose=0)), "onnx": ran}
    versions = {module.__name__: module.__version__ for module in (keras, onnx, onnxruntime, torch, np)}
    record = {
        "losses": [float(loss) for loss in losses],
        "edited": {"weights": int(edited.count_params()), "trained": trained},
        "operations": operations,
        "bytes": {"keras": keras_bytes, "onnx": onnx_bytes},
        "provenance": {
            "command": "python tools/record/keras_iris.py",
            "versions": versions,
            "seed": SEED,
            "seconds": round(time.perf_counter() - began, 1),
            "date": datetime.date.today().isoformat(),
        },
    }
    return tensors, record


if __name__ == "__main__":
    path = weights.save("keras_iris", *record_network())
    print(weights.load("keras_iris")[1], f"{path.stat().st_size:,} bytes", sep="\n")
