// A program that converts checkpoints also uses layouts, reports and results of comparisons.
@_exported public import DBNBatchNorm
@_exported public import DBNCheckpoints
@_exported public import DBNVerification
