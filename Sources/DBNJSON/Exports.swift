// Documents are parsed from regions of bytes, and errors say where.
@_exported public import DBNBytes
