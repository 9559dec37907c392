"""The rows of one snapshot of an Iceberg table as a query of DuckDB over its files.

PyIceberg plans the files, DuckDB reads them: columns by their field ids, without the rows that position deletes and
deletion vectors name. What cannot be read right is refused by its name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .duckdb_literals import literal
from .iceberg_types import UnsupportedTypeError, duckdb_type, quoted
from .problems import UnreadableFileError
from .wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask, Table
    from pyiceberg.types import NestedField

__all__ = ["FILE", "Planned", "local_path", "planned", "query_of", "register_files", "schema_at"]

FILE = "moltres_file"
"""The column with the path of the file that a row is in, where it is asked for."""

_ROW = "file_row_number"


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


def schema_at(table: Table, snapshot_id: int | None, *, branch: bool = False) -> Schema:
    """The columns that a snapshot is read with: its own, or the table's for what a branch points to."""
    snapshot = None if snapshot_id is None else table.metadata.snapshot_by_id(snapshot_id)
    if branch or snapshot is None or snapshot.schema_id is None:
        return table.schema()
    return table.metadata.schema_by_id(snapshot.schema_id) or table.schema()


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
        raise _refused(name, "it has equality deletes, which only engines such as Flink write", _REWRITE) from None
    for task in tasks:
        _require_readable(name, task)
    return Planned(table, schema, tasks)


_REWRITE = "Rewrite its files with the engine that wrote them (Spark: rewrite_data_files; Trino: EXECUTE optimize)."


def _refused(name: str, reason: str, suggestion: str | None = None) -> UnreadableFileError:
    return UnreadableFileError(f"The Iceberg table {name} cannot be read: {reason}.", suggestion=suggestion)


def _require_readable(name: str, task: FileScanTask) -> None:
    from pyiceberg.manifest import DataFileContent, FileFormat

    if task.file.file_format != FileFormat.PARQUET:
        raise _refused(name, f"it has files of the format {task.file.file_format.name}, and only Parquet is supported")
    for file in (task.file, *task.delete_files):
        if file.key_metadata is not None:
            raise _refused(name, "its files are encrypted")
    for file in task.delete_files:
        if file.content != DataFileContent.POSITION_DELETES:
            raise _refused(name, f"it has deletes of the kind {file.content.name}", _REWRITE)
        if file.file_format not in (FileFormat.PARQUET, FileFormat.PUFFIN):
            raise _refused(name, f"it has delete files of the format {file.file_format.name}")


def local_path(location: str) -> str:
    """A location of a file as DuckDB opens it."""
    if location.startswith("file:"):
        return "/" + location.removeprefix("file:").lstrip("/")
    return re.sub(r"^s3[an]://", "s3://", location)


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
            raise _refused(
                name, f"the column {one.name!r} has the type {error}, which DuckDB does not hold as it is"
            ) from None
    _require_unchanged_nested(name, plan)
    register_files(raw, plan.table, [*(task.file.file_path for task in plan.tasks), *added])
    parts = []
    for group, of_group in _groups(raw, plan).items():
        plain = [local_path(task.file.file_path) for task in of_group if not task.delete_files]
        if group == ():
            plain += [local_path(one) for one in added]
        if plain:
            parts.append(_select(plain, fields, types, group, file=file))
        deleted = [task for task in of_group if task.delete_files]
        if deleted:
            parts.append(_without_deleted(raw, plan.table, deleted, types, group, fields=fields, file=file))
    if not parts:
        columns = [f"CAST(NULL AS {types[one.field_id]}) AS {quoted(one.name)}" for one in fields]
        columns += [f"CAST(NULL AS VARCHAR) AS {quoted(FILE)}"] if file else []
        return f"SELECT {', '.join(columns)} WHERE false"
    return " UNION ALL ".join(parts)


_Group = tuple[tuple[int, str], ...]
"""What is the same for several files: the values of columns that they do not have, and whether they have no ids."""

_BY_NAME = (-1, "by name")


def _groups(raw: Any, plan: Planned) -> dict[_Group, list[FileScanTask]]:
    """Files by how they are read: by field ids, by names where a file has no ids, with constants of partitions."""
    groups: dict[_Group, list[FileScanTask]] = defaultdict(list)
    groups[()] = []
    nameless = _without_ids(raw, plan)
    constants = _identity_fields(plan)
    for task in plan.tasks:
        group: list[tuple[int, str]] = []
        present = nameless.get(task.file.file_path)
        if present is not None:
            group.append(_BY_NAME)
        sizes = task.file.column_sizes or task.file.value_counts or {}
        for field_id, position in constants.get(task.file.spec_id, {}).items():
            if present is not None:
                missing = plan.schema.find_column_name(field_id) not in present
            else:
                missing = bool(sizes) and field_id not in sizes
            if missing:
                group.append((field_id, literal(_human(plan, field_id, task.file.partition[position]))))
        if present is not None:
            group += [(one.field_id, "") for one in plan.schema.fields if one.name not in present]
        groups[tuple(group)].append(task)
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


def _human(plan: Planned, field_id: int, value: Any) -> Any:
    """The value of a partition, of PyIceberg's own form, as Python's."""
    type_ = str(plan.schema.find_type(field_id))
    if value is None or type_ not in ("date", "timestamp", "timestamptz"):
        return value
    if type_ == "date":
        return dt.date(1970, 1, 1) + dt.timedelta(days=value)
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=value)
    return moment if type_ == "timestamptz" else moment.replace(tzinfo=None)


def _without_ids(raw: Any, plan: Planned) -> dict[str, frozenset[str]]:
    """The files that were added as they are, without field ids, and the names of their columns.

    Only tables with a mapping of names can have such files; Trino and PyIceberg set one when files are added.
    """
    if not plan.tasks or "schema.name-mapping.default" not in plan.table.metadata.properties:
        return {}
    by_path = {local_path(task.file.file_path): task.file.file_path for task in plan.tasks}
    register_files(raw, plan.table, by_path.values())
    listed = ", ".join(literal(path) for path in by_path)
    rows = raw.execute(
        f"SELECT file_name, name, field_id, num_children FROM parquet_schema([{listed}])"  # noqa: S608 - literals
    ).fetchall()
    names: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, bool] = defaultdict(bool)
    depth: dict[str, list[int]] = {}
    for path, name, field_id, children in rows:
        if path not in depth:
            depth[path] = [children or 0]  # the root
            continue
        open_ = depth[path]
        while open_ and open_[-1] == 0:
            open_.pop()
        if len(open_) == 1:
            names[path].add(name)
        if open_:
            open_[-1] -= 1
        if children:
            open_.append(children)
        ids[path] = ids[path] or field_id is not None
    return {by_path[path]: frozenset(found) for path, found in names.items() if not ids[path]}


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
        raise _refused(
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
    fixed = dict(group)
    by_name = _BY_NAME[0] in fixed
    options = f", filename={literal(FILE)}" if file or rows else ""
    options += ", file_row_number=true" if rows else ""
    listed = ", ".join(literal(path) for path in paths)
    if by_name:
        call = f"read_parquet([{listed}], union_by_name=true{options})"
    else:
        read = [one for one in fields if one.field_id not in fixed]
        entries = ", ".join(
            f"{one.field_id}: {{name: {literal(one.name)}, type: {literal(types[one.field_id])},"
            f" default_value: {_default(one)}}}"
            for one in read
        )
        call = f"read_parquet([{listed}], schema=MAP {{{entries}}}{options})"
    columns = [_column(one, types[one.field_id], fixed.get(one.field_id), by_name=by_name) for one in fields]
    columns += [quoted(FILE)] if file or rows else []
    columns += [_ROW] if rows else []
    return f"SELECT {', '.join(columns)} FROM {call}"  # noqa: S608 - literals and quoted names


def _default(field: NestedField) -> str:
    return "NULL" if field.initial_default is None else literal(str(field.initial_default))


def _column(field: NestedField, type_: str, fixed: str | None, *, by_name: bool) -> str:
    name = quoted(field.name)
    if fixed is not None:
        value = fixed or _default(field)
        return f"CAST({value} AS {type_}) AS {name}"
    if type_ in ("FLOAT", "DOUBLE"):
        # The statistics of a file leave NaN out, and DuckDB answers comparisons with them; not those of an expression.
        value = f"CAST({name} AS {type_})" if by_name else name
        return f"if(isnan({value}), 'NaN'::{type_}, {value}) AS {name}"
    return f"CAST({name} AS {type_}) AS {name}" if by_name else name


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
    from pyiceberg.manifest import FileFormat

    names = {one.name.lower() for one in fields}
    if names & {_ROW, FILE}:
        raise _refused(
            ".".join(table.name()), f"a column is named {_ROW!r} or {FILE!r}, and rows of its files are deleted"
        )
    deletes = {one.file_path: one for task in tasks for one in task.delete_files}
    parquet = [path for path, one in deletes.items() if one.file_format == FileFormat.PARQUET]
    register_files(raw, table, deletes)
    parts = []
    if parquet:
        listed = ", ".join(literal(local_path(path)) for path in parquet)
        path = "regexp_replace(regexp_replace(file_path, '^file:/+', '/'), '^s3[an]://', 's3://')"
        parts.append(f"SELECT {path} AS path, pos FROM read_parquet([{listed}])")  # noqa: S608 - literals
    vectors = [one for one in deletes.values() if one.file_format != FileFormat.PARQUET]
    if vectors:
        parts.append(_vectors(raw, table, vectors))
    rows = _select([local_path(task.file.file_path) for task in tasks], fields, types, group, file=True, rows=True)
    shown = ", ".join(["d." + quoted(one.name) for one in fields] + (["d." + quoted(FILE)] if file else []))
    gone = " UNION ALL ".join(parts)
    return (
        f"SELECT {shown} FROM ({rows}) AS d ANTI JOIN ({gone}) AS x"  # noqa: S608 - literals and quoted names
        f" ON d.{quoted(FILE)} = x.path AND d.{_ROW} = x.pos"
    )


def _vectors(raw: Any, table: Table, files: Sequence[DataFile]) -> str:
    """The rows that deletion vectors name, in a temporary table."""
    from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file
    from pyiceberg.table.puffin import PuffinFile

    name = f"moltres_vectors_{abs(hash(tuple(one.file_path for one in files)))}"
    raw.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} (path VARCHAR, pos BIGINT)")
    if raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] == 0:  # noqa: S608 - a name of ours
        for path in {one.file_path for one in files}:
            with table.io.new_input(path).open() as opened:
                content = opened.read()
            for vector in deletion_vectors_from_puffin_file(PuffinFile(content)):
                of = literal(local_path(vector.referenced_data_file))
                positions = [value.as_py() for value in vector.to_vector()]
                raw.execute(f"INSERT INTO {name} SELECT {of}, unnest({positions}::BIGINT[])")
    return f"SELECT path, pos FROM {name}"  # noqa: S608 - a name of ours
