"""Keywords that apply further schemas to a value or to what is in it, all drafts.

They do so through `errors_of`, which asks the clock of the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jsonschema.exceptions import ValidationError

from eoscperf import jsontext

from .assertions import count, named, some
from .evaluated import evaluated_items, evaluated_properties
from .evaluation import Errors, Keyword, below, errors_of, is_valid, refused, run_of, shown, target


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
            yield named(
                "maxContains", most, f"{shown(instance)} contains more than {shown(most)} items that fit"
            )
            return
        if most is None and count >= least:
            return
    if count < least and not count:
        yield ValidationError(f"{shown(instance)} does not contain an item that fits")
    elif count < least:
        detail = f"{shown(instance)} contains {count} items that fit, but at least {shown(least)} are needed"
        yield named("minContains", least, detail)


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


def reference(keyword: str) -> Keyword:
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
                f"Unevaluated items are not allowed (at index {some(map(str, left), len(left))})"
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
            yield ValidationError(f"Expected at most {count(start, 'item')}, but found {len(instance)}")
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


def _unexpected(names: list[str]) -> str:
    verb = "was" if len(names) == 1 else "were"
    return f"{some(map(shown, sorted(names)), len(names))} {verb} unexpected"
