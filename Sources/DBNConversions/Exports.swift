// A program that converts chooses a layout, reads a report and sees what the proof compared.
@_exported public import DBNBatchNorm
@_exported public import DBNCheckpoints
@_exported public import DBNVerification
