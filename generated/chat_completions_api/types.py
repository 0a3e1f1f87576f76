"""What the generated models and endpoints share: the lossless model, and how its parts are decoded."""

from __future__ import annotations

import copy
import datetime
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence, Set
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from attrs import define, fields_dict, has

if TYPE_CHECKING:
    from typing import TypeAlias, TypedDict, Unpack

    from attrs import Attribute

    # Fields by wire name, entries of lists by position or "__all__"; a mapping says of each: all of it, or which parts.
    Selection: TypeAlias = Set[str] | Set[int] | Mapping[str, Any] | Mapping[int, Any]

    class DumpOptions(TypedDict, total=False):
        """The options of `Model.model_dump`."""

        mode: str
        by_alias: bool | None
        include: Selection | None
        exclude: Selection | None
        context: Any
        exclude_unset: bool
        exclude_defaults: bool
        exclude_none: bool
        exclude_computed_fields: bool
        round_trip: bool
        warnings: bool | str
        fallback: Callable[[Any], Any] | None
        serialize_as_any: bool


class Unset:
    """The type of UNSET, the default of what a caller may leave out."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


# Characters of a text without spaces that is shown whole.
_LONGEST_WORD = 1000

# Any: so that a field typed `str | None` may be left out without Unset showing in its type.
UNSET: Any = Unset()

T = TypeVar("T")

new = object.__new__
# Reads a slot, also where `Model.__getattr__` would fill it.
slot = object.__getattribute__

# Held while an object gets the empty list or model that one of its fields reads as.
_FILLING = threading.Lock()

_NO_JSON = object()


class _FieldsOfClass:
    """The known fields of a class of models, by name, as attrs describes them."""

    def __get__(self, model: Model | None, kind: type[Model]) -> Mapping[str, Attribute[Any]]:
        return fields_dict(kind) if has(kind) else {}


class Model:
    """A JSON object with typed fields that loses nothing of what it was made from.

    A field that is absent reads as None, and a required list or object that is absent or null reads as an empty one;
    `"name" in model` tells absent from null. Fields that the specification does not know are kept: they read as items
    and as attributes. `to_dict()` gives back what `from_dict()` took.
    """

    __slots__ = ("_extra", "_filled", "_info", "_keys", "_wire")

    # Wire name -> attribute name of every known field, and the wire names of those that may hold models.
    _attributes: ClassVar[Mapping[str, str]] = {}
    _known: ClassVar[frozenset[str]] = frozenset()
    _nested: ClassVar[tuple[str, ...]] = ()
    # What makes the empty value of each required list and object, by attribute; their slots stay unset until then.
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    # The fields of many servers that the specification does not know: absent, they read as None too.
    _extensions: ClassVar[frozenset[str]] = frozenset()
    # The schema that the class comes from: a pointer into `openapi.json`.
    _source: ClassVar[str] = ""

    # The wire names that are present, in wire order; the unknown ones' values; what a client notes about the origin.
    _keys: tuple[str, ...]
    _extra: dict[str, Any] | None
    _info: Any
    # The empty values that were read, by attribute; unset where there are none.
    _filled: dict[str, Any]
    # The JSON object of a model that is decoded late: when a slot is read that is not set. Then it is dropped.
    _wire: Mapping[str, Any]

    def __init_subclass__(cls) -> None:
        cls._known = frozenset(cls._attributes)

    def __attrs_post_init__(self) -> None:
        present = []
        for key, name in self._attributes.items():
            if getattr(self, name) is UNSET:
                setattr(self, name, None)
            else:
                present.append(key)
        self._keys = tuple(present)
        self._extra = None
        # `ChatCompletion(**body)` has models where `from_dict(body)` has them.
        for key in self._nested:
            value = getattr(self, self._attributes[key], None)
            if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict) for each in value)):
                setattr(self, self._attributes[key], getattr(type(self).from_dict({key: value}), self._attributes[key]))

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        self._keys = tuple(src_dict)
        self._extra = dict(src_dict)
        return self

    @classmethod
    def _unknown_of(cls, src_dict: Mapping[str, Any]) -> dict[str, Any]:
        """Give the fields that are not known; apart, as a comprehension slows down all around it in CPython 3.11."""
        return {key: src_dict[key] for key in src_dict if key not in cls._known}

    def to_dict(
        self,
        *,
        mode: str = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> dict[str, Any]:
        """Encode to a JSON object: equal to what was decoded, in the same order, with later changes applied.

        Args:
            mode: Makes no difference, as in `model_dump`.
            use_api_names: Makes no difference: keys are wire names in any case.
            exclude_unset: Whether to leave out what is absent; if not, it is None.
            exclude_defaults: As in `model_dump`.
            exclude_none: As in `model_dump`.
            warnings: Makes no difference.
        """
        if exclude_none or exclude_defaults or not exclude_unset:
            return self.model_dump(
                exclude_unset=exclude_unset, exclude_defaults=exclude_defaults, exclude_none=exclude_none
            )
        attributes = self._attributes
        extra = self._extra
        blank = self._blank() if self._empties else ()
        out: dict[str, Any] = {}
        for key in self._keys:
            name = attributes.get(key)
            if name is not None:
                out[key] = None if blank and name in blank else getattr(self, name)
            elif extra is not None and key in extra:
                out[key] = extra[key]
        if len(out) != len(attributes) or extra is not None:
            for key, name in attributes.items():
                if key not in out and name not in blank and (value := getattr(self, name)) is not None:
                    out[key] = value
            if extra is not None:
                for key, value in extra.items():
                    out.setdefault(key, value)
        for key in self._nested:
            value = out.get(key)
            if value is not None:
                try:
                    out[key] = to_json_value(value)
                except RecursionError:
                    out[key] = _deep_json_value(value)
        return out

    def _blank(self) -> Collection[str]:
        """Give the attributes of the required lists and objects that are absent or null, and still empty if read."""
        blank: list[str] = []
        for name in self._empties:
            try:
                value = slot(self, name)
            except AttributeError:
                blank.append(name)
                continue
            if value and getattr(value, "_keys", True):
                continue
            if self._filled_with(name) is value and not to_json_value(value):
                blank.append(name)
        return blank

    def _filled_with(self, name: str) -> Any:
        try:
            return slot(self, "_filled").get(name)
        except AttributeError:
            return None

    def _fill(self, name: str) -> Any:
        """Give a required list or object that is absent or null its empty value, one for all threads."""
        empty = self._empties[name]()
        with _FILLING:
            with suppress(AttributeError):
                return slot(self, name)
            try:
                filled = slot(self, "_filled")
            except AttributeError:
                filled = self._filled = {}
            filled[name] = empty
            setattr(self, name, empty)
        return empty

    def _load(self, name: str) -> None:
        """Decode a field of a model that is decoded late, or all of it; what was set before stays."""
        try:
            wire = slot(self, "_wire")
        except AttributeError:
            return
        if self._attributes.get(name) == name:
            decoded: Any = type(self).from_dict({name: wire[name]} if name in wire else {})
            names: tuple[str, ...] = (name,)
        else:
            late = {key: wire[key] for key in wire if self._attributes.get(key) not in self._empties}
            decoded = type(self).from_dict(late)
            decoded._keys = tuple(wire)
            names = (*self._attributes.values(), "_extra", "_keys")
        with _FILLING:
            for each in names:
                try:
                    slot(self, each)
                except AttributeError:
                    if each not in self._empties:
                        setattr(self, each, slot(decoded, each))
            if len(names) > 1:
                with suppress(AttributeError):
                    del self._wire

    def _present(self) -> dict[str, Any]:
        """Give the fields that are present, by wire name, with models as they are."""
        blank = self._blank()
        keys = dict.fromkeys((*self._keys, *self._attributes, *self.additional_keys))
        return {key: None if self._attributes.get(key) in blank else self[key] for key in keys if key in self}

    # Under the names that the ecosystem's models have.

    def model_dump(
        self,
        *,
        mode: str = "python",
        by_alias: bool | None = None,
        include: Selection | None = None,
        exclude: Selection | None = None,
        context: Any = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        exclude_computed_fields: bool = False,
        round_trip: bool = False,
        warnings: bool | str = True,
        fallback: Callable[[Any], Any] | None = None,
        serialize_as_any: bool = False,
    ) -> dict[str, Any]:
        """Encode to a JSON object in which absent fields are None: `to_dict()` is what came.

        The arguments that are not listed are pydantic's, and make no difference: values are JSON's in any case.

        Args:
            by_alias: Makes no difference: keys are wire names in any case.
            include: What to give: a set of wire names, or a mapping of wire names to True or to what to give of the
                field, such as `{"choices": {0: {"message"}}}`; "__all__" stands for all entries of a list. None for all.
            exclude: What to leave out, in the same form.
            exclude_unset: Whether to leave out what is absent.
            exclude_defaults: Whether to leave out the known fields that are None, their default, in nested models too.
            exclude_none: Whether to leave out what is None, in nested models too.

        Raises:
            TypeError: `include` or `exclude` is not a set or a mapping.
        """

        def fields(model: Model) -> dict[str, Any]:
            found = model._present()
            if not (exclude_unset or exclude_defaults):
                found |= {key: None for key in model._attributes if key not in found}
            # None is the default of every known field.
            nones = found if exclude_none else model._attributes if exclude_defaults else ()
            return {key: value for key, value in found.items() if value is not None or key not in nones}

        encoded: dict[str, Any] = _deep_json_value(self, fields)
        return encoded if include is None and exclude is None else _selected(encoded, include, exclude)

    def model_dump_json(
        self, *, indent: int | None = None, ensure_ascii: bool = False, **options: Unpack[DumpOptions]
    ) -> str:
        """Encode to JSON text in which absent fields are null.

        Args:
            indent: Spaces for each level; None for one line.
            ensure_ascii: Whether to escape what is not ASCII.
            options: Those of `model_dump`.
        """
        return _json_text(self.model_dump(**options), indent, ensure_ascii)

    def to_json(self, *, indent: int | None = 2, use_api_names: bool = True, **options: Unpack[DumpOptions]) -> str:
        """Encode to the JSON text of what came.

        Args:
            indent: Spaces for each level; None for one line.
            use_api_names: Makes no difference: keys are wire names in any case.
            options: Those of `model_dump`; here absent fields are left out unless `exclude_unset` is false.
        """
        options.setdefault("exclude_unset", True)
        return self.model_dump_json(indent=indent, **options)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the model.

        Args:
            update: Values for fields of the copy, which are taken as they are.
            deep: Whether to copy what it holds, too.
        """
        copied = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            copied[name] = value
        return copied

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Decode a JSON object, or give a model of this class as it is; the fields are taken as they are.

        Raises:
            TypeError: It is neither.
        """
        if isinstance(obj, cls):
            return obj
        if not isinstance(obj, Mapping):
            raise TypeError(f"a {cls.__name__} is made from a JSON object, not from a {type(obj).__name__}")
        return cls.from_dict(obj)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray) -> Self:
        """Decode the JSON text of an object; see `model_validate`."""
        return cls.model_validate(json.loads(json_data))

    @classmethod
    def model_construct(cls, _fields_set: Set[str] | None = None, **values: Any) -> Self:
        """Decode the JSON object of some values, by wire name."""
        return cls.from_dict(values)

    construct = model_construct

    model_fields: ClassVar[Mapping[str, Attribute[Any]]] = cast("Any", _FieldsOfClass())

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that the specification does not know, by wire name; see `additional_properties`."""
        return self.additional_properties

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the known fields that are present; null counts as present."""
        return {name for key, name in self._attributes.items() if key in self}

    @property
    def additional_properties(self) -> dict[str, Any]:
        """The fields that the specification does not know, by wire name."""
        if self._extra is None:
            self._extra = {}
        return self._extra

    @property
    def additional_keys(self) -> list[str]:
        return list(self._extra or ())

    @property
    def _request_id(self) -> str | None:
        return getattr(getattr(self, "_info", None), "request_id", None)

    def __contains__(self, key: object) -> bool:
        """Tell whether the field of this wire name is present; null counts as present."""
        if key in self._attributes:
            name = self._attributes[str(key)]
            return key in self._keys or (name not in self._blank() and getattr(self, name) is not None)
        return self._extra is not None and key in self._extra

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        name = self._attributes.get(key)
        return self.additional_properties[key] if name is None else getattr(self, name)

    def __setitem__(self, key: str, value: Any) -> None:
        name = self._attributes.get(key)
        if name is None:
            self.additional_properties[key] = value
        else:
            setattr(self, name, value)
            if key not in self._keys:
                self._keys = (*self._keys, key)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        name = self._attributes.get(key)
        if name is None:
            del self.additional_properties[key]
        elif name in self._empties:
            with suppress(AttributeError):
                delattr(self, name)
        else:
            setattr(self, name, None)
        self._keys = tuple(present for present in self._keys if present != key)

    def __copy__(self) -> Self:
        copied = type(self).from_dict({})
        blank = self._blank()
        for name in (*self._attributes.values(), "_extra", "_info", "_keys"):
            if name not in blank and hasattr(self, name):
                setattr(copied, name, getattr(self, name))
        copied._extra = None if self._extra is None else dict(self._extra)
        return copied

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield the name and the value of every known field, None where it is absent, and of the unknown ones.

        `dict(model)` has them, with nested models as they are.
        """
        yield from ((name, getattr(self, name)) for name in self._attributes.values())
        yield from (self._extra or {}).items()

    def get(self, key: str, default: Any = None) -> Any:
        """Read a field by its wire name; `default` where it is absent."""
        return self[key] if key in self else default

    # What pydantic asks for: a model is a type of its fields. Nothing else imports the module.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from .pydantic_schemas import model_schema

        return model_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from .pydantic_schemas import JSONSchemas

        return JSONSchemas(handler).at(cls._source) if cls._source else {"type": "object"}

    # Hidden from type checkers, which would let every misspelled field pass.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Reached only for a slot that is not set, and for a field that the specification does not know.
            if name in self._empties:
                return self._fill(name)
            if name not in ("_filled", "_info", "_wire"):
                self._load(name)
                with suppress(AttributeError):
                    return slot(self, name)
            if not name.startswith("_"):
                if self._extra is not None and name in self._extra:
                    return self._extra[name]
                if name in self._extensions:
                    return None
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def _shown(self) -> Iterator[tuple[str, Any]]:
        """Yield the names and values that people see."""
        for key, value in self._present().items():
            yield self._attributes.get(key, key), value

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        for name, value in self._shown():
            yield name, _legible(value)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the object in IPython: a field on each line, if it does not fit on one."""
        start = f"{type(self).__name__}("
        with printer.group(4, start, ")"):
            for place, (name, value) in enumerate(self._shown() if not cycle else [("...", UNSET)]):
                if place:
                    printer.text(",")
                printer.breakable(" " if place else "")
                printer.text(name if value is UNSET else f"{name}=")
                if value is not UNSET:
                    printer.pretty(_legible(value))


def _legible(value: Any) -> Any:
    """Return a value for people; of encoded data, which is one long word, only the beginning."""
    if isinstance(value, str) and len(value) > _LONGEST_WORD and not any(map(str.isspace, value[:_LONGEST_WORD])):
        return f"{value[:60]}... ({len(value):,} characters)"
    return value


class UnknownVariant(Model):
    """A variant of a union that the specification does not know; its fields read as attributes and as items."""

    __slots__ = ()


class PlainObject:
    """A map in a union with models: it stays a dict."""

    @staticmethod
    def from_dict(src_dict: Mapping[str, Any]) -> Any:
        return src_dict


class LazyModel:
    """Stands for a model's class until the first object of it is decoded, and imports it only then.

    Args:
        module: The module of the model.
        name: Its class.
        recursive: Whether it can contain itself, and so lie deeper than Python can follow.
    """

    __slots__ = ("_module", "_name", "_recursive", "from_dict")

    from_dict: Callable[[Mapping[str, Any]], Any]

    def __init__(self, module: str, name: str, *, recursive: bool = False) -> None:
        self._module = module
        self._name = name
        self._recursive = recursive
        self.from_dict = self._first

    def model(self) -> type[Model]:
        """Give the model's class."""
        found: type[Model] = getattr(import_module(f"{__package__}.models.{self._module}"), self._name)
        return found

    def empty(self) -> Any:
        """Give a model of an object without fields."""
        return self.from_dict({})

    def _first(self, src_dict: Mapping[str, Any]) -> Any:
        decode = self.model().from_dict
        self.from_dict = _within_depth(decode) if self._recursive else decode
        return self.from_dict(src_dict)


def _within_depth(decode: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    def from_dict(src_dict: Mapping[str, Any]) -> Any:
        try:
            return decode(src_dict)
        except RecursionError:
            return UnknownVariant.from_dict(src_dict)

    return from_dict


class Variants:
    """Decodes an object of a union: by its tag, else by the keys that it has.

    Args:
        tag: The wire name of the discriminator, None where the union has none.
        by_value: The model of each value of the tag.
        by_keys: Each model with its required keys, the tag left out: for objects without a tag.
        otherwise: What decodes the other objects.
    """

    __slots__ = ("_by_keys", "_by_value", "_otherwise", "_tag")

    def __init__(
        self,
        tag: str | None,
        by_value: Mapping[Any, LazyModel | Variants],
        by_keys: Iterable[tuple[frozenset[str], LazyModel]],
        otherwise: LazyModel | Variants | type[PlainObject] | type[UnknownVariant] = UnknownVariant,
    ) -> None:
        self._tag = tag
        self._by_value = by_value
        self._by_keys = tuple(by_keys)
        self._otherwise = otherwise

    def from_dict(self, src_dict: Mapping[str, Any]) -> Any:
        value = None if self._tag is None else src_dict.get(self._tag)
        if isinstance(value, (str, int)):
            return self._by_value.get(value, self._otherwise).from_dict(src_dict)
        fitting = [model for keys, model in self._by_keys if src_dict.keys() >= keys]
        if len(fitting) > 1:
            # Of those that may be meant, the one that knows the most of what came.
            fitting.sort(key=lambda model: -len(src_dict.keys() & model.model()._attributes.keys()))
        return (fitting[0] if fitting else self._otherwise).from_dict(src_dict)

    def empty(self) -> Any:
        """Give a model of an object without fields."""
        return self.from_dict({})


class DateTime(datetime.datetime):
    """A moment that remembers how it was written, so that it is written back the same."""

    wire: str

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (decode_datetime, (self.wire,)) if hasattr(self, "wire") else super().__reduce_ex__(protocol)


def decode_datetime(value: Any) -> Any:
    """Decode RFC 3339 text (section 5.6) to a datetime; whatever is not such text stays as it is."""
    if not isinstance(value, str) or value[10:11] not in ("T", "t", " "):
        return value
    from dateutil.parser import isoparse

    try:
        moment = isoparse(value)
    except (ValueError, OverflowError):
        return value
    decoded = DateTime.combine(moment.date(), moment.timetz())
    decoded.wire = value
    return decoded


def decode_text(parse: Callable[[str], Any], value: Any) -> Any:
    """Decode text with a parser whose values print as they were written; other text and other types stay."""
    try:
        decoded = parse(value)
    except (AttributeError, TypeError, ValueError):
        return value
    return decoded if str(decoded) == value else value


def to_json_value(value: Any) -> Any:
    """Give the plain JSON value of models, datetimes, and lists and dicts that hold them; anything else stays."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [to_json_value(entry) for entry in value]
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: to_json_value(entry) for key, entry in value.items()}
    return _text(value)


def _deep_json_value(value: Any, fields: Callable[[Model], dict[str, Any]] = Model._present) -> Any:
    """Give what `to_json_value` gives, for values that lie deeper than Python can follow.

    Args:
        value: What to encode.
        fields: Gives what of a model to encode.
    """
    root = [value]
    waiting: list[tuple[Any, Any]] = [(root, 0)]
    while waiting:
        holder, place = waiting.pop()
        value = holder[place]
        if isinstance(value, Model):
            holder[place] = value = fields(value)
        elif isinstance(value, (list, tuple)):
            holder[place] = value = list(value)
        elif isinstance(value, Mapping):
            holder[place] = value = dict(value)
        else:
            holder[place] = _text(value)
            continue
        waiting += ((value, entry) for entry in (value if isinstance(value, dict) else range(len(value))))
    return root[0]


def _selected(value: Any, include: Any, exclude: Any) -> Any:
    """Give the parts of a JSON value that `include` names, None for all, without those that `exclude` names."""
    for names in (include, exclude):
        if names is not None and not isinstance(names, (Set, Mapping)):
            raise TypeError(f"{names!r} is not a set or a mapping of the names of fields")
    if not isinstance(value, (dict, list)):
        return value
    kept: dict[Any, Any] = {}
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
        keys = (key,) if isinstance(value, dict) else (key, key - len(value), "__all__")
        taken, dropped = (None if include is None else _selection(include, keys)), _selection(exclude, keys)
        if taken is not False and dropped is not True:
            kept[key] = _selected(entry, None if taken is True else taken, dropped or None)
    return kept if isinstance(value, dict) else [*kept.values()]


def _selection(names: Any, keys: tuple[Any, ...]) -> Any:
    """Give what `include` or `exclude` says of a part: True for all of it, False for nothing, or its own parts."""
    for key in keys:
        if names and key in names and (found := names[key] if isinstance(names, Mapping) else True):
            return True if found is ... else found
    return False


def _text(value: Any) -> Any:
    """Give the text of a date, a datetime or a UUID; anything else stays."""
    if isinstance(value, datetime.datetime):
        return getattr(value, "wire", None) or value.isoformat()
    if isinstance(value, datetime.date) or type(value).__module__ == "uuid":
        return str(value)
    return value


def parameter_text(value: Any, separator: str = ",", *, explode: bool = False) -> str:
    """Give the text of a parameter (OpenAPI 3.1, "Style Values").

    Args:
        value: A JSON value, a date, or a list or dict of such.
        separator: What stands between the parts.
        explode: Whether a dict is written `key=value` in place of `key,value`.
    """
    value = to_json_value(value)
    if isinstance(value, dict):
        pairs = [(key, parameter_text(entry)) for key, entry in value.items()]
        return separator.join(f"{key}={entry}" if explode else f"{key}{separator}{entry}" for key, entry in pairs)
    if isinstance(value, list):
        return separator.join(map(parameter_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _json_text(value: Any, indent: int | None, ensure_ascii: bool) -> str:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators)
    try:
        text.encode()
    except UnicodeEncodeError:
        # A lone surrogate is legal in a str and as an escape in JSON, but in no file.
        return json.dumps(value, indent=indent, separators=separators)
    return text


def encode_json(body: Any) -> bytes:
    """Encode a request body, in which dicts and models may be mixed, to JSON in UTF-8.

    Raises:
        TypeError: It contains a value that cannot be encoded as JSON.
        ValueError: It contains NaN, an infinity, or itself.
        RecursionError: It is nested too deeply.
    """
    try:
        text = _encode_quickly(body)
    except RecursionError:
        text = json.dumps(body, ensure_ascii=False, **_BODY_OPTIONS)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate is legal in a str and as an escape in JSON, but not in UTF-8.
        return json.dumps(body, **_BODY_OPTIONS).encode("ascii")


def json_body(response: Any, kind: type | tuple[type, ...]) -> Any:
    """Give the JSON value of an httpx response.

    Raises:
        errors.UnexpectedContent: The body is not JSON, or its value is not of the kind that it should be.
    """
    value: Any = _NO_JSON
    with suppress(ValueError, RecursionError):
        value = response.json()
    if value is _NO_JSON or not isinstance(value, kind):
        from .errors import UnexpectedContent

        raise UnexpectedContent(response.status_code, response.headers.get("content-type", ""), response.content)
    return value


def _json_default(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    if (text := _text(value)) is not value:
        return text
    raise TypeError(f"JSON has no {type(value).__name__}; give a dict, list, str, number, bool, None or a model")


_BODY_OPTIONS: dict[str, Any] = {"separators": (",", ":"), "allow_nan": False, "default": _json_default}
# Made once; to look for what holds itself takes a twelfth of the time.
_encode_quickly = json.JSONEncoder(ensure_ascii=False, check_circular=False, **_BODY_OPTIONS).encode


@define
class Response(Generic[T]):
    """A response from an endpoint.

    Attributes:
        status_code: The HTTP status, also one that the specification or Python's HTTPStatus does not know.
        content: The body, in bytes.
        headers: The response's headers.
        parsed: The decoded body; None where the specification gives this status no body.
    """

    status_code: int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


__all__ = [
    "UNSET",
    "DateTime",
    "LazyModel",
    "Model",
    "PlainObject",
    "Response",
    "UnknownVariant",
    "Unset",
    "Variants",
]
