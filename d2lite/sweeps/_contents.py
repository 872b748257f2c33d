"""What a function's code, an array and a tensor are made of, as far as it decides what they do."""

import dis
import hashlib
import types

import numpy as np

_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_DEREF", "LOAD_CLASSDEREF"}
_LOADS |= {"LOAD_FROM_DICT_OR_DEREF"}


def code_parts(code):
    """What of a code object decides what it does: no lines, no file."""
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return [
        code.co_name,
        code.co_code,
        getattr(code, "co_exceptiontable", b""),
        code.co_consts,
        *counts,
        *names,
    ]


def names_loaded(code):
    """Return what a code and those inside it load by name, each as a tuple with the attributes that follow."""
    found = set()
    steps = [
        step
        for step in dis.get_instructions(code)
        if step.opname not in ("EXTENDED_ARG", "CACHE", "PUSH_NULL")
    ]
    for i, step in enumerate(steps):
        if step.opname in _LOADS:
            end = i + 1
            while end < len(steps) and steps[end].opname in ("LOAD_ATTR", "LOAD_METHOD"):
                end += 1
            found.add((step.argval, *(after.argval for after in steps[i + 1 : end])))
        elif step.opname == "IMPORT_NAME":
            found.add(("import", steps[i - 2].argval, step.argval, *(steps[i - 1].argval or ())))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_loaded(constant)
    return found


def array_parts(array):
    array = np.asarray(array)
    return [repr(array.dtype.descr), array.shape, hashlib.sha256(np.ascontiguousarray(array)).hexdigest()]


def tensor_content(tensor):
    import torch

    tensor = tensor.detach().cpu()
    dense = tensor.to_dense() if tensor.layout != torch.strided else tensor.resolve_conj().resolve_neg()
    return hashlib.sha256(dense.contiguous().reshape(-1).view(torch.uint8).numpy()).hexdigest()
