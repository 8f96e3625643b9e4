// Tensors are made of byte regions, checkpoints carry a history in JSON, and everything throws the
// same error: a file that imports this module should not need three more imports for that.
@_exported public import DBNBytes
@_exported public import DBNErrors
@_exported public import DBNJSON
