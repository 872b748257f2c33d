"""What a function's code is made of, as far as it decides what it does, in every Python that is supported."""

import dis
import types

_LOADS = {
    "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF",
}  # fmt: skip


def code_parts(code):
    """What of a code object decides what it does: no lines, no file."""
    return [
        code.co_name, code.co_code, getattr(code, "co_exceptiontable", b""), code.co_consts,
        code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags,
        code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
    ]  # fmt: skip


def names_loaded(code):
    """Return what a code and those inside it load by name, each as a tuple with the attributes that follow.

    An import comes as ("import", level, module, and the names taken from it).
    """
    found = set()
    skipped = ("EXTENDED_ARG", "CACHE", "PUSH_NULL")
    steps = [step for step in dis.get_instructions(code) if step.opname not in skipped]
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
