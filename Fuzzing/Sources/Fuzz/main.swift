import CLibFuzzer
import DBNFuzzTargets
import Glibc

/// FUZZ_TARGET names the target, because libFuzzer passes its arguments on to other processes.
let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) }
  if let target = FuzzTarget.all.first(where: { $0.name == name }) { return target }
  print("FUZZ_TARGET is to be one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
  exit(2)
}()

/// Whether bytes are changed by libFuzzer alone, for comparison.
let isPlain = getenv("FUZZ_PLAIN") != nil

@_cdecl("LLVMFuzzerTestOneInput")
func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    _ = try target.outcome(of: Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch {
    fatalError("\(error)")
  }
  return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
func mutate(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  guard !isPlain else { return LLVMFuzzerMutate(bytes, count, limit) }
  var mutation = Mutation(seed: UInt64(seed), limit: limit, plain: changed)
  let result = mutation.changed(Array(UnsafeBufferPointer(start: bytes, count: count)))
  let room = UnsafeMutableBufferPointer(start: bytes, count: limit)
  return room.update(fromContentsOf: result.prefix(limit))
}

/// libFuzzer's change of bytes.
func changed(_ bytes: [UInt8], to limit: Int) -> [UInt8] {
  let room = max(limit, bytes.count)
  return Array(unsafeUninitializedCapacity: room) { buffer, count in
    _ = buffer.update(fromContentsOf: bytes)
    count = LLVMFuzzerMutate(buffer.baseAddress, bytes.count, room)
  }
}

var (count, arguments) = (CommandLine.argc, Optional(CommandLine.unsafeArgv))
if CommandLine.arguments.dropFirst().first == "--outcomes" {
  // For each file of a corpus, what becomes of it.
  for path in CommandLine.arguments.dropFirst(2) { print(try outcome(ofFile: path), path) }
} else {
  // Swift's `main` takes the place of libFuzzer's.
  exit(LLVMFuzzerRunDriver(&count, &arguments) { test($0, $1) })
}

func outcome(ofFile path: String) throws -> String {
  guard let file = fopen(path, "r") else { fatalError("\(path) can't be opened") }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
  return try target.outcome(of: Array(bytes.prefix(count)))
}
