"""Domain values as JSON and back, by their type hints. One form for all that is stored or
crosses a wire.

A dataclass becomes an object that names its class under `type`, which is how a union of dataclasses finds its
way back. Which values there are is said where they are defined; this file knows none of them.
"""

import json
import typing
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, cast, overload

T = TypeVar("T")
TAG: Final = "type"


def encode(value: object) -> Any:
    """`value` as plain JSON values (dict, list, str, int, float, bool, None).

    Datetimes must be aware and keep their instant (ISO 8601); durations become seconds, decimals and dates
    strings, sets sorted lists, enum members their values. Raises TypeError for a type without a JSON form and
    ValueError for a naive datetime.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {TAG: type(value).__name__} | {
            each.name: encode(getattr(value, each.name)) for each in _fields(type(value))
        }
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_key(key): encode(each) for key, each in value.items()}
    if isinstance(value, Set):
        return sorted((encode(each) for each in value), key=json.dumps)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [encode(each) for each in value]
    return _encode_exact(value)


@overload
def decode(type_: type[T], data: Any) -> T: ...


@overload
def decode(type_: Any, data: Any) -> Any: ...


def decode(type_: Any, data: Any) -> Any:
    """Inverse of `encode`. `type_` is any hint the domain uses: dataclass, union, tuple, NewType, Literal …

    A missing field takes its default; an unknown one is a mistake. Raises ValueError, with the path to the
    place, for data that is not of that type, and TypeError for a hint nobody can decode.
    """
    return _decode(type_, data, "value")


# --- out -----------------------------------------------------------------------------------------


def _encode_exact(value: object) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place on a wire")
        return value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _key(key: object) -> str:
    encoded = encode(key)
    if not isinstance(encoded, str):
        raise TypeError(f"JSON objects have text keys, not {type(key).__name__}")
    return encoded


# --- back ----------------------------------------------------------------------------------------


def _decode(hint: Any, data: Any, path: str) -> Any:
    hint = _plain(hint)
    if hint is Any or hint is object:
        return data
    origin = typing.get_origin(hint)
    if origin in (typing.Union, UnionType):
        return _decode_union(typing.get_args(hint), data, path)
    if origin is typing.Literal:
        return _decode_literal(typing.get_args(hint), data, path)
    if origin is not None:
        return _decode_collection(origin, typing.get_args(hint), data, path)
    if is_dataclass(hint):
        return _decode_dataclass(cast(type, hint), data, path)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _guarded(hint, data, path, hint)
    return _decode_scalar(hint, data, path)


def _plain(hint: Any) -> Any:
    """A NewType is its supertype here."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    return hint


def _decode_union(members: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and NoneType in members:
        return None
    members = tuple(each for each in members if each is not NoneType)
    if isinstance(data, dict) and TAG in data:
        named = [each for each in members if is_dataclass(each) and _name(each) == data[TAG]]
        if len(named) != 1:
            raise ValueError(f"{path}: {data[TAG]!r} is none of {', '.join(map(_name, members))}")
        return _decode(named[0], data, path)
    complaints = []
    for member in members:
        try:
            return _decode(member, data, path)
        except ValueError as complaint:
            complaints.append(complaint)
    if len(complaints) == 1:
        raise complaints[0]
    raise ValueError(f"{path}: {data!r} is none of {', '.join(map(_name, members))}")


def _decode_literal(allowed: tuple[Any, ...], data: Any, path: str) -> Any:
    for value in allowed:
        if type(value) is type(data) and value == data:
            return value
    raise ValueError(f"{path}: {data!r} is none of {allowed}")


def _decode_collection(origin: Any, arguments: tuple[Any, ...], data: Any, path: str) -> Any:
    if issubclass(origin, Mapping):
        return {
            _decode(arguments[0], key, path): _decode(arguments[1], each, f"{path}.{key}")
            for key, each in _expect(dict, data, path).items()
        }
    items = _expect(list, data, path)
    if origin is tuple and arguments[-1] is not Ellipsis:
        if len(items) != len(arguments):
            raise ValueError(f"{path}: {len(arguments)} items expected, not {len(items)}")
        hints: Sequence[Any] = arguments
    else:
        hints = [arguments[0]] * len(items)
    found = [
        _decode(hint, each, f"{path}[{n}]") for n, (hint, each) in enumerate(zip(hints, items, strict=True))
    ]
    build = next((each for each in (tuple, list, frozenset, set) if issubclass(each, origin)), tuple)
    return build(found)


def _decode_dataclass(cls: type, data: Any, path: str) -> Any:
    given = dict(_expect(dict, data, path))
    if given.pop(TAG, cls.__name__) != cls.__name__:
        raise ValueError(f"{path}: a {cls.__name__} expected, not {data[TAG]!r}")
    hints = _hints(cls)
    known = {}
    for each in _fields(cls):
        if each.name in given:
            known[each.name] = _decode(hints[each.name], given.pop(each.name), f"{path}.{each.name}")
        elif _is_required(each):
            raise ValueError(f"{path}: {each.name} is missing")
    if given:
        raise ValueError(f"{path}: {cls.__name__} has no {', '.join(sorted(given))}")
    return _guarded(lambda _: cls(**known), data, path, cls)


def _decode_scalar(hint: Any, data: Any, path: str) -> Any:
    if hint is NoneType or hint is bool:
        return _expect(hint, data, path)
    if hint in (int, float) and not isinstance(data, bool) and isinstance(data, int | hint):
        return hint(data)
    if hint is str:
        return _expect(str, data, path)
    if hint in _EXACT:
        made_from, build = _EXACT[hint]
        return _guarded(build, _expect(made_from, data, path), path, hint)
    if hint in (int, float):
        raise ValueError(f"{path}: {data!r} is not of type {_name(hint)}")
    raise TypeError(f"{path}: no JSON form for {_name(hint)}")


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a naive datetime")
    return moment


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


_EXACT: Final[Mapping[Any, tuple[Any, Callable[[Any], Any]]]] = {
    datetime: (str, _aware),
    date: (str, date.fromisoformat),
    time: (str, time.fromisoformat),
    timedelta: ((int, float), _seconds),
    Decimal: (str, Decimal),
}


def _guarded(build: Callable[[Any], Any], data: Any, path: str, hint: Any) -> Any:
    """Build, and say where it went wrong when the type itself refuses the value."""
    try:
        return build(data)
    except (ValueError, InvalidOperation) as problem:
        raise ValueError(f"{path}: {data!r} is no {_name(hint)}: {problem}") from problem


def _expect(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{path}: {data!r} is not of type {_name(kind)}")
    return data


def _is_required(each: "Field[Any]") -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))


@cache
def _hints(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


@cache
def _fields(cls: type) -> "tuple[Field[Any], ...]":
    found = fields(cls)
    if any(each.name == TAG for each in found):
        raise TypeError(f"{cls.__name__} has a field called {TAG!r}, which names the class on the wire")
    return found
