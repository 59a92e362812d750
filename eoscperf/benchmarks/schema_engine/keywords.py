"""The keywords of all drafts, each bounded by the deadline of its run.

A keyword is a function `(validator, value, instance, schema)` that yields errors. Whatever loops over much
asks the clock on the way; whatever applies a schema does so through `errors_of`, which asks it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import ValidationError

from eoscperf import jsontext

from .dialects import DIALECTS, Dialect
from .evaluated import evaluated_items, evaluated_properties
from .evaluation import below, errors_of, is_valid, refused, run_of, shown, target

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError]]


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


def _type_keyword(is_integer: Callable[[Any], bool]) -> Keyword:
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


def _exact(number: Any) -> int | float:
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
            f"{shown(instance)} is not one of [{_some(map(shown, values), len(values), 10)}]"
        )


def const(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
    if not _equal(validator, value, instance):
        yield ValidationError(f"{shown(value)} was expected")


def minimum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and _exact(instance) < _exact(limit):
        yield ValidationError(f"{shown(instance)} is less than the minimum of {shown(limit)}")


def maximum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and _exact(instance) > _exact(limit):
        yield ValidationError(f"{shown(instance)} is greater than the maximum of {shown(limit)}")


def exclusive_minimum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and _exact(instance) <= _exact(limit):
        yield ValidationError(f"{shown(instance)} is less than or equal to the minimum of {shown(limit)}")


def exclusive_maximum(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if is_number(instance) and _exact(instance) >= _exact(limit):
        yield ValidationError(f"{shown(instance)} is greater than or equal to the maximum of {shown(limit)}")


def minimum_draft4(validator: Any, limit: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    keyword = exclusive_minimum if schema.get("exclusiveMinimum") is True else minimum
    return keyword(validator, limit, instance, schema)


def maximum_draft4(validator: Any, limit: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    keyword = exclusive_maximum if schema.get("exclusiveMaximum") is True else maximum
    return keyword(validator, limit, instance, schema)


def multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Errors:
    if not is_number(instance):
        return
    # In exact decimals 0.3 is a multiple of 0.1; no number here has more than some 1300 digits.
    mantissa, exponent = jsontext.decimal_parts(instance)
    divisor_mantissa, divisor_exponent = jsontext.decimal_parts(divisor)
    shift = exponent - divisor_exponent
    if shift >= 0:
        rest = mantissa * 10**shift % divisor_mantissa
    else:
        rest = mantissa % (divisor_mantissa * 10**-shift)
    if rest:
        yield ValidationError(f"{shown(instance)} is not a multiple of {shown(divisor)}")


def min_length(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and len(instance) < limit:
        yield ValidationError(f"{shown(instance)} is too short: at least {_count(limit, 'character')} needed")


def max_length(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and len(instance) > limit:
        yield ValidationError(f"{shown(instance)} is too long: at most {_count(limit, 'character')} allowed")


def min_items(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list) and len(instance) < limit:
        yield ValidationError(f"{shown(instance)} is too short: at least {_count(limit, 'item')} needed")


def max_items(validator: Any, limit: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list) and len(instance) > limit:
        yield ValidationError(f"{shown(instance)} is too long: at most {_count(limit, 'item')} allowed")


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


def properties(validator: Any, named: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, subschema in named.items():
            if name in instance:
                yield from _at(name, errors_of(validator, subschema, instance[name]))


def pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        search = run_of(validator).search
        for source, subschema in patterns.items():
            for name, value in instance.items():
                if search(source, name):
                    yield from _at(name, errors_of(validator, subschema, value))


def additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict) or subschema is True:
        return
    named = schema.get("properties") or {}
    patterns = list(schema.get("patternProperties") or ())
    search = run_of(validator).search
    refused_names = []
    for name, value in instance.items():
        if name in named or any(search(source, name) for source in patterns):
            continue
        if subschema is False:
            refused_names.append(name)
        else:
            yield from _at(name, errors_of(validator, subschema, value))
    if refused_names:
        yield ValidationError(f"Additional properties are not allowed ({_unexpected(refused_names)})")


def property_names(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name in instance:
            if subschema is False:
                yield ValidationError(f"the property name {shown(name)} is not allowed")
                return
            for error in errors_of(validator, subschema, name):
                error.message = f"the property name {error.message}"
                yield error


def items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    """2020-12: everything after `prefixItems`."""
    if isinstance(instance, list):
        yield from _rest(validator, subschema, instance, len(schema.get("prefixItems") or ()))


def prefix_items(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list):
        for at, (item, subschema) in enumerate(zip(instance, subschemas, strict=False)):
            yield from _at(at, errors_of(validator, subschema, item))


def items_before_2020(validator: Any, value: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
    if isinstance(value, list):
        return prefix_items(validator, value, instance, schema)
    return _rest(validator, value, instance, 0) if isinstance(instance, list) else ()


def additional_items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, list) and isinstance(schema.get("items"), list):
        yield from _rest(validator, subschema, instance, len(schema["items"]))


def contains(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    """Drafts 6 and 7: at least one."""
    if isinstance(instance, list) and not any(is_valid(validator, subschema, item) for item in instance):
        yield ValidationError(f"{shown(instance)} does not contain an item that fits")


def contains_some(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    """2019-09 on: `minContains` to `maxContains`."""
    if not isinstance(instance, list):
        return
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    count = 0
    for item in instance:
        count += is_valid(validator, subschema, item)
        if most is not None and count > most:
            yield _named(
                "maxContains", most, f"{shown(instance)} contains more than {shown(most)} items that fit"
            )
            return
        if most is None and count >= least:
            return
    if count < least and not count:
        yield ValidationError(f"{shown(instance)} does not contain an item that fits")
    elif count < least:
        detail = f"{shown(instance)} contains {count} items that fit, but at least {shown(least)} are needed"
        yield _named("minContains", least, detail)


def dependent_required(validator: Any, dependencies: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, needed in dependencies.items():
            if name in instance:
                yield from _lacking(name, needed, instance)


def dependent_schemas(validator: Any, dependencies: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for name, subschema in dependencies.items():
            if name in instance:
                yield from errors_of(validator, subschema, instance)


def dependencies(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
    """Up to draft 7: names or schemas."""
    if isinstance(instance, dict):
        for name, needed in value.items():
            if name not in instance:
                continue
            if isinstance(needed, list):
                yield from _lacking(name, needed, instance)
            else:
                yield from errors_of(validator, needed, instance)


def all_of(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Errors:
    for subschema in subschemas:
        yield from errors_of(validator, subschema, instance)


def any_of(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Errors:
    reasons: list[str] = []
    for subschema in subschemas:
        reason = _first_reason(validator, subschema, instance)
        if reason is None:
            return
        reasons.append(reason)
    yield ValidationError(_none_fits(instance, reasons))


def one_of(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Errors:
    reasons: list[str] = []
    fitting: list[int] = []
    for at, subschema in enumerate(subschemas):
        reason = _first_reason(validator, subschema, instance)
        if reason is None:
            fitting.append(at)
            if len(fitting) == 2:
                first, second = fitting
                detail = (
                    f"{shown(instance)} fits the forms {first + 1} and {second + 1}, but only one may fit"
                )
                yield ValidationError(detail)
                return
        else:
            reasons.append(reason)
    if not fitting:
        yield ValidationError(_none_fits(instance, reasons))


def not_(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if is_valid(validator, subschema, instance):
        yield ValidationError(f"{shown(instance)} must not fit {shown(subschema)}")


def if_(validator: Any, condition: Any, instance: Any, schema: Any) -> Errors:
    branch = "then" if is_valid(validator, condition, instance) else "else"
    if branch in schema:
        yield from errors_of(validator, schema[branch], instance)


def _reference(keyword: str) -> Keyword:
    def reference(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
        if not isinstance(value, str):
            return  # draft 4 says nothing of a `$ref` that is no text
        run = run_of(validator)
        run.tick()
        referred = target(validator, keyword, value)
        if referred is True:
            return
        if referred is False:
            yield refused(instance)
            return
        key = run.begin(referred, instance)
        try:
            yield from referred.iter_errors(instance)
        finally:
            run.end(key)

    return reference


def unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict) or subschema is True:
        return
    known = evaluated_properties(validator, instance, own=True)
    if known is True:
        return
    left = [name for name in instance if name not in known]
    if subschema is False:
        if left:
            yield ValidationError(f"Unevaluated properties are not allowed ({_unexpected(left)})")
        return
    for name in left:
        yield from _at(name, errors_of(validator, subschema, instance[name]))


def unevaluated_items(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, list) or subschema is True:
        return
    known = evaluated_items(validator, instance, own=True)
    if known is True:
        return
    left = [at for at in range(len(instance)) if at not in known]
    if subschema is False:
        if left:
            yield ValidationError(
                f"Unevaluated items are not allowed (at index {_some(map(str, left), len(left))})"
            )
        return
    for at in left:
        yield from _at(at, errors_of(validator, subschema, instance[at]))


def _at(part: str | int, errors: Iterable[ValidationError]) -> Errors:
    for error in errors:
        error.path.appendleft(part)
        yield error


def _rest(validator: Any, subschema: Any, instance: list[Any], start: int) -> Errors:
    if subschema is False:
        if len(instance) > start:
            yield ValidationError(f"Expected at most {_count(start, 'item')}, but found {len(instance)}")
        return
    if subschema is True or not subschema:
        return
    # The loop over the items of an array is the hottest one: what does not change goes before it.
    inner, tick = below(validator, subschema), run_of(validator).tick
    iter_errors = inner.iter_errors
    for at in range(start, len(instance)):
        tick()
        for error in iter_errors(instance[at]):
            error.path.appendleft(at)
            yield error


def _first_reason(validator: Any, subschema: Any, instance: Any) -> str | None:
    """Why the instance does not fit, None when it does."""
    if isinstance(subschema, dict) and isinstance(instance, dict | list):
        inner = below(validator, subschema)
        if run_of(validator).valid.get((id(inner), id(instance))):
            return None
    error = next(iter(errors_of(validator, subschema, instance)), None)
    if error is None:
        return None
    where = jsontext.pointer(error.path)
    return f"{where[:60]}: {error.message}" if where else error.message


def _none_fits(instance: Any, reasons: list[str]) -> str:
    detail = f"{shown(instance)} fits none of the {len(reasons)} allowed forms"
    if len(reasons) == 1:
        detail = f"{shown(instance)} does not fit the only allowed form"
    listed = "; ".join(f"{number}: {reason[:80]}" for number, reason in enumerate(reasons[:3], 1))
    return f"{detail} ({listed}{'; ...' if len(reasons) > 3 else ''})"


def _lacking(name: str, needed: list[str], instance: dict[str, Any]) -> Errors:
    for other in needed:
        if other not in instance:
            yield ValidationError(f"{shown(other)} is a dependency of {shown(name)}")


def _named(keyword: str, value: Any, message: str) -> ValidationError:
    return ValidationError(message, validator=keyword, validator_value=value)


def _count(limit: Any, noun: str) -> str:
    return f"{shown(limit)} {noun}{'' if limit == 1 else 's'}"


def _some(texts: Iterable[str], count: int, most: int = 5) -> str:
    listed = [text for text, _ in zip(texts, range(most), strict=False)]
    return ", ".join(listed) + (f" and {count - most} more" if count > most else "")


def _unexpected(names: list[str]) -> str:
    verb = "was" if len(names) == 1 else "were"
    return f"{_some(map(shown, sorted(names)), len(names))} {verb} unexpected"


_DRAFT4: dict[str, Keyword] = {
    "$ref": _reference("$ref"),
    "additionalItems": additional_items,
    "additionalProperties": additional_properties,
    "allOf": all_of,
    "anyOf": any_of,
    "dependencies": dependencies,
    "enum": enum,
    "items": items_before_2020,
    "maxItems": max_items,
    "maxLength": max_length,
    "maxProperties": max_properties,
    "maximum": maximum_draft4,
    "minItems": min_items,
    "minLength": min_length,
    "minProperties": min_properties,
    "minimum": minimum_draft4,
    "multipleOf": multiple_of,
    "not": not_,
    "oneOf": one_of,
    "pattern": pattern,
    "patternProperties": pattern_properties,
    "properties": properties,
    "required": required,
    "type": _type_keyword(is_integer_by_notation),
    "uniqueItems": unique_items,
}
_DRAFT6 = _DRAFT4 | {
    "const": const,
    "contains": contains,
    "exclusiveMaximum": exclusive_maximum,
    "exclusiveMinimum": exclusive_minimum,
    "maximum": maximum,
    "minimum": minimum,
    "propertyNames": property_names,
    "type": _type_keyword(is_integer_by_value),
}
_DRAFT7 = _DRAFT6 | {"if": if_}
_DRAFT2019 = {name: keyword for name, keyword in _DRAFT7.items() if name != "dependencies"} | {
    "$recursiveRef": _reference("$recursiveRef"),
    "contains": contains_some,
    "dependentRequired": dependent_required,
    "dependentSchemas": dependent_schemas,
    "unevaluatedItems": unevaluated_items,
    "unevaluatedProperties": unevaluated_properties,
}
_DRAFT2020 = {
    name: keyword for name, keyword in _DRAFT2019.items() if name not in ("$recursiveRef", "additionalItems")
} | {
    "$dynamicRef": _reference("$dynamicRef"),
    "items": items,
    "prefixItems": prefix_items,
}


def _applicable(dialect: Dialect) -> Callable[[dict[str, Any]], Iterable[tuple[str, Any]]]:
    if not dialect.ref_alone:
        return dict.items
    return lambda schema: [("$ref", schema["$ref"])] if dialect.only_ref(schema) else schema.items()


VALIDATORS = {
    dialect: validators.create(
        meta_schema=dialect.stock.META_SCHEMA,
        validators=keywords,
        type_checker=dialect.stock.TYPE_CHECKER,
        id_of=dialect.stock.ID_OF,
        applicable_validators=_applicable(dialect),
    )
    for dialect, keywords in zip(DIALECTS, (_DRAFT4, _DRAFT6, _DRAFT7, _DRAFT2019, _DRAFT2020), strict=True)
}
"""The validator class of each dialect, built from the keywords here."""
