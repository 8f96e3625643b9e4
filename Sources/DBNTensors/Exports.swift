// Whoever holds tensors gets errors, and should not need a second import for that.
@_exported public import DBNErrors
