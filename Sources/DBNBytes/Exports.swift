// Everything here throws the one error of this package.
@_exported public import DBNErrors
