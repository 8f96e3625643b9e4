// Documents are parsed from byte regions, and errors state the offset.
@_exported public import DBNBytes
