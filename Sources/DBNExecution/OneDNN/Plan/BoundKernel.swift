import DBNCOneDNN
import DBNTensors

/// A primitive with the memory of its arguments.
struct BoundKernel {
  let kernel: Kernel
  private let memories: [Memory]
  private let arguments: [conednn_exec_arg_t]

  /// - Parameter arguments: the memory for `DNNL_ARG_SRC` and so on; its bytes must outlive this.
  init(_ kernel: Kernel, _ arguments: [(index: Int32, memory: Memory)]) {
    self.kernel = kernel
    memories = arguments.map(\.memory)
    self.arguments = arguments.map {
      conednn_exec_arg_t(arg: $0.index, memory: $0.memory.pointer)
    }
  }

  func run(on stream: borrowing Stream) throws(CheckpointError) {
    let status = withExtendedLifetime(memories) {
      conednn_primitive_execute(
        kernel.pointer, stream.pointer, Int32(arguments.count), arguments)
    }
    try succeed("dnnl_primitive_execute", status)
  }
}
