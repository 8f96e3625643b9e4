import CLibFuzzer
import DBNConvert
import Glibc

/// The most bytes of tensors that are read: a small file can describe very large ones.
let byteLimit = 16 << 20

/// Reads any bytes as a file. Whatever they are, the result must be a checkpoint or an error.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzFile(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var file = InputFile(UnsafeBufferPointer(start: bytes, count: count))
  if let checkpoint = file.openMendingChecksums() { examine(checkpoint) }
  // Salvage reads every tensor once more: a quarter of the inputs is enough.
  if count % 4 == 0 { _ = try? Conversion.salvaging(file.path) }
  return 0
}

/// Does with a checkpoint what `run`, `info` and `check` do.
func examine(_ checkpoint: Checkpoint) {
  _ = try? checkpoint.model()
  guard checkpoint.tensorByteCount <= byteLimit else { return }
  _ = try? CheckpointInspection(checkpoint)
  _ = try? IntegrityCheck(checkpoint)
}

// Swift's `main` takes the place of libFuzzer's.
var (count, arguments) = (CommandLine.argc, Optional(CommandLine.unsafeArgv))
exit(LLVMFuzzerRunDriver(&count, &arguments) { fuzzFile($0, $1) })
