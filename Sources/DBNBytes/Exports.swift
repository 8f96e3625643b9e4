// Everything here throws this package's error type.
@_exported public import DBNErrors
