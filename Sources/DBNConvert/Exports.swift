// One import for all that a program needs. The modules by themselves are for programs that need
// less: `DBNCheckpoints` reads and writes checkpoints without engines, and `DBNConversions` converts
// and proves without pages.
@_exported public import DBNBatchNorm
@_exported public import DBNCheckpointFormats
@_exported public import DBNCheckpoints
@_exported public import DBNComparison
@_exported public import DBNConversions
@_exported public import DBNExecution
@_exported public import DBNModels
@_exported public import DBNReports
@_exported public import DBNTensors
@_exported public import DBNVerification
