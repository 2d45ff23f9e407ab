"""The types of a Parquet file's columns in DuckDB's words, as its reader would name them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

_SIMPLE = (
    (pt.is_null, "NULL"),
    (pt.is_boolean, "BOOLEAN"),
    (pt.is_int8, "TINYINT"),
    (pt.is_int16, "SMALLINT"),
    (pt.is_int32, "INTEGER"),
    (pt.is_int64, "BIGINT"),
    (pt.is_uint8, "UTINYINT"),
    (pt.is_uint16, "USMALLINT"),
    (pt.is_uint32, "UINTEGER"),
    (pt.is_uint64, "UBIGINT"),
    (pt.is_float16, "FLOAT"),
    (pt.is_float32, "FLOAT"),
    (pt.is_float64, "DOUBLE"),
    (pt.is_date, "DATE"),
    (pt.is_time, "TIME"),
    (pt.is_duration, "BIGINT"),
    (pt.is_string, "VARCHAR"),
    (pt.is_large_string, "VARCHAR"),
    (pt.is_string_view, "VARCHAR"),
)


def column_types(schema: pq.ParquetSchema, arrow_schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Name and type of each top-level column; "NULL" for a column that has only ever been null."""
    # Arrow reads Spark's old INT96 timestamps as nanoseconds, DuckDB as TIMESTAMP.
    leaves = [schema.column(index) for index in range(len(schema))]
    int96 = {leaf.path for leaf in leaves if leaf.physical_type == "INT96"}
    return tuple((field.name, "TIMESTAMP" if field.name in int96 else _text(field.type)) for field in arrow_schema)


def _text(type_: pa.DataType) -> str:
    for is_type, text in _SIMPLE:
        if is_type(type_):
            return text
    if pt.is_timestamp(type_):
        if type_.tz is not None:
            return "TIMESTAMP WITH TIME ZONE"
        return "TIMESTAMP_NS" if type_.unit == "ns" else "TIMESTAMP"
    if pt.is_decimal(type_):
        # DuckDB's decimals end at 38 digits; it reads wider ones as DOUBLE.
        return f"DECIMAL({type_.precision},{type_.scale})" if type_.precision <= 38 else "DOUBLE"
    if pt.is_dictionary(type_):
        return _text(type_.value_type)
    if pt.is_struct(type_):
        return f"STRUCT({', '.join(f'{_quoted(field.name)} {_text(field.type)}' for field in type_)})"
    if pt.is_map(type_):
        return f"MAP({_text(type_.key_type)}, {_text(type_.item_type)})"
    if pt.is_list(type_) or pt.is_large_list(type_) or pt.is_fixed_size_list(type_) or pt.is_list_view(type_):
        return f"{_text(type_.value_type)}[]"
    if isinstance(type_, pa.BaseExtensionType):
        return {"arrow.uuid": "UUID", "arrow.json": "JSON"}.get(type_.extension_name) or _text(type_.storage_type)
    return "BLOB"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
