"""The schemas of `docs/json`, as strict as a test needs them, and what of them has occurred in documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Schema = dict[str, Any]


def parts(schema: Any, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema in a schema, with its place."""
    if isinstance(schema, dict):
        yield place, schema
        for name, value in schema.items():
            if name != "examples":
                yield from parts(value, f"{place}/{name}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from parts(value, f"{place}/{index}")


def types(schema: Schema) -> list[str]:
    """The types that a schema allows, if it names any."""
    found = schema.get("type", [])
    return found if isinstance(found, list) else [found] if isinstance(found, str) else []


def close(schema: Schema) -> None:
    """Makes a schema refuse what it does not describe: members, and values that are not among its examples.

    A definition without a type is a part of other objects, which have members of their own.
    """
    for _, part in list(parts(schema)):
        if "object" in types(part) and "additionalProperties" not in part:
            part["unevaluatedProperties"] = False
        if isinstance(part.get("examples"), list):
            part["enum"] = part["examples"]


class Contract:
    """Validates documents, and remembers which members, values and types occurred."""

    def __init__(self, folder: Path) -> None:
        self.schemas: dict[str, Schema] = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
        for schema in self.schemas.values():
            Draft202012Validator.check_schema(schema)
            # It would choose another validator than the one below.
            del schema["$schema"]
            close(schema)
        self.registry: Registry[Schema] = Registry().with_resources(
            (name, Resource(contents=schema, specification=DRAFT202012)) for name, schema in self.schemas.items()
        )
        self.validator = validators.extend(
            Draft202012Validator,
            {name: self.remembering(name, check) for name, check in Draft202012Validator.VALIDATORS.items()
             if name in ("properties", "enum", "type")},
        )  # fmt: skip
        self.occurred: set[tuple[int, Any]] = set()
        self.used: set[str] = set()

    def remembering(self, keyword: str, check: Any) -> Any:
        def checked(validator: Any, value: Any, instance: Any, schema: Schema) -> Iterator[Any]:
            if keyword == "properties" and isinstance(instance, dict):
                found: set[Any] = value.keys() & instance.keys()
            elif keyword == "enum":
                found = {item for item in value if item == instance}
            elif keyword == "type" and isinstance(value, list):
                found = {name for name in value if validator.is_type(instance, name)}
            else:
                found = set()
            self.occurred |= {(id(value), item) for item in found}
            yield from check(validator, value, instance, schema) or ()

        return checked

    def faults(self, document: Any, name: str) -> list[str]:
        """What is wrong with a document, by the schema in the file of this name."""
        self.used.add(name)
        schema = {"$ref": name}
        errors = self.validator(schema, registry=self.registry).iter_errors(document)
        return [f"{error.json_path}: {error.message[:300]}" for error in errors]

    def members(self) -> set[str]:
        """The names of all members that are described."""
        described = (part.get("properties") for schema in self.schemas.values() for _, part in parts(schema))
        return {name for properties in described if isinstance(properties, dict) for name in properties}

    def gaps(self) -> list[str]:
        """Schemas that no document had, and members, values and types that occurred in none."""
        references = {part["$ref"] for schema in self.schemas.values() for _, part in parts(schema)
                      if isinstance(part.get("$ref"), str)}  # fmt: skip
        definitions = {reference.rpartition("/")[2] for reference in references}
        found = [f"{name}: no document" for name in sorted(self.schemas.keys() - self.used - {"common.json"})]
        for name, schema in sorted(self.schemas.items()):
            found += [f"{name}: nothing refers to {key}" for key in schema.get("$defs", {}) if key not in definitions]
            for place, part in parts(schema):
                for keyword, kind in (("properties", dict), ("enum", list), ("type", list)):
                    value = part.get(keyword)
                    if isinstance(value, kind):
                        missing = [item for item in value if (id(value), item) not in self.occurred]
                        found += [f"{name}{place}: {keyword}: {item} never occurred" for item in missing]
        return found
