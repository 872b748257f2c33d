"""What a character model built in any way is made of, if a page can run it."""

from torch import nn

from d2lite._utils.tensors import check_weights

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)  # which may be empty


def find_parts(model, vocabulary, max_units):
    """Return a module's nn.RNN, its nn.Linear, the alphabet and the input weights through an embedding, or None.

    Args:
        model, vocabulary: as `d2lite.models.character_rnn.pack_model` takes them.
        max_units: most units that a page can run.

    Raises:
        TypeError, ValueError: as for `d2lite.models.character_rnn.pack_model`.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is a {type(model).__name__}: expected a torch.nn.Module")
    check_weights(model, "model")
    alphabet = _characters(vocabulary)
    recurrent = _only(model, nn.RNNBase, "recurrent layer")
    readout = _only(model, nn.Linear, "linear layer")
    embedding = _only(model, nn.Embedding, "embedding", least=0)
    check_layer(recurrent)
    if recurrent.hidden_size > max_units:
        raise ValueError(f"model has {recurrent.hidden_size} units: expected at most {max_units}")
    _check_nothing_else(model, recurrent, readout, embedding)
    size, reads = len(alphabet), recurrent.input_size if embedding is None else embedding.num_embeddings
    if tuple(readout.weight.shape) != (size, recurrent.hidden_size) or reads != size:
        raise ValueError(
            f"model reads {reads} characters and scores {readout.out_features} from {readout.in_features} of "
            f"{recurrent.hidden_size} units: expected {size}, the vocabulary, {size} and {recurrent.hidden_size}"
        )
    if embedding is None:
        return recurrent, readout, alphabet, None
    table = recurrent.weight_ih_l0.detach().cpu().double() @ embedding.weight.detach().cpu().double().T
    return recurrent, readout, alphabet, table  # (H, E) @ (E, V) -> (H, V)


def _characters(vocabulary):
    tokens = getattr(vocabulary, "tokens", vocabulary)
    if not isinstance(tokens, str | list | tuple):
        raise TypeError(
            f"vocabulary is a {type(tokens).__name__}: expected a str, a list or a Vocabulary, in order"
        )
    tokens = ["\ufffd" if token == "<unk>" else token for token in tokens]
    wrong = next((token for token in tokens if not isinstance(token, str) or len(token) != 1), None)
    if wrong is not None:
        raise ValueError(
            f"vocabulary holds {wrong!r:.40}: expected two or more different characters, one a token"
        )
    if len(set(tokens)) != len(tokens) or len(tokens) < 2:
        raise ValueError(
            f"vocabulary has {len(tokens)} tokens, {len(set(tokens))} different: expected distinct ones, at least 2"
        )
    return "".join(tokens)


def _only(model, kind, name, least=1):
    found = [part for part in model.modules() if isinstance(part, kind)]
    if not least <= len(found) <= 1:
        wanted = "one" if least else "at most one"
        raise ValueError(f"model has {len(found)} parts of the kind {name}: expected {wanted}")
    return found[0] if found else None


def check_layer(layer):
    """Refuse a recurrent layer that is not an nn.RNN of one layer and one direction, with tanh."""
    plain = isinstance(layer, nn.RNN) and layer.nonlinearity == "tanh"
    if not plain or layer.num_layers != 1 or layer.bidirectional:
        raise ValueError(
            f"model has the recurrent layer {layer}: expected an nn.RNN of one layer and one direction, with tanh"
        )


def _check_nothing_else(model, *parts):
    """Refuse a model that computes with more than the parts a page knows: its numbers there would be others."""
    known = (nn.Dropout, nn.Identity, nn.Softmax, nn.LogSoftmax, nn.modules.loss._Loss, *_CONTAINERS)
    leaves = [module for module in model.modules() if module not in parts and not list(module.children())]
    other = [type(leaf).__name__ for leaf in leaves if leaf is not model and not isinstance(leaf, known)]
    mine = {id(weight) for part in parts if part is not None for weight in part.parameters()}
    other += [name for name, weight in model.named_parameters() if id(weight) not in mine]
    if other:
        raise ValueError(
            f"model has {other[0]} as well: expected a recurrent layer, a linear one and an embedding only"
        )
