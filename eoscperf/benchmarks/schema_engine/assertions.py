"""Keywords that judge a value by itself, all drafts; loops over much ask the clock on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jsonschema.exceptions import ValidationError

from eoscperf import jsontext

from .evaluation import Errors, Keyword, run_of, shown


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer_by_notation(value: Any) -> bool:
    """Draft 4: a number without fraction or exponent."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_integer_by_value(value: Any) -> bool:
    """Draft 6 on: a number whose value is whole, however it is written."""
    if isinstance(value, float):
        return value.is_integer() and jsontext.decimal_parts(value)[1] >= 0
    return is_integer_by_notation(value)


_IS_TYPE: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer_by_value,
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def type_keyword(is_integer: Callable[[Any], bool]) -> Keyword:
    checks = {**_IS_TYPE, "integer": is_integer}

    def type_(validator: Any, types: Any, instance: Any, schema: Any) -> Errors:
        names = [types] if isinstance(types, str) else types
        if not any(checks[name](instance) for name in names):
            yield ValidationError(f"{shown(instance)} is not of type {', '.join(map(repr, names))}")

    return type_


def _equal(validator: Any, one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; ends at the first difference."""
    if isinstance(one, dict):
        if not isinstance(other, dict) or len(one) != len(other):
            return False
        run_of(validator).tick()
        return all(key in other and _equal(validator, value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        if not isinstance(other, list) or len(one) != len(other):
            return False
        run_of(validator).tick()
        return all(_equal(validator, a, b) for a, b in zip(one, other, strict=True))
    if is_number(one) and is_number(other):
        return jsontext.decimal_parts(one) == jsontext.decimal_parts(other)
    return type(one) is type(other) and one == other


def exact(number: Any) -> int | float:
    """The number for comparing: as an integer if it is whole, since a float may have been rounded."""
    if isinstance(number, jsontext.FloatLiteral):
        mantissa, exponent = jsontext.decimal_parts(number)
        if exponent >= 0:
            return mantissa * 10**exponent
    return number


def enum(validator: Any, values: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict | list):
        found = any(_equal(validator, value, instance) for value in values)
    else:
        found = jsontext.identity(instance) in run_of(validator).scalars(values)
    if not found:
        yield ValidationError(
            f"{shown(instance)} is not one of [{some(map(shown, values), len(values), 10)}]"
        )


def const(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
    if not _equal(validator, value, instance):
        yield ValidationError(f"{shown(value)} was expected")


def minimum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and exact(instance) < exact(limit):
        yield ValidationError(f"{shown(instance)} is less than the minimum of {shown(limit)}")


def maximum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and exact(instance) > exact(limit):
        yield ValidationError(f"{shown(instance)} is greater than the maximum of {shown(limit)}")


def exclusive_minimum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and exact(instance) <= exact(limit):
        yield ValidationError(f"{shown(instance)} is less than or equal to the minimum of {shown(limit)}")


def exclusive_maximum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and exact(instance) >= exact(limit):
        yield ValidationError(f"{shown(instance)} is greater than or equal to the maximum of {shown(limit)}")


def minimum_draft4(validator: Any, limit: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    keyword = exclusive_minimum if schema.get("exclusiveMinimum") is True else minimum
    return keyword(validator, limit, instance, schema)


def maximum_draft4(validator: Any, limit: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    keyword = exclusive_maximum if schema.get("exclusiveMaximum") is True else maximum
    return keyword(validator, limit, instance, schema)


def multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and not is_multiple(instance, divisor):
        yield ValidationError(f"{shown(instance)} is not a multiple of {shown(divisor)}")


def is_multiple(instance: int | float, divisor: int | float) -> bool:
    # In exact decimals 0.3 is a multiple of 0.1; no number here has more than some 1300 digits.
    mantissa, exponent = jsontext.decimal_parts(instance)
    divisor_mantissa, divisor_exponent = jsontext.decimal_parts(divisor)
    shift = exponent - divisor_exponent
    if shift >= 0:
        return not mantissa * 10**shift % divisor_mantissa
    return not mantissa % (divisor_mantissa * 10**-shift)


def min_length(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and len(instance) < limit:
        yield ValidationError(f"{shown(instance)} is too short: at least {count(limit, 'character')} needed")


def max_length(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and len(instance) > limit:
        yield ValidationError(f"{shown(instance)} is too long: at most {count(limit, 'character')} allowed")


def min_items(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list) and len(instance) < limit:
        yield ValidationError(f"{shown(instance)} is too short: at least {count(limit, 'item')} needed")


def max_items(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list) and len(instance) > limit:
        yield ValidationError(f"{shown(instance)} is too long: at most {count(limit, 'item')} allowed")


def min_properties(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict) and len(instance) < limit:
        yield ValidationError(f"{shown(instance)} has too few properties: at least {shown(limit)} needed")


def max_properties(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict) and len(instance) > limit:
        yield ValidationError(f"{shown(instance)} has too many properties: at most {shown(limit)} allowed")


def pattern(validator: Any, source: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and not run_of(validator).search(source, instance):
        yield ValidationError(f"{shown(instance)} does not match {shown(source)}")


def unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Errors:
    if wanted is not True or not isinstance(instance, list):
        return
    tick = run_of(validator).tick
    seen: set[str] = set()
    for at, item in enumerate(instance):
        tick()
        key = jsontext.identity(item, tick=tick)
        if key in seen:
            yield ValidationError(f"{shown(item)} at index {at} is there already, but items must be unique")
            return
        seen.add(key)


def required(validator: Any, names: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(f"{shown(name)} is a required property")


def named(keyword: str, value: Any, message: str) -> ValidationError:
    return ValidationError(message, validator=keyword, validator_value=value)


def count(limit: Any, noun: str) -> str:
    return f"{shown(limit)} {noun}{'' if limit == 1 else 's'}"


def some(texts: Iterable[str], count: int, most: int = 5) -> str:
    listed = [text for text, _ in zip(texts, range(most), strict=False)]
    return ", ".join(listed) + (f" and {count - most} more" if count > most else "")
