// A program that opens checkpoints also uses tensors and formats.
@_exported public import DBNCheckpointFormats
@_exported public import DBNTensors
