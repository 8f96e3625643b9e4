// A program that opens a checkpoint holds its tensors, and names its format.
@_exported public import DBNCheckpointFormats
@_exported public import DBNTensors
