"""Read a function's signature: parameters that a model can fill in, with their types, and its docstring."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from docstring_parser import Docstring

NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that the model fills in.

    Attributes:
        name: Its name.
        annotation: Its type, with the metadata of `Annotated`.
        default: Its default value; NO_DEFAULT if it is required.
    """

    name: str
    annotation: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is NO_DEFAULT

    @property
    def null_is_default(self) -> bool:
        """Whether a null can only mean the default."""
        return not self.is_required and not admits_none(self.annotation)

    @property
    def note(self) -> str | None:
        """The description in the metadata: a text, or an object's description or documentation."""
        for entry in getattr(self.annotation, "__metadata__", ()):
            found = entry if isinstance(entry, str) else getattr(entry, "description", None)
            found = getattr(entry, "documentation", None) if found is None else found
            if isinstance(found, str):
                return found
        return None


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters that the model fills in, and how to call with them.

    Attributes:
        parameters: In order, except those that a partial has bound.
        name: The function's name.
        documented: The object that has the docstring.
        is_async: Whether calling it returns an awaitable.
    """

    parameters: tuple[Parameter, ...]
    name: str
    documented: Any
    is_async: bool
    _signature: inspect.Signature

    def bound(self, values: Mapping[str, Any]) -> inspect.BoundArguments:
        """Return the arguments of a call, with defaults for those that `values` lacks."""
        bound = inspect.BoundArguments(self._signature, dict(values))
        bound.apply_defaults()
        return bound


def signature_of(function: Callable[..., Any], scope: Mapping[str, Any]) -> Signature:
    """Return the parameters of a function, and how to call it.

    Args:
        function: A function, a bound method, a partial of one, or an object that can be called.
        scope: The local names where the tool is created, to resolve annotations in quotes.

    Raises:
        TypeError: It has a parameter that a model cannot fill in; the message names it and says what to do.
    """
    core = function
    while isinstance(core, functools.partial):
        core = core.func
    name = getattr(core, "__name__", None) or type(core).__name__
    where = f"{getattr(core, '__qualname__', name)}()"
    code = core if inspect.isroutine(core) else type(core).__call__
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"{where} yields its results one by one, but a tool has one result; return a list")
    try:
        signature = _signature(function)
    except ValueError as error:
        raise TypeError(f"{where} has no readable signature ({error}); wrap it in a function with types") from None
    given = function.keywords if isinstance(function, functools.partial) else {}
    names = _names_known_to(_innermost(code), scope)
    parameters = tuple(
        _parameter(parameter, where, names)
        for parameter in signature.parameters.values()
        if parameter.name not in given
    )
    documented = code if inspect.isroutine(core) or code.__doc__ else type(core)
    return Signature(parameters, name, documented, inspect.iscoroutinefunction(code), signature)


def admits_none(annotation: Any) -> bool:
    """Return whether None is a value of a type."""
    if annotation in (None, types.NoneType, Any, object):
        return True
    if isinstance(annotation, typing.TypeVar):
        return annotation.__bound__ is None or admits_none(annotation.__bound__)
    if isinstance(annotation, typing.NewType):
        return admits_none(annotation.__supertype__)
    if (alias := getattr(annotation, "__value__", None)) is not None:
        return admits_none(alias)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return admits_none(annotation.__origin__)
    if origin is typing.Literal:
        return None in typing.get_args(annotation)
    return origin in (typing.Union, types.UnionType) and any(map(admits_none, typing.get_args(annotation)))


def _innermost(code: Any) -> Any:
    """Return the function whose module the annotations are written in."""
    code = inspect.unwrap(code)
    return getattr(code, "__func__", code)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        # Annotations are evaluated when read; only those of parameters may not fail.
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _names_known_to(code: Any, scope: Mapping[str, Any]) -> ChainMap[str, Any]:
    """Return the names that a function's annotations may use; those around the call come last."""
    own = {parameter.__name__: parameter for parameter in getattr(code, "__type_params__", ())}
    if inspect.isfunction(code):
        for name, cell in zip(code.__code__.co_freevars, code.__closure__ or (), strict=True):
            with suppress(ValueError):  # there is nothing in it yet: the function refers to itself
                own[name] = cell.cell_contents
    return ChainMap(own, getattr(code, "__globals__", {}), dict(scope))


def _parameter(parameter: inspect.Parameter, where: str, names: ChainMap[str, Any]) -> Parameter:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
        raise TypeError(
            f"{where} takes {stars}{name}, which no schema can describe; name its parameters, or create the tool from a"
            " function that calls it"
        )
    if parameter.annotation is parameter.empty:
        hint = "; for a method, pass it bound to its object" if name in ("self", "cls") else ""
        raise TypeError(f"the parameter {name!r} of {where} has no type; annotate it, such as `{name}: str`{hint}")
    if type(parameter.default).__name__ == "FieldInfo":
        raise TypeError(
            f"the parameter {name!r} of {where} has a Field as its default; write Annotated[type, Field(...)]"
            " and a plain default"
        )
    return Parameter(name, _resolved(parameter, where, names), parameter.default)


def _resolved(parameter: inspect.Parameter, where: str, names: ChainMap[str, Any]) -> Any:
    """Return the type that an annotation names; all or part of it may be in quotes."""
    written = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    described_type = f"the type {parameter.annotation!r} of the parameter {parameter.name!r} of {where}"
    try:
        return typing.get_type_hints(written, {}, cast("dict[str, Any]", names), include_extras=True)[parameter.name]
    except (NameError, AttributeError) as error:
        raise TypeError(
            f"{described_type} cannot be resolved ({error}); import it at run time too, not only for type checkers"
        ) from None
    except (TypeError, SyntaxError) as error:
        raise TypeError(f"{described_type} is not a type: {error}") from None


class Described(NamedTuple):
    """A docstring in parts: the text before its sections, and the descriptions of parameters by name."""

    text: str | None
    parameters: dict[str, str]


def described(documented: Any, names: Iterable[str]) -> Described:
    """Return the parts of a docstring in its style (Google, NumPy, ReST, Epydoc).

    Args:
        documented: The function or the class; inherited docstrings do not count.
        names: The parameters or fields that it may describe.

    Raises:
        ImportError: There is a docstring of several lines, and the library that reads it is not installed.
    """
    written = documented.__doc__
    if not isinstance(written, str) or not written.strip() or _is_made_by_dataclasses(documented, written):
        return Described(None, {})
    line = written.strip()
    if "\n" not in line and not line.startswith((":", "@")):
        return Described(line, {})  # a single sentence, without sections
    try:
        from docstring_parser import DocstringStyle, ParseError, parse
    except ImportError as error:
        raise ImportError(
            "reading docstrings needs the package 'docstring-parser': pip install 'chat-completions-client[pydantic]'"
            " or 'chat-completions-client[msgspec]'",
            name="docstring_parser",
        ) from error
    # The parser cleans it again, and would take the first line to be unindented.
    text, wanted = "\n" + inspect.cleandoc(written), set(names)
    best: tuple[int, Docstring] | None = None
    for style in (DocstringStyle.GOOGLE, DocstringStyle.NUMPYDOC, DocstringStyle.REST, DocstringStyle.EPYDOC):
        try:
            parsed = parse(text, style)
        except ParseError:
            continue
        # The best style finds the most of our parameters, then the most of other sections.
        found = 1000 * len(wanted & {param.arg_name for param in parsed.params}) + len(parsed.meta)
        if best is None or found > best[0]:
            best = (found, parsed)
    if best is None:
        return Described(text.strip(), {})
    parts = (best[1].short_description, best[1].long_description)
    parameters = {
        param.arg_name: param.description for param in best[1].params if param.arg_name in wanted and param.description
    }
    return Described("\n\n".join(part.strip() for part in parts if part) or None, parameters)


def _is_made_by_dataclasses(documented: Any, written: str) -> bool:
    """Return whether it is the signature that `dataclass` writes as the docstring of a class without one."""
    return isinstance(documented, type) and written.startswith(f"{documented.__name__}(") and written.endswith(")")
