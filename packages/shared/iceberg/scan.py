"""The rows of one snapshot of an Iceberg table as a query of DuckDB over its files.

PyIceberg plans the files, DuckDB reads them: columns by their field ids, without the rows that position deletes and
deletion vectors name. What cannot be read right is refused by its name.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ..duckdb_literals import literal, names_of_files
from ..wording import listing
from .deletes import deleted_rows, refused
from .places import local_path
from .types import UnsupportedTypeError, duckdb_type, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask, Table
    from pyiceberg.types import NestedField

    from .snapshots import Version

__all__ = ["FILE", "Planned", "planned", "query_of", "register_files", "schema_at"]

FILE = "moltres_file"
"""The column with the path of the file that a row is in, where it is asked for."""

_ROW = "file_row_number"
_TAKEN = "filename"


@dataclass(frozen=True)
class Planned:
    """The files of a snapshot.

    Attributes:
        table: The table.
        schema: The columns.
        tasks: The data files, each with its delete files.
    """

    table: Table
    schema: Schema
    tasks: tuple[FileScanTask, ...]


def schema_at(table: Table, version: Version) -> Schema:
    """The columns that a snapshot is read with."""
    snapshot = table.metadata.snapshot_by_id(version.snapshot_id)
    schema_id = version.schema_id
    if schema_id is None:
        schema_id = None if snapshot is None else snapshot.schema_id
    known = None if schema_id is None else table.metadata.schema_by_id(schema_id)
    return table.schema() if known is None else known


def planned(table: Table, snapshot_id: int | None, schema: Schema) -> Planned:
    """Find the files of a snapshot.

    Args:
        table: The table.
        snapshot_id: The snapshot; None for a table without any.
        schema: The columns to read it with.

    Raises:
        UnreadableFileError: If a file cannot be read right: another format, equality deletes.
    """
    if snapshot_id is None:
        return Planned(table, schema, ())
    name = ".".join(table.name())
    try:
        tasks = tuple(table.scan(snapshot_id=snapshot_id).plan_files())
    except ValueError as error:
        if "equality delete" not in str(error):
            raise
        raise refused(name, "it has equality deletes, which only engines such as Flink write", _REWRITE) from None
    for task in tasks:
        _require_readable(name, task)
    return Planned(table, schema, tasks)


_REWRITE = "Rewrite its files with the engine that wrote them (Spark: rewrite_data_files; Trino: EXECUTE optimize)."


def _require_readable(name: str, task: FileScanTask) -> None:
    from pyiceberg.manifest import DataFileContent, FileFormat

    if task.file.file_format != FileFormat.PARQUET:
        raise refused(name, f"it has files of the format {task.file.file_format.name}, and only Parquet is supported")
    for file in (task.file, *task.delete_files):
        if file.key_metadata is not None:
            raise refused(name, "its files are encrypted")
    for file in task.delete_files:
        if file.content != DataFileContent.POSITION_DELETES:
            raise refused(name, f"it has deletes of the kind {file.content.name}", _REWRITE)
        if file.file_format not in (FileFormat.PARQUET, FileFormat.PUFFIN):
            raise refused(name, f"it has delete files of the format {file.file_format.name}")


def register_files(raw: Any, table: Table, locations: Iterable[str]) -> None:
    """Let DuckDB open files through the file systems of the table, with the table's credentials.

    Args:
        raw: The driver's connection.
        table: The table.
        locations: The files.
    """
    schemes = {local_path(one).partition("://")[0]: one for one in locations if "://" in local_path(one)}
    for scheme, location in schemes.items():
        if raw.filesystem_is_registered(scheme):
            continue
        from fsspec.implementations.arrow import ArrowFSWrapper
        from pyiceberg.io.pyarrow import PyArrowFileIO

        given, bucket, _ = PyArrowFileIO.parse_location(location)
        files = table.io if isinstance(table.io, PyArrowFileIO) else PyArrowFileIO(table.io.properties)
        system = ArrowFSWrapper(files.fs_by_scheme(given, bucket))
        type(system).protocol = scheme
        raw.register_filesystem(system)


def query_of(raw: Any, plan: Planned, *, added: Sequence[str] = (), file: bool = False) -> str:
    """The rows as a query, with the columns of the schema in their order.

    Args:
        raw: The driver's connection.
        plan: The files.
        added: Further files, written with the field ids of the schema, without deletes.
        file: Whether the column `FILE` says where each row is.

    Raises:
        UnreadableFileError: If a column has a type that DuckDB does not hold.
    """
    fields = list(plan.schema.fields)
    name = ".".join(plan.table.name())
    types = {}
    for one in fields:
        try:
            types[one.field_id] = duckdb_type(one.field_type)
        except UnsupportedTypeError as error:
            raise refused(
                name, f"the column {one.name!r} has the type {error}, which DuckDB does not hold as it is"
            ) from None
    _require_names(name, fields)
    _require_unchanged_nested(name, plan)
    register_files(raw, plan.table, [*(task.file.file_path for task in plan.tasks), *added])
    parts = []
    for group, of_group in _groups(raw, plan).items():
        plain = [local_path(task.file.file_path) for task in of_group if not task.delete_files]
        if group == _Group():
            plain += [local_path(one) for one in added]
        if plain:
            parts.append(_select(plain, fields, types, group, file=file))
        deleted = [task for task in of_group if task.delete_files]
        if (file or deleted) and any(one.lower() == _TAKEN for _, one in group.names or ()):
            raise refused(name, f"DuckDB takes the column {_TAKEN!r} of files without field ids for the name of a file")
        if deleted:
            parts.append(_without_deleted(raw, plan.table, deleted, types, group, fields=fields, file=file))
    if not parts:
        columns = [f"CAST(NULL AS {types[one.field_id]}) AS {quoted(one.name)}" for one in fields]
        columns += [f"CAST(NULL AS VARCHAR) AS {quoted(FILE)}"] if file else []
        return f"SELECT {', '.join(columns)} WHERE false"
    return " UNION ALL ".join(parts)


@dataclass(frozen=True)
class _Group:
    """What is the same for several files.

    Attributes:
        constants: The columns that the files do not have, each with its value as SQL.
        names: For files without field ids: the columns that they have, each with its name in them.
    """

    constants: tuple[tuple[int, str], ...] = ()
    names: tuple[tuple[int, str], ...] | None = None


def _groups(raw: Any, plan: Planned) -> dict[_Group, list[FileScanTask]]:
    """Files by how they are read: by field ids, by names where a file has no ids, with constants of partitions."""
    groups: dict[_Group, list[FileScanTask]] = defaultdict(list)
    groups[_Group()] = []
    nameless = _without_ids(raw, plan)
    identity = _identity_fields(plan)
    for task in plan.tasks:
        constants: list[tuple[int, str]] = []
        names = nameless.get(task.file.file_path)
        present = None if names is None else {field_id for field_id, _ in names}
        sizes = task.file.column_sizes or task.file.value_counts or {}
        for field_id, position in identity.get(task.file.spec_id, {}).items():
            missing = field_id not in present if present is not None else bool(sizes) and field_id not in sizes
            if missing:
                constants.append((field_id, _value(plan.schema.find_field(field_id), task.file.partition[position])))
        groups[_Group(tuple(constants), names)].append(task)
    return groups


def _identity_fields(plan: Planned) -> dict[int, dict[int, int]]:
    """The columns that are partitions by their own value, by spec, with their place in the partition."""
    from pyiceberg.transforms import IdentityTransform

    known = {one.field_id for one in plan.schema.fields}
    return {
        spec.spec_id: {
            one.source_id: place
            for place, one in enumerate(spec.fields)
            if isinstance(one.transform, IdentityTransform) and one.source_id in known
        }
        for spec in plan.table.metadata.partition_specs
    }


def _value(field: NestedField, value: Any) -> str:
    """A value of PyIceberg's own form (a date is a number of days), or as JSON has it, as SQL."""
    from pyiceberg.conversions import from_json
    from pyiceberg.types import PrimitiveType

    type_ = str(field.field_type)
    if value is None or not isinstance(field.field_type, PrimitiveType):
        return literal(value)
    if isinstance(value, str) and type_ != "string":
        value = from_json(field.field_type, value)
    if type_ == "date" and isinstance(value, int):
        return literal(dt.date(1970, 1, 1) + dt.timedelta(days=value))
    if type_ == "time" and isinstance(value, int):
        return literal((dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=value)).time())
    if type_ in ("timestamp", "timestamptz") and isinstance(value, int):
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=value)
        return literal(moment if type_ == "timestamptz" else moment.replace(tzinfo=None))
    if type_ == "timestamp_ns" and isinstance(value, int):
        return f"make_timestamp_ns({value})"
    if type_ == "uuid" and isinstance(value, bytes):
        value = UUID(bytes=value)
    return literal(value)


_with_ids: set[str] = set()
"""Files that have field ids, as far as they were looked at; files of Iceberg never change."""
_MOST_KNOWN = 1_000_000


def _without_ids(raw: Any, plan: Planned) -> dict[str, tuple[tuple[int, str], ...]]:
    """The files that were added as they are, without field ids: the columns that each has, with their names in it.

    Raises:
        UnreadableFileError: If there are such files, and the table does not say which columns their names mean.
    """
    by_path = {local_path(task.file.file_path): task.file.file_path for task in plan.tasks}
    unknown = [path for path in by_path if path not in _with_ids]
    if not unknown:
        return {}
    register_files(raw, plan.table, (by_path[path] for path in unknown))
    found = _top_level(raw, unknown)
    if len(_with_ids) > _MOST_KNOWN:
        _with_ids.clear()
    _with_ids.update(path for path, columns in found.items() if any(one is not None for one in columns.values()))
    nameless = {path: columns for path, columns in found.items() if path not in _with_ids and columns}
    if not nameless:
        return {}
    mapping = plan.table.metadata.name_mapping()
    if mapping is None:
        raise refused(
            ".".join(plan.table.name()),
            f"its file {next(iter(nameless))} has no field ids, and the table has no schema.name-mapping.default",
            "Set this property to the names of the columns in such files.",
        )
    ids = {name: one.field_id for one in mapping for name in one.names if one.field_id is not None}
    wanted = {one.field_id for one in plan.schema.fields}
    return {
        by_path[path]: tuple((ids[name], name) for name in columns if ids.get(name) in wanted)
        for path, columns in nameless.items()
    }


def _top_level(raw: Any, paths: Sequence[str]) -> dict[str, dict[str, int | None]]:
    """The columns of files, each with its field id; None if neither it nor a field within has one."""
    rows = raw.execute(
        f"SELECT file_name, name, field_id, num_children FROM parquet_schema({names_of_files(paths)})"  # noqa: S608 - literals
    ).fetchall()
    columns: dict[str, dict[str, int | None]] = {}
    open_: list[int] = []
    column = ""
    for path, name, field_id, children in rows:
        if path not in columns:
            columns[path], open_ = {}, [children or 0]  # the root
            continue
        while len(open_) > 1 and open_[-1] == 0:
            open_.pop()
        if len(open_) == 1:
            column = name
            columns[path][column] = field_id
        elif field_id is not None and columns[path][column] is None:
            columns[path][column] = field_id
        open_[-1] -= 1
        if children:
            open_.append(children)
    return columns


def _require_names(name: str, fields: Sequence[NestedField]) -> None:
    """Refuse columns that DuckDB takes for the same one."""
    seen: dict[str, str] = {}
    for one in fields:
        other = seen.setdefault(one.name.lower(), one.name)
        if other != one.name:
            raise refused(name, f"its columns {other!r} and {one.name!r} differ only in upper and lower case")


def _require_unchanged_nested(name: str, plan: Planned) -> None:
    """Refuse nested columns whose inner fields were renamed, added or dropped: files are read by top-level ids only."""
    if len(plan.table.metadata.schemas) == 1:
        return
    current = {one.field_id: one for one in plan.schema.fields if not one.field_type.is_primitive}
    changed = [
        one.name
        for schema in plan.table.metadata.schemas
        for one in schema.fields
        if one.field_id in current and current[one.field_id].field_type != one.field_type
    ]
    if changed:
        raise refused(
            name,
            f"the fields within {listing(sorted(set(changed)))} have changed since some of its files were written",
            "Rewrite its files, or leave the column out of the table.",
        )


def _select(
    paths: Sequence[str],
    fields: Sequence[NestedField],
    types: Mapping[int, str],
    group: _Group,
    *,
    file: bool,
    rows: bool = False,
) -> str:
    """A SELECT of files without deletes."""
    constants = dict(group.constants)
    options = ", hive_partitioning=false"  # the metadata say what a partition holds, whatever its folder is called
    options += f", filename={literal(FILE)}" if file or rows else ""
    options += ", file_row_number=true" if rows else ""
    listed = names_of_files(paths)
    if group.names is not None:
        call = f"read_parquet({listed}, union_by_name=true{options})"
        names = dict(group.names)
        constants |= {one.field_id: _default(one) for one in fields if one.field_id not in {**constants, **names}}
        given = {field_id: f"CAST({quoted(name)} AS {types[field_id]})" for field_id, name in names.items()}
    else:
        read = [one for one in fields if one.field_id not in constants]
        entries = ", ".join(
            f"{one.field_id}: {{name: {literal(_name_of(one))}, type: {literal(types[one.field_id])},"
            f" default_value: CAST(CAST({_default(one)} AS {types[one.field_id]}) AS VARCHAR)}}"
            for one in read
        )
        call = f"read_parquet({listed}, schema=MAP {{{entries}}}{options})"
        given = {one.field_id: quoted(_name_of(one)) for one in read}
    columns = [_column(one, types[one.field_id], constants.get(one.field_id), given) for one in fields]
    columns += [quoted(FILE)] if file or rows else []
    columns += [_ROW] if rows else []
    return f"SELECT {', '.join(columns)} FROM {call}"  # noqa: S608 - literals and quoted names


def _name_of(field: NestedField) -> str:
    """What a column is called where it is read.

    By conditions on one of the name `_TAKEN`, DuckDB leaves out the files whose own name does not meet them.
    """
    return f"{field.name} {field.field_id}" if field.name.lower() == _TAKEN else field.name


def _default(field: NestedField) -> str:
    return "NULL" if field.initial_default is None else _value(field, field.initial_default)


def _column(field: NestedField, type_: str, constant: str | None, given: Mapping[int, str]) -> str:
    name = quoted(field.name)
    if constant is not None:
        return f"CAST({constant} AS {type_}) AS {name}"
    value = given[field.field_id]
    if type_ in ("FLOAT", "DOUBLE"):
        # The statistics of a file leave NaN out, and DuckDB answers comparisons with them; not those of an expression.
        value = f"if(isnan({value}), 'NaN'::{type_}, {value})"
    return value if value == name else f"{value} AS {name}"


def _without_deleted(
    raw: Any,
    table: Table,
    tasks: Sequence[FileScanTask],
    types: Mapping[int, str],
    group: _Group,
    *,
    fields: Sequence[NestedField],
    file: bool,
) -> str:
    """A SELECT of files without the rows that delete files name."""
    names = {one.name.lower() for one in fields}
    if names & {_ROW, FILE}:
        raise refused(
            ".".join(table.name()), f"a column is named {_ROW!r} or {FILE!r}, and rows of its files are deleted"
        )
    deletes = {one.file_path: one for task in tasks for one in task.delete_files}
    register_files(raw, table, deletes)
    gone = deleted_rows(raw, table, list(deletes.values()))
    rows = _select([local_path(task.file.file_path) for task in tasks], fields, types, group, file=True, rows=True)
    shown = ", ".join(["d." + quoted(one.name) for one in fields] + (["d." + quoted(FILE)] if file else []))
    return (
        f"SELECT {shown} FROM ({rows}) AS d ANTI JOIN ({gone}) AS x"  # noqa: S608 - literals and quoted names
        f" ON d.{quoted(FILE)} = x.path AND d.{_ROW} = x.pos"
    )
